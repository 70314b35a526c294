//! Tests of webhooks: which events are reported, retries, dead processes, and webhooks that fail for long.

use super::*;
use crate::messages::JobResult;
use crate::public_address::Targets;
use crate::testkit::{FakeWebhookSender, TestGas, unsubscribe_key};
use crate::usecases::{
    archive_result, create_webhook, delete_old_deliveries, enable_webhook, fail_job, list_webhooks,
    test_webhook,
};
use gas_shared::job::FailureKind;
use gas_shared::webhook::{DeliveryOutcome, DeliveryView, NewWebhook, WebhookHealth, WebhookView};
use gas_shared::{Account, Plan};

struct Case {
    test: TestGas,
    sender: Arc<FakeWebhookSender>,
    courier: WebhookCourier,
    site: PublicUrl,
    ada: Account,
}

impl Case {
    fn new() -> Self {
        let test = TestGas::new();
        let sender = Arc::new(FakeWebhookSender::new(test.crash.clone()));
        let gas = test.gas.clone();
        let courier = WebhookCourier { gas, sender: sender.clone(), key: unsubscribe_key() };
        let ada = test.user("ada", Plan::Free);
        Self { test, sender, courier, site: "https://gas.example.org".parse().unwrap(), ada }
    }

    /// Creates a webhook of Ada's.
    async fn hook(&self, events: &[WebhookEvent]) -> WebhookId {
        let url = "https://lab.example.org/gas".to_owned();
        let new = NewWebhook { url, events: events.to_vec() };
        let (gas, key) = (&self.test.gas, unsubscribe_key());
        let created = create_webhook(gas, &key, Targets::Public, self.ada.id, new).await;
        created.unwrap().webhook.id
    }

    async fn record(&self, message: &MailMessage) -> PortResult<u64> {
        record_webhook_event(&self.test.gas, &self.site, message).await
    }

    /// Sends what is due, as a process does that lives, and returns the outcomes.
    async fn round(&self) -> Vec<AttemptOutcome> {
        let mut outcomes = Vec::new();
        for due in due_deliveries(&self.courier, 100, &[]).await.unwrap() {
            outcomes.push(deliver(&self.courier, &due).await.unwrap());
        }
        outcomes
    }

    async fn hooks(&self) -> Vec<WebhookView> {
        list_webhooks(&self.test.gas, self.ada.id).await.unwrap()
    }

    async fn only_delivery(&self) -> DeliveryView {
        let mut hooks = self.hooks().await;
        let [delivery] = &hooks.remove(0).deliveries[..] else { panic!("not one delivery") };
        delivery.clone()
    }

    /// Records the end of a new job of Ada's.
    async fn completed(&self) -> Job {
        let job = self.test.completed_job(&self.ada).await;
        assert_eq!(self.record(&result_of(&job)).await.unwrap(), 1);
        job
    }
}

fn result_of(job: &Job) -> MailMessage {
    let job_status = job.status();
    MailMessage::JobResult(JobResult { job_id: job.id, user_id: job.owner, job_status })
}

