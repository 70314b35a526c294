//! Role `notify`: users are told by mail.

use super::consume::{Consumer, Handled};
use async_trait::async_trait;
use gas_backend::Notifier;
use gas_backend::mail::MailMessage;
use gas_backend::ports::Message;
use gas_backend::usecases::{MAIL_LEASE, Notified, notify};
use std::error::Error;
use std::time::Duration;

/// Handles queue `mail`.
pub(crate) struct Teller {
    pub(crate) notifier: Notifier,
}

#[async_trait]
impl Consumer for Teller {
    async fn handle(&self, message: &Message) -> Result<Handled, Box<dyn Error + Send + Sync>> {
        let told = MailMessage::parse(&message.body)?;
        let outcome = notify(&self.notifier, &told).await?;
        tracing::info!(?told, ?outcome, "mail message handled");
        Ok(match outcome {
            Notified::Busy => Handled::Later(Duration::try_from(MAIL_LEASE)?),
            Notified::Sent | Notified::Before | Notified::Nothing | Notified::GivenUp(_) => {
                Handled::Done
            }
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
        teller: Teller,
        eve: Account,
    }

    fn case() -> Case {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let teller = Teller { notifier: mail.notifier.clone() };
        let eve = test.user("eve", Plan::Premium);
        Case { mail, teller, eve }
    }

    fn message(body: String) -> Message {
        Message { body, receipt: "r".to_owned(), receive_count: 1 }
    }

    #[tokio::test]
    async fn a_notice_becomes_a_mail_and_is_done() {
        let Case { mail, teller, eve } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        assert_eq!(teller.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(teller.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(mail.mailer.sent().len(), 1);
    }

    #[tokio::test]
    async fn a_body_that_is_no_mail_message_is_left_for_the_dead_letters() {
        let Case { mail, teller, .. } = case();
        assert!(teller.handle(&message("hello".to_owned())).await.is_err());
        assert_eq!(mail.mailer.sent().len(), 0);
    }

    #[tokio::test]
    async fn a_mail_that_another_process_sends_is_looked_at_again_after_its_lease() {
        let Case { mail, teller, eve } = case();
        let notice = Notice::Welcome { user_id: eve.id, since: Timestamp::UNIX_EPOCH };
        let message = message(serde_json::to_string(&notice).unwrap());
        let (first, second) = tokio::join!(teller.handle(&message), teller.handle(&message));
        assert_eq!(first.unwrap(), Handled::Done);
        assert_eq!(second.unwrap(), Handled::Later(Duration::from_secs(300)));
        assert_eq!(mail.mailer.sent().len(), 1);
    }
}
