//! Exports all data of a user as one JSON document, which is written in pieces so that its size
//! does not matter.

use super::{list_private_references, list_saved, list_tokens, list_webhooks};
use crate::Billing;
use crate::ports::{MailPreferences, PortError, PortResult};
use bytes::Bytes;
use futures::stream::{self, Stream};
use gas_shared::{Account, JobView, UserId};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// The number of jobs or mails that are read at a time.
const PAGE: u16 = 100;

/// The next piece of the document.
enum Next {
    Head,
    Activity { before: Option<i64>, comma: bool },
    Mails { after: Option<String>, comma: bool },
    Jobs { cursor: Option<String>, comma: bool },
    End,
}

/// Exports a user's account, settings, plan, references at Stripe, tokens without their secrets,
/// private references, saved filters and gene panels, share links and webhooks without their secrets, audit log, mails and jobs.
/// Files are not included; they are downloaded by job.
///
/// An error ends the stream, and the document is then incomplete.
pub fn export_account(
    billing: &Billing,
    preferences: Arc<dyn MailPreferences>,
    account: &Account,
) -> impl Stream<Item = PortResult<Bytes>> + Send + 'static {
    let writer = Writer { billing: billing.clone(), preferences, account: account.clone() };
    stream::try_unfold((writer, Next::Head), |(writer, next)| async move {
        let written = writer.write(next).await?;
        Ok(written.map(|(text, next)| (Bytes::from(text), (writer, next))))
    })
}

struct Writer {
    billing: Billing,
    preferences: Arc<dyn MailPreferences>,
    account: Account,
}

impl Writer {
    /// Writes a piece of the document and returns the one that follows; `None` after the end.
    async fn write(&self, next: Next) -> PortResult<Option<(String, Next)>> {
        let gas = &self.billing.gas;
        Ok(Some(match next {
            Next::Head => {
                let head = self.head().await?;
                // The object stays open for the lists that follow.
                let head = format!("{},\"activity\":[", head.strip_suffix('}').unwrap_or(&head));
                (head, Next::Activity { before: None, comma: false })
            }
            Next::Activity { before, comma } => {
                let entries = gas.audit.log().entries_of(self.user(), before, PAGE).await?;
                match entries.last().map(|(id, _)| *id) {
                    Some(last) => {
                        let records: Vec<_> = entries.iter().map(|(_, record)| record).collect();
                        (
                            items(&records, comma)?,
                            Next::Activity { before: Some(last), comma: true },
                        )
                    }
                    None => {
                        let mails = Next::Mails { after: None, comma: false };
                        ("],\"mails\":[".to_owned(), mails)
                    }
                }
            }
            Next::Mails { after, comma } => {
                let mails = gas.account_data.mails_of(self.user(), after.as_deref(), PAGE).await?;
                match mails.last().map(|mail| mail.event.clone()) {
                    Some(last) => {
                        (items(&mails, comma)?, Next::Mails { after: Some(last), comma: true })
                    }
                    None => {
                        let jobs = Next::Jobs { cursor: None, comma: false };
                        ("],\"jobs\":[".to_owned(), jobs)
                    }
                }
            }
            Next::Jobs { cursor, comma } => {
                let page = gas.jobs.store.jobs_of(self.user(), cursor.as_deref(), PAGE).await?;
                let jobs: Vec<_> = page.jobs.iter().map(JobView::from).collect();
                let comma_after = comma || !jobs.is_empty();
                let text = items(&jobs, comma)?;
                match page.next {
                    Some(next) => (text, Next::Jobs { cursor: Some(next), comma: comma_after }),
                    None => (text + "]}\n", Next::End),
                }
            }
            Next::End => return Ok(None),
        }))
    }

    fn user(&self) -> UserId {
        self.account.id
    }

    async fn head(&self) -> PortResult<String> {
        let (gas, store) = (&self.billing.gas, &self.billing.store);
        let billing = store.billing_of(self.user()).await?;
        let mails = self.preferences.job_mails(self.user()).await?;
        let saved = list_saved(gas, self.user()).await?;
        let head = json!({
            "exported_at": gas.now(),
            "account": self.account,
            "settings": {
                "mail_about_jobs": mails,
                "job_options": gas.accounts.job_options(self.user()).await?,
            },
            "billing": {
                "plan_since": billing.as_ref().and_then(|row| row.plan_since),
                "stripe_customer": billing.as_ref().and_then(|row| row.customer.clone()),
            },
            "private_references": list_private_references(gas, &self.account).await?.references,
            "saved_filters": saved.filters,
            "gene_panels": saved.panels,
            "share_links": gas.share_links.links_of(self.user(), None).await?,
            "tokens": list_tokens(gas, self.user()).await?,
            "webhooks": list_webhooks(gas, self.user()).await?,
        });
        Ok(head.to_string())
    }
}