fn failed() -> SendResult {
    SendResult::Failed { problem: "HTTP 503".to_owned() }
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn a_completed_job_is_one_signed_message_however_often_it_is_reported() {
    let case = Case::new();
    let id = case.hook(&[WebhookEvent::JobCompleted]).await;
    let job = case.completed().await;
    for _ in 0..9 {
        assert_eq!(case.record(&result_of(&job)).await.unwrap(), 0);
    }
    assert_eq!(case.round().await, [AttemptOutcome::Delivered]);
    assert_eq!(case.round().await, []);
    let sent = case.sender.sent();
    let [(url, message)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(url, "https://lab.example.org/gas");
    let now = case.test.gas.now();
    assert_eq!(message.timestamp, now.as_second().to_string());
    let secret = WebhookSecret::derive(&unsubscribe_key(), id);
    assert_eq!(message.signature, secret.sign(&message.id, now, &message.body));
    let page = format!("https://gas.example.org/annotations/{}", job.id);
    let api = format!("https://gas.example.org/api/v1/jobs/{}", job.id);
    let expected = json!({
        "type": "job.completed",
        "timestamp": now,
        "data": {
            "job_id": job.id, "file_name": "a.vcf", "status": "completed",
            "links": { "page": page, "api": api },
        },
    });
    assert_eq!(json_of(&message.body), expected);
    let delivery = case.only_delivery().await;
    assert_eq!((delivery.id, delivery.attempts), (message.id.clone(), 1));
    assert_eq!(delivery.outcome, DeliveryOutcome::Delivered { at: now });
}

#[tokio::test]
async fn a_failed_job_is_reported_with_its_reason_and_an_archived_result_with_its_time() {
    let case = Case::new();
    case.hook(&[WebhookEvent::JobFailed, WebhookEvent::JobArchived]).await;
    let job = case.test.pending_job(&case.ada).await;
    let reason = "line 3: POS is \"x\"".to_owned();
    let jobs = &case.test.gas.jobs;
    let job = fail_job(jobs, job.id, None, FailureKind::Input, reason.clone()).await.unwrap();
    assert_eq!(case.record(&result_of(&job)).await.unwrap(), 1);
    case.round().await;
    let body = json_of(&case.sender.sent()[0].1.body);
    assert_eq!((&body["type"], &body["data"]["error"]), (&json!("job.failed"), &json!(reason)));
    assert_eq!(body["data"]["status"], "failed");

    let job = case.test.completed_job(&case.ada).await;
    assert_eq!(case.record(&result_of(&job)).await.unwrap(), 0, "completed jobs are not reported");
    case.test.clock.advance_secs(181);
    archive_result(&case.test.gas, job.id).await.unwrap();
    let notice = MailMessage::parse(&case.test.notices.bodies()[0]).unwrap();
    assert_eq!(case.record(&notice).await.unwrap(), 1);
    case.round().await;
    let body = json_of(&case.sender.sent()[1].1.body);
    assert_eq!(body["type"], "job.archived");
    assert_eq!(body["timestamp"], json!(case.test.gas.now()));
}

#[tokio::test]
async fn other_users_deleted_jobs_and_cancelled_jobs_are_not_reported() {
    let case = Case::new();
    case.hook(&WebhookEvent::ALL).await;
    let eve = case.test.user("eve", Plan::Free);
    let foreign = case.test.completed_job(&eve).await;
    assert_eq!(case.record(&result_of(&foreign)).await.unwrap(), 0);
    let job_status = JobStatus::Completed;
    let forged = JobResult { job_id: foreign.id, user_id: case.ada.id, job_status };
    assert_eq!(case.record(&MailMessage::JobResult(forged.clone())).await.unwrap(), 0);
    let cancelled = JobResult { job_status: JobStatus::Cancelled, ..forged.clone() };
    assert_eq!(case.record(&MailMessage::JobResult(cancelled)).await.unwrap(), 0);
    let pending = case.test.pending_job(&case.ada).await;
    let early = JobResult { job_id: pending.id, ..forged };
    assert_eq!(case.record(&MailMessage::JobResult(early)).await.unwrap(), 0, "the row decides");
    let (user_id, since) = (case.ada.id, case.test.gas.now());
    let welcome = MailMessage::Notice(Notice::Welcome { user_id, since });
    assert_eq!(case.record(&welcome).await.unwrap(), 0);
}

#[tokio::test]
async fn a_failed_message_is_tried_eight_times_in_a_day_and_given_up() {
    let case = Case::new();
    case.hook(&[WebhookEvent::JobCompleted]).await;
    case.completed().await;
    case.sender.answer(failed());
    let start = case.test.gas.now();
    for pause in PAUSES {
        let at = case.test.gas.now() + pause;
        let retry = AttemptOutcome::Retry { problem: "HTTP 503".to_owned(), at };
        assert_eq!(case.round().await, [retry]);
        case.test.clock.advance_secs(pause.as_secs() - 1);
        assert_eq!(case.round().await, [], "it is too early");
        case.test.clock.advance_secs(1);
    }
    let given_up = AttemptOutcome::GivenUp { problem: "HTTP 503".to_owned() };
    assert_eq!(case.round().await, [given_up]);
    let hours = case.test.gas.now().duration_since(start).as_hours();
    assert!((24..=30).contains(&hours), "{hours} hours");
    case.test.clock.advance_secs(1_000_000);
    assert_eq!(case.round().await, []);

    let sent = case.sender.sent();
    assert_eq!(sent.len(), 8);
    assert!(sent.iter().all(|(_, message)| message.id == sent[0].1.id), "the same message");
    assert!(sent.iter().all(|(_, message)| message.body == sent[0].1.body));
    assert_ne!(sent[0].1.timestamp, sent[7].1.timestamp, "signed again");
    assert_ne!(sent[0].1.signature, sent[7].1.signature);
    let hook = case.hooks().await.remove(0);
    assert_eq!(hook.health, WebhookHealth::Failing { since: start });
    let outcome = &hook.deliveries[0].outcome;
    assert!(matches!(outcome, DeliveryOutcome::Failed { problem, .. } if problem == "HTTP 503"));
}

#[tokio::test]
async fn a_success_ends_the_failures_of_a_webhook() {
    let case = Case::new();
    case.hook(&[WebhookEvent::JobCompleted]).await;
    case.completed().await;
    case.sender.answer(failed());
    case.round().await;
    assert!(matches!(case.hooks().await[0].health, WebhookHealth::Failing { .. }));
    case.sender.answer(SendResult::Accepted);
    case.test.clock.advance_secs(5);
    assert_eq!(case.round().await, [AttemptOutcome::Delivered]);
    assert_eq!(case.hooks().await[0].health, WebhookHealth::Active);
    assert_eq!(case.only_delivery().await.attempts, 2);
}

/// Leads all messages to their end.
async fn exhaust(case: &Case) -> Vec<AttemptOutcome> {
    let mut outcomes = case.round().await;
    for pause in PAUSES {
        case.test.clock.advance_secs(pause.as_secs());
        outcomes.extend(case.round().await);
    }
    outcomes
}

#[tokio::test]
async fn a_webhook_that_fails_for_five_days_is_disabled_until_its_owner_enables_it() {
    let case = Case::new();
    let id = case.hook(&[WebhookEvent::JobCompleted]).await;
    case.sender.answer(failed());
    let mut rounds = 0;
    let disabled = loop {
        case.completed().await;
        rounds += 1;
        let last = exhaust(&case).await.pop().unwrap();
        match last {
            AttemptOutcome::GivenUp { .. } => assert!(rounds < 10, "it is never disabled"),
            other => break other,
        }
    };
    assert_eq!(disabled, AttemptOutcome::Disabled { problem: "HTTP 503".to_owned() });
    // A message takes 27.5 hours: the fifth one is given up after 5.7 days.
    assert_eq!(rounds, 5);
    assert!(matches!(case.hooks().await[0].health, WebhookHealth::Disabled { .. }));
    let actions = case.test.audit.actions();
    assert!(actions.iter().any(|action| action == "webhook_disabled"), "{actions:?}");

    let job = case.test.completed_job(&case.ada).await;
    assert_eq!(case.record(&result_of(&job)).await.unwrap(), 0, "it gets no messages");
    assert!(test_webhook(&case.test.gas, case.ada.id, id).await.is_err());
    enable_webhook(&case.test.gas, case.ada.id, id).await.unwrap();
    case.sender.answer(SendResult::Accepted);
    case.completed().await;
    assert_eq!(case.round().await, [AttemptOutcome::Delivered]);
}

#[tokio::test]
async fn a_receiver_that_is_gone_disables_its_webhook_and_ends_all_its_messages() {
    let case = Case::new();
    case.hook(&[WebhookEvent::JobCompleted]).await;
    for _ in 0..3 {
        case.completed().await;
    }
    case.sender.answer(SendResult::Gone);
    let outcomes = case.round().await;
    assert!(matches!(outcomes[..], [AttemptOutcome::Disabled { .. }]), "{outcomes:?}");
    case.test.clock.advance_secs(100_000);
    assert_eq!(case.round().await, []);
    let deliveries = case.hooks().await.remove(0).deliveries;
    let failed = |one: &DeliveryView| matches!(one.outcome, DeliveryOutcome::Failed { .. });
    assert_eq!(deliveries.iter().filter(|one| failed(one)).count(), 3);
}

#[tokio::test]
async fn a_crash_at_any_step_loses_no_message() {
    // The steps: record, claim, send, settle.
    for (effects, sent) in [(1, 1), (2, 1), (3, 2), (4, 1)] {
        let case = Case::new();
        case.hook(&[WebhookEvent::JobCompleted]).await;
        let job = case.test.completed_job(&case.ada).await;
        let work = async || -> PortResult<()> {
            case.record(&result_of(&job)).await?;
            for due in due_deliveries(&case.courier, 100, &[]).await? {
                deliver(&case.courier, &due).await?;
            }
            Ok(())
        };
        case.test.crash.after(effects);
        work().await.unwrap_err();
        assert!(case.test.crash.recover());
        // The queue delivers the message of the event again, and the lease of the dead process ends.
        case.test.clock.advance_secs(LEASE.as_secs());
        work().await.unwrap();
        let messages = case.sender.sent();
        assert_eq!(messages.len(), sent, "after {effects} steps");
        assert!(messages.iter().all(|(_, message)| message.id == messages[0].1.id));
        let outcome = case.only_delivery().await.outcome;
        assert!(matches!(outcome, DeliveryOutcome::Delivered { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_messages_of_a_webhook_are_sent_one_after_the_other() {
    let case = Case::new();
    let first = case.hook(&[WebhookEvent::JobCompleted]).await;
    for _ in 0..3 {
        case.completed().await;
    }
    let second = case.hook(&[WebhookEvent::JobCompleted]).await;
    test_webhook(&case.test.gas, case.ada.id, second).await.unwrap();
    let claimed = due_deliveries(&case.courier, 100, &[first]).await.unwrap();
    assert_eq!(claimed.iter().map(|due| due.webhook).collect::<Vec<_>>(), [second]);
    for _ in 0..3 {
        assert_eq!(case.round().await, [AttemptOutcome::Delivered]);
    }
    assert_eq!(case.round().await, []);
}

#[tokio::test]
async fn users_who_close_their_account_are_not_called_and_old_deliveries_are_deleted() {
    let case = Case::new();
    case.hook(&[WebhookEvent::JobCompleted]).await;
    case.completed().await;
    case.round().await;
    case.completed().await;
    assert_eq!(delete_old_deliveries(&case.test.gas).await.unwrap(), 0);
    case.test.clock.advance_secs(KEPT.as_secs() + 1);
    assert_eq!(delete_old_deliveries(&case.test.gas).await.unwrap(), 1, "not the one that is due");
    let data = &case.test.gas.account_data;
    data.request_deletion(case.ada.id, case.test.gas.now()).await.unwrap();
    assert_eq!(case.round().await, []);
}
