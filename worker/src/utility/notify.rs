//! Role `notify`: sends mail to users, and sends the next job of a user to the workers when one has ended.
//! All messages about a job in this queue are about one that has ended.

use super::consume::{Consumer, Handled};
use async_trait::async_trait;
use gas_backend::mail::MailMessage;
use gas_backend::ports::Message;
use gas_backend::usecases::{MAIL_CLAIM_DURATION, Notified, job_left, notify};
use gas_backend::{Gas, Notifier};
use std::error::Error;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

/// Handles the queue `mail`.
pub(crate) struct MailSender {
    pub(crate) gas: Gas,
    pub(crate) notifier: Notifier,
}

#[async_trait]
impl Consumer for MailSender {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
        let event = MailMessage::parse(&message.body)?;
        let span = Span::current();
        span.record("user_id", display(event.user_id()));
        if let Some(job_id) = event.job_id() {
            span.record("job_id", display(job_id));
        }
        if let Some(job_id) = event.job_id() {
            job_left(&self.gas, job_id).await?;
        }
        let outcome = notify(&self.notifier, &event).await?;
        tracing::info!(?event, ?outcome, "mail message handled");
        Ok(match outcome {
            Notified::Busy => Handled::Later(Duration::try_from(MAIL_CLAIM_DURATION)?),
            Notified::Sent
            | Notified::AlreadyHandled
            | Notified::NotNeeded
            | Notified::GivenUp(_) => Handled::Done,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::mail::Notice;
    use gas_backend::testkit::{TestGas, TestMail};
    use gas_shared::{Account, Plan};
    use jiff::Timestamp;

    struct Case {
        mail: TestMail,
        sender: MailSender,
        eve: Account,
    }

    fn case() -> Case {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let sender = MailSender { gas: test.gas.clone(), notifier: mail.notifier.clone() };
        let eve = test.user("eve", Plan::Premium);
        Case { mail, sender, eve }
    }

    fn message(body: String) -> Message {
        Message { body, receipt: "r".to_owned(), receive_count: 1 }
    }

    #[tokio::test]
    async fn a_notice_is_sent_as_one_mail() {
        let Case { mail, sender, eve } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        assert_eq!(sender.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(sender.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(mail.mailer.sent().len(), 1);
    }

    #[tokio::test]
    async fn a_body_that_is_not_a_mail_message_is_an_error() {
        let Case { mail, sender, .. } = case();
        assert!(sender.handle(&message("hello".to_owned())).await.is_err());
        assert_eq!(mail.mailer.sent().len(), 0);
    }

    #[tokio::test]
    async fn a_mail_that_another_process_sends_is_checked_again_after_its_lease() {
        let Case { mail, sender, eve } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        let (first, second) = tokio::join!(sender.handle(&message), sender.handle(&message));
        assert_eq!(first.unwrap(), Handled::Done);
        assert_eq!(second.unwrap(), Handled::Later(Duration::from_secs(300)));
        assert_eq!(mail.mailer.sent().len(), 1);
    }
}