/// Writes items of a list, with a comma before each but the first of the whole list.
fn items<T: Serialize>(list: &[T], comma: bool) -> PortResult<String> {
    let mut text = String::new();
    for (index, item) in list.iter().enumerate() {
        if comma || index > 0 {
            text.push(',');
        }
        let item = serde_json::to_string(item)
            .map_err(|error| PortError::new("write a user's data as JSON", error))?;
        text.push_str(&item);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::MailRecord;
    use crate::public_address::Targets;
    use crate::testkit::{TestBilling, TestGas, TestMail, unsubscribe_key};
    use crate::usecases::{
        create_share_link, create_token, create_webhook, save_panel, set_time_zone,
    };
    use futures::TryStreamExt;
    use gas_shared::Plan;
    use gas_shared::saved::NewGenePanel;
    use gas_shared::share_link::NewShareLink;
    use gas_shared::token::{NewToken, Scope};
    use gas_shared::webhook::{NewWebhook, WebhookEvent};
    use serde_json::Value;

    async fn exported(test: &TestGas, account: &Account) -> (Value, usize) {
        let (billing, mail) = (TestBilling::new(test), TestMail::new(test));
        let stream = export_account(&billing.billing, mail.preferences.clone(), account);
        let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
        (serde_json::from_slice(&pieces.concat()).unwrap(), pieces.len())
    }

    #[tokio::test]
    async fn an_export_has_all_data_of_its_user_in_pieces() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        set_time_zone(&test.gas, ada.id, "Europe/Berlin").await.unwrap();
        let ada = test.accounts.get(ada.id);
        for _ in 0..150 {
            test.pending_job(&ada).await;
        }
        test.pending_job(&eve).await;
        let created_at = test.gas.now();
        for number in 0..120 {
            let event = format!("e-{number:03}");
            let mail = MailRecord { event, created_at, sent_at: None };
            test.account_data.put_mail(ada.id, mail);
        }
        let new = NewToken { name: "laptop".into(), scopes: Scope::OF_JOBS.to_vec(), days: 1 };
        let secret = create_token(&test.gas, ada.id, new).await.unwrap().secret;

        let done = test.completed_job(&ada).await;
        let (link, _) =
            create_share_link(&test.gas, ada.id, done.id, NewShareLink::default()).await.unwrap();
        let url = "https://lab.example.org/gas".to_owned();
        let hook = NewWebhook { url, events: vec![WebhookEvent::JobFailed] };
        let (key, gas) = (unsubscribe_key(), &test.gas);
        let hook = create_webhook(gas, &key, Targets::Public, ada.id, hook).await.unwrap();

        let panel = NewGenePanel { name: "epilepsy".into(), genes: vec!["SCN1A".into()] };
        save_panel(&test.gas, ada.id, panel).await.unwrap();

        let (document, pieces) = exported(&test, &ada).await;
        assert_eq!(document["gene_panels"][0]["genes"], json!(["SCN1A"]));
        assert_eq!(document["saved_filters"], json!([]));
        assert_eq!(document["jobs"].as_array().unwrap().len(), 151);
        assert_eq!(document["activity"][0]["action"], "webhook_created");
        assert_eq!(document["activity"][1]["action"], "share_link_created");
        assert_eq!(document["activity"][2]["action"], "token_created");
        assert_eq!(document["share_links"][0]["job_id"], json!(done.id));
        assert_eq!(document["mails"].as_array().unwrap().len(), 120);
        assert_eq!(document["account"]["email"], "ada@example.org");
        assert_eq!(document["account"]["time_zone"], "Europe/Berlin");
        assert_eq!(document["settings"]["mail_about_jobs"]["failed"], true);
        assert_eq!(document["settings"]["job_options"]["selection"], "all");
        assert_eq!(document["tokens"][0]["name"], "laptop");
        assert_eq!(document["webhooks"][0]["url"], "https://lab.example.org/gas");
        for secret in [&secret[8..], &hook.secret[8..], link.expose()] {
            assert!(!document.to_string().contains(secret), "secrets stay out");
        }
        assert!(!document.to_string().contains(&eve.id.to_string()));
        assert!(pieces >= 7, "it was written in pieces: {pieces}");
    }

    #[tokio::test]
    async fn an_export_of_a_user_without_jobs_is_a_complete_document() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let (document, _) = exported(&test, &ada).await;
        assert_eq!((&document["jobs"], &document["mails"]), (&json!([]), &json!([])));
    }
}
