//! Role `notify`: applies the owner's plan to new results, stores messages to webhooks, sends mail to users, and sends
//! the next job of a user to the workers when one has ended. All messages about a job in this queue are about one that
//! has ended.

use super::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::mail::MailMessage;
use gas_backend::ports::Message;
use gas_backend::usecases::{
    MAIL_CLAIM_DURATION, Notified, job_left, notify, record_webhook_event, settle_result,
};
use gas_backend::{Gas, Notifier};
use tracing::Span;
use tracing::field::display;

/// Handles the queue `mail`.
pub(crate) struct MailSender {
    pub(crate) gas: Gas,
    pub(crate) notifier: Notifier,
}

#[async_trait]
impl Consumer for MailSender {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        let event = MailMessage::parse(&message.body)?;
        let span = Span::current();
        span.record("user_id", display(event.user_id()));
        if let Some(job_id) = event.job_id() {
            span.record("job_id", display(job_id));
        }
        // The window first: a result must not wait for a mail that cannot be sent.
        if let MailMessage::JobResult(result) = &event {
            settle_result(&self.gas, result.job_id).await?;
        }
        if let Some(job_id) = event.job_id() {
            job_left(&self.gas, job_id).await?;
        }
        record_webhook_event(&self.gas, &self.notifier.composer.site, &event).await?;
        let outcome = notify(&self.notifier, &event).await?;
        tracing::info!(?event, ?outcome, "mail message handled");
        Ok(match outcome {
            Notified::Busy => Handled::Later(MAIL_CLAIM_DURATION.unsigned_abs()),
            Notified::Sent
            | Notified::Waiting
            | Notified::AlreadyHandled
            | Notified::NotNeeded
            | Notified::GivenUp(_) => Handled::Done,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeQueue;
    use crate::utility::consume::consume;
    use gas_backend::mail::Notice;
    use gas_backend::messages::JobResult;
    use gas_backend::public_address::Targets;
    use gas_backend::testkit::{TestGas, TestMail, unsubscribe_key};
    use gas_backend::usecases::{create_webhook, list_webhooks};
    use gas_runtime::Shutdown;
    use gas_shared::webhook::{NewWebhook, WebhookEvent};
    use gas_shared::{Account, JobStatus, Plan};
    use jiff::Timestamp;
    use std::num::NonZeroU8;
    use std::sync::Arc;
    use std::time::Duration;

    struct Case {
        test: TestGas,
        mail: TestMail,
        sender: MailSender,
        eve: Account,
    }

    fn case() -> Case {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let sender = MailSender { gas: test.gas.clone(), notifier: mail.notifier.clone() };
        let eve = test.user("eve", Plan::Premium);
        Case { test, mail, sender, eve }
    }

    fn message(body: String) -> Message {
        Message { body, receipt: "r".to_owned(), receive_count: 1, trace: None }
    }

    #[tokio::test]
    async fn a_notice_is_sent_as_one_mail() {
        let Case { mail, sender, eve, .. } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        assert_eq!(sender.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(sender.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(mail.mailer.sent().len(), 1);
    }

    #[tokio::test]
    async fn the_messages_to_webhooks_are_stored_before_the_mail_is_sent() {
        let Case { test, mail, sender, eve } = case();
        let url = "https://lab.example.org/gas".to_owned();
        let new = NewWebhook { url, events: vec![WebhookEvent::JobCompleted] };
        let key = unsubscribe_key();
        create_webhook(&test.gas, &key, Targets::Public, eve.id, new).await.unwrap();
        let job = test.completed_job(&eve).await;
        let result =
            JobResult { job_id: job.id, user_id: eve.id, job_status: JobStatus::Completed };
        let message = message(serde_json::to_string(&result).unwrap());
        mail.mailer.throttle(true);
        for _ in 0..2 {
            sender.handle(&message).await.unwrap_err();
            let webhooks = list_webhooks(&test.gas, eve.id).await.unwrap();
            assert_eq!(webhooks[0].deliveries.len(), 1);
        }
    }

    #[tokio::test]
    async fn the_window_of_a_new_result_starts_before_its_mail_is_sent() {
        let Case { test, sender, .. } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let result =
            JobResult { job_id: job.id, user_id: ada.id, job_status: JobStatus::Completed };
        let message = message(serde_json::to_string(&result).unwrap());
        assert_eq!(sender.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(test.archive_timer.started().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn five_minutes_without_postgresql_delay_a_window_and_its_mail() {
        let Case { test, mail, sender, .. } = case();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let result =
            JobResult { job_id: job.id, user_id: ada.id, job_status: JobStatus::Completed };
        let queue = Arc::new(FakeQueue::default());
        queue.offer(message(serde_json::to_string(&result).unwrap()));
        let shutdown = Shutdown::default();
        let postgresql = &test.outages.postgresql;
        postgresql.begin();
        let visibility = Duration::from_secs(60);
        let work = consume("notify", queue.clone(), visibility, NonZeroU8::MIN, sender, &shutdown);
        let control = async {
            tokio::time::sleep(Duration::from_mins(5)).await;
            assert_eq!((test.archive_timer.started().len(), mail.mailer.sent().len()), (0, 0));
            postgresql.end();
            tokio::time::sleep(Duration::from_mins(1)).await;
            shutdown.now();
        };
        tokio::join!(work, control);
        assert_eq!((test.archive_timer.started().len(), mail.mailer.sent().len()), (1, 1));
        assert_eq!(queue.deleted().len(), 1);
        assert!(queue.extended().iter().all(|pause| *pause == visibility), "never returned");
    }

    #[tokio::test]
    async fn a_body_that_is_not_a_mail_message_is_an_error() {
        let Case { mail, sender, .. } = case();
        assert!(sender.handle(&message("hello".to_owned())).await.is_err());
        assert_eq!(mail.mailer.sent().len(), 0);
    }

    #[tokio::test]
    async fn a_mail_that_another_process_sends_is_checked_again_after_its_lease() {
        let Case { mail, sender, eve, .. } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        let (first, second) = tokio::join!(sender.handle(&message), sender.handle(&message));
        assert_eq!(first.unwrap(), Handled::Done);
        assert_eq!(second.unwrap(), Handled::Later(Duration::from_secs(300)));
        assert_eq!(mail.mailer.sent().len(), 1);
    }
}
