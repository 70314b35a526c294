//! Replays: every kind of message is delivered ten times, then all messages again in random order
//! and at the same time. Each must have its effect once.

use super::archive::Archiver;
use super::consume::Consumer;
use super::notify::MailSender;
use super::thaw::Thawer;
use crate::testing::{FakeQueue, worker};
use crate::worker::Worker;
use clap::{Args, Command};
use futures::future::join_all;
use gas_backend::Deployment;
use gas_backend::mail::{MailMessage, Notice};
use gas_backend::messages::ThawMessage;
use gas_backend::ports::{BillingStore, Message, SubscriptionStatus};
use gas_backend::testkit::{TestBilling, TestGas, TestMail, subscription};
use gas_backend::usecases::{
    Restorer, delete_job, handle_stripe_events, receive_stripe_event, restore_result,
};
use gas_runtime::Shutdown;
use gas_shared::job::Results;
use gas_shared::{Account, Job, JobId, Plan};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// How often each message is delivered.
const DELIVERIES: u32 = 10;

/// Annotates, and counts its runs in a file next to the script.
const ENGINE: &str = r#"echo >> "$(dirname "$0")/runs"; tr a-z A-Z < "$1" > "$2"
    echo 'Total: 1' > "$3"; echo '{"event":"done","records":1,"summary":"x"}'"#;

/// A kind of message that a process of GAS receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// From topic `job_requests`.
    JobRequest,
    /// From the topics `job_results` and `notices`.
    Mail,
    /// From queue `archive`.
    Archive,
    /// From topic `start_thaw`, through its queue. A call of `/thaw` only starts a read of the same
    /// queue.
    StartThaw,
    /// From topic `complete_thaw`.
    CompleteThaw,
    /// A call of `/webhooks/stripe`.
    StripeEvent,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::JobRequest,
        Self::Mail,
        Self::Archive,
        Self::StartThaw,
        Self::CompleteThaw,
        Self::StripeEvent,
    ];
}

/// The kind of the messages of each topic and queue of a deployment. `None` for those whose tests
/// are elsewhere.
const SOURCES: [(&str, Option<Kind>); 18] = [
    ("GAS_JOB_REQUESTS_TOPIC_ARN", Some(Kind::JobRequest)),
    ("GAS_JOB_REQUESTS_QUEUE_URL", Some(Kind::JobRequest)),
    // `job_dead_letters.rs`: the message of an ended job is deleted.
    ("GAS_JOB_REQUESTS_DLQ_URL", None),
    ("GAS_PREMIUM_JOB_REQUESTS_TOPIC_ARN", Some(Kind::JobRequest)),
    ("GAS_PREMIUM_JOB_REQUESTS_QUEUE_URL", Some(Kind::JobRequest)),
    ("GAS_PREMIUM_JOB_REQUESTS_DLQ_URL", None),
    // `reference_builds_tests.rs`: a reference is built once, and a dead letter fails it.
    ("GAS_REFERENCE_BUILDS_QUEUE_URL", None),
    ("GAS_REFERENCE_BUILDS_DLQ_URL", None),
    // `shards/tests.rs`: a task that is done, or whose run is over, changes nothing.
    ("GAS_SHARDS_QUEUE_URL", None),
    ("GAS_SHARDS_DLQ_URL", None),
    ("GAS_JOB_RESULTS_TOPIC_ARN", Some(Kind::Mail)),
    ("GAS_ARCHIVE_QUEUE_URL", Some(Kind::Archive)),
    ("GAS_START_THAW_TOPIC_ARN", Some(Kind::StartThaw)),
    ("GAS_START_THAW_QUEUE_URL", Some(Kind::StartThaw)),
    ("GAS_NOTICES_TOPIC_ARN", Some(Kind::Mail)),
    ("GAS_MAIL_QUEUE_URL", Some(Kind::Mail)),
    ("GAS_COMPLETE_THAW_TOPIC_ARN", Some(Kind::CompleteThaw)),
    // `restore_result_tests.rs`: its messages are those of `complete_thaw`.
    ("GAS_LARGE_RESTORES_QUEUE_URL", None),
];

/// The topic whose messages change nothing: web servers forward them to open browsers.
const EVENTS: &str = "GAS_JOB_EVENTS_TOPIC_ARN";

/// Whether the life of a job in these tests sends this mail. A new kind of notice must be added.
fn is_replayed(notice: &Notice) -> bool {
    match notice {
        Notice::ResultsArchived { .. }
        | Notice::ResultsRestored { .. }
        | Notice::Welcome { .. } => true,
        // Sent for an invoice: `billing/tests.rs`.
        Notice::PaymentFailed { .. } => false,
        // Of a worker: `reference_builds_tests.rs`.
        Notice::ReferenceBuilt { .. } => false,
    }
}

/// What users and operators can see of the work done so far.
#[derive(Debug, PartialEq)]
struct Effects {
    row: Option<Job>,
    deleted: bool,
    plan: Plan,
    runs: usize,
    mails: usize,
    objects: usize,
    copies: usize,
    retrievals: usize,
    results_announced: usize,
    thaws_requested: usize,
}

/// A message with its kind.
type Sent = (Kind, String);

struct Service {
    test: TestGas,
    mail: TestMail,
    stripe: TestBilling,
    queue: Arc<FakeQueue>,
    worker: Worker,
    archiver: Archiver,
    thawer: Thawer,
    sender: MailSender,
    restorer: Restorer,
    folder: TempDir,
    shutdown: Shutdown,
    ada: Account,
    customer: String,
    job: JobId,
    /// All messages handled so far.
    history: Mutex<Vec<Sent>>,
}

impl Service {
    /// A service with a pending job of a Free user.
    async fn new() -> Self {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mail = TestMail::new(&test);
        let stripe = TestBilling::new(&test);
        let customer = stripe.store.link_customer(ada.id, "cus_ada").await.unwrap().unwrap();
        let job = test.pending_job(&ada).await.id;
        let queue = Arc::new(FakeQueue::default());
        let (worker, folder) = worker(&test, queue.clone(), ENGINE);
        let gas = test.gas.clone();
        Self {
            archiver: Archiver { gas: gas.clone() },
            thawer: Thawer { gas: gas.clone() },
            sender: MailSender { gas: gas.clone(), notifier: mail.notifier.clone() },
            restorer: Restorer::from(&gas),
            shutdown: Shutdown::default(),
            history: Mutex::default(),
            test,
            mail,
            stripe,
            queue,
            worker,
            folder,
            ada,
            customer,
            job,
        }
    }

    /// Handles one delivery as the process that receives it does. An error means that the message
    /// would be delivered again.
    async fn handle(&self, (kind, body): &Sent, receive_count: u32) -> Result<(), String> {
        let message = Message {
            body: body.clone(),
            receipt: format!("{kind:?}{body}"),
            receive_count,
            trace: None,
        };
        match kind {
            Kind::JobRequest => {
                self.worker.handle(&message, &self.shutdown).await;
                Ok(())
            }
            Kind::Mail => self.sender.handle(&message).await.map(drop).map_err(text),
            Kind::Archive => self.archiver.handle(&message).await.map(drop).map_err(text),
            Kind::StartThaw => self.thawer.handle(&message).await.map(drop).map_err(text),
            Kind::CompleteThaw => {
                let ThawMessage::Completed(done) = ThawMessage::parse(body).unwrap() else {
                    return Err("not a completion".to_owned());
                };
                for done in done {
                    restore_result(&self.restorer, &done).await.map_err(text)?;
                }
                Ok(())
            }
            Kind::StripeEvent => {
                let billing = &self.stripe.billing;
                let event = serde_json::from_str(body).unwrap();
                receive_stripe_event(billing, &event).await.map_err(text)?;
                let handled = handle_stripe_events(billing).await.map_err(text)?;
                if handled.failed > 0 { Err(format!("{handled:?}")) } else { Ok(()) }
            }
        }
    }

    /// Delivers a message ten times and asserts that only the first one has an effect.
    async fn deliver(&self, sent: Sent) {
        self.handle(&sent, 1).await.unwrap_or_else(|error| panic!("{sent:?}: {error}"));
        let after_first = self.effects();
        for receive_count in 2..=DELIVERIES {
            self.handle(&sent, receive_count).await.unwrap();
            assert_eq!(self.effects(), after_first, "delivery {receive_count} of {sent:?}");
        }
        self.history.lock().unwrap().push(sent);
    }

    /// Delivers the messages that were published and not handled yet.
    async fn deliver_published(&self) {
        loop {
            let known: BTreeSet<Sent> = self.history.lock().unwrap().iter().cloned().collect();
            let Some(next) = self.published().into_iter().find(|sent| !known.contains(sent)) else {
                return;
            };
            self.deliver(next).await;
        }
    }

    /// All messages that the service has sent to itself, and those of the archive.
    fn published(&self) -> Vec<Sent> {
        let of = |kind: Kind, bodies: Vec<String>| bodies.into_iter().map(move |body| (kind, body));
        let retrievals = (1..).zip(self.test.archive.retrievals());
        let completed = retrievals.map(|(number, (job, archive, _))| {
            json!({
                "ArchiveId": archive, "JobId": format!("retrieval-{number}"),
                "JobDescription": job, "StatusCode": "Succeeded",
            })
            .to_string()
        });
        of(Kind::JobRequest, self.test.job_requests.bodies())
            .chain(of(Kind::JobRequest, self.test.premium_job_requests.bodies()))
            .chain(of(Kind::Mail, self.test.job_results.bodies()))
            .chain(of(Kind::Mail, self.test.notices.bodies()))
            .chain(of(Kind::Archive, self.test.archive_requests.bodies()))
            .chain(of(Kind::StartThaw, self.test.start_thaw.bodies()))
            .chain(of(Kind::CompleteThaw, completed.collect()))
            .collect()
    }

    fn effects(&self) -> Effects {
        let job = self.job.to_string();
        Effects {
            row: self.test.jobs.get(self.job),
            deleted: self.test.jobs.tombstone_of(self.job).is_some(),
            plan: self.test.accounts.get(self.ada.id).plan,
            runs: std::fs::read(self.folder.path().join("runs")).map_or(0, |runs| runs.len()),
            mails: self.mail.mailer.sent().len(),
            objects: self.test.objects.with_key(&job).len(),
            copies: self.test.archive.copies(),
            retrievals: self.test.archive.retrievals().len(),
            results_announced: distinct(self.test.job_results.bodies()),
            thaws_requested: self.test.start_thaw.len(),
        }
    }

    /// The message of the timer that ends a download window.
    fn window_ended(&self) -> Sent {
        (Kind::Archive, json!({ "job_id": self.job }).to_string())
    }

    /// Leads the job through its whole life, with ten deliveries of each message.
    async fn live(&self) {
        self.deliver_published().await;
        self.test.clock.advance_secs(180);
        self.deliver(self.window_ended()).await;
        self.deliver_published().await;
        assert!(matches!(self.test.results(self.job), Results::Archived { .. }));

        let now = self.test.gas.now();
        let active = subscription("sub_ada", SubscriptionStatus::Active, now);
        self.stripe.payments.put(&self.customer, vec![active]);
        let event = json!({
            "id": "evt_1", "type": "customer.subscription.created", "livemode": false,
            "data": { "object": { "id": "sub_ada", "customer": self.customer } },
        });
        self.deliver((Kind::StripeEvent, event.to_string())).await;
        self.deliver_published().await;
        // Sent for the new end of the restored result, which the archiver removes on Premium.
        self.deliver(self.window_ended()).await;
    }

    /// Delivers messages again, and asserts that they have no effect.
    async fn assert_replays_do_nothing(&self, messages: &[Sent]) {
        let before = self.effects();
        for sent in messages {
            self.handle(sent, 2).await.unwrap_or_else(|error| panic!("{sent:?}: {error}"));
            assert_eq!(self.effects(), before, "replay of {sent:?}");
        }
    }

    fn replayed(&self) -> Vec<Sent> {
        self.history.lock().unwrap().clone()
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn distinct(mut messages: Vec<String>) -> usize {
    messages.sort();
    messages.dedup();
    messages.len()
}

/// Runs a test for random orders of the messages.
fn shuffled(messages: Vec<Sent>) -> impl Strategy<Value = Vec<Sent>> {
    Just(messages).prop_shuffle()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[tokio::test]
async fn each_message_of_a_jobs_life_has_its_effect_once() {
    let service = Service::new().await;
    service.live().await;
    let Results::Stored(stored) = service.test.results(service.job) else { panic!("not stored") };
    assert!(stored.restored_at.is_some() && stored.until.is_none());
    let effects = service.effects();
    assert_eq!((effects.runs, effects.retrievals, effects.copies), (1, 1, 0));
    assert_eq!(service.test.copies_in_s3_and_archive(), (1, 0));
    // Completed, archived, welcome, restored.
    assert_eq!((effects.mails, effects.plan), (4, Plan::Premium));
    assert!(!service.queue.deleted().is_empty(), "the worker deletes its message");

    let kinds: BTreeSet<Kind> = service.replayed().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL), "every kind was delivered");
    let notices = service.replayed().into_iter().filter(|(kind, _)| *kind == Kind::Mail);
    let notices = notices.filter_map(|(_, body)| match MailMessage::parse(&body).unwrap() {
        MailMessage::Notice(notice) => Some(notice),
        MailMessage::JobResult(_) => None,
    });
    let kinds = notices.inspect(|notice| assert!(is_replayed(notice), "{notice:?}")).count();
    assert_eq!(kinds, 3, "every notice of `is_replayed` was delivered");
}

#[test]
fn every_topic_and_queue_of_a_deployment_has_a_replay() {
    let command = Deployment::augment_args(Command::new("gas"));
    let variables = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
    let is_source = |name: &&str| name.ends_with("_TOPIC_ARN") || name.ends_with("_URL");
    let known: BTreeSet<&str> = SOURCES.iter().map(|(name, _)| *name).chain([EVENTS]).collect();
    let found: BTreeSet<&str> = variables.filter(is_source).collect();
    assert_eq!(found, known, "add a new topic or queue to SOURCES, and replay its messages");
    let replayed: BTreeSet<Kind> = SOURCES.iter().filter_map(|(_, kind)| *kind).collect();
    let webhooks = BTreeSet::from([Kind::StripeEvent]);
    assert_eq!(&replayed | &webhooks, BTreeSet::from(Kind::ALL));
}

#[test]
fn replays_in_any_order_change_nothing() {
    let service = block_on(async {
        let service = Service::new().await;
        service.live().await;
        service
    });
    let messages = service.replayed();
    proptest!(ProptestConfig::with_cases(100), |(order in shuffled(messages))| {
        block_on(service.assert_replays_do_nothing(&order));
    });
}

#[test]
fn replays_do_not_bring_a_deleted_job_back() {
    let service = block_on(async {
        let service = Service::new().await;
        service.live().await;
        delete_job(&service.test.gas, service.ada.id, service.job).await.unwrap();
        // The request to delete the files equals that of the timer.
        service.deliver(service.window_ended()).await;
        service
    });
    let effects = service.effects();
    assert_eq!((effects.row, effects.objects, effects.copies), (None, 0, 0));
    let messages = service.replayed();
    proptest!(ProptestConfig::with_cases(100), |(order in shuffled(messages))| {
        block_on(service.assert_replays_do_nothing(&order));
    });
}

/// Two processes receive each message at the same time. One of them may fail, and its message is
/// delivered again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_deliveries_of_each_message_have_its_effect_once() {
    let service = Arc::new(Service::new().await);
    let twice = async |sent: Sent| {
        let deliveries = [1, 2].map(|count| {
            let (service, sent) = (service.clone(), sent.clone());
            tokio::spawn(async move { service.handle(&sent, count).await })
        });
        let handled = join_all(deliveries).await;
        assert!(handled.iter().any(|one| one.as_ref().is_ok_and(Result::is_ok)), "{handled:?}");
        // The messages of failed deliveries, and of the worker that left the job to the other one.
        service.handle(&sent, 3).await.unwrap();
        service.history.lock().unwrap().push(sent);
    };
    let work_off = async || loop {
        let known = service.replayed();
        let Some(next) = service.published().into_iter().find(|sent| !known.contains(sent)) else {
            return;
        };
        twice(next).await;
    };
    work_off().await;
    service.test.clock.advance_secs(180);
    twice(service.window_ended()).await;
    work_off().await;
    service.test.set_plan(&service.ada, Plan::Premium);
    twice((Kind::StartThaw, json!({ "user_id": service.ada.id }).to_string())).await;
    work_off().await;
    let effects = service.effects();
    // Completed, archived, restored.
    assert_eq!((effects.runs, effects.mails, effects.copies), (1, 3, 0));
    assert_eq!(service.test.copies_in_s3_and_archive(), (1, 0));
    // Both may ask the archive before one of them records its retrieval; the row keeps one.
    assert!((1..=2).contains(&effects.retrievals), "{effects:?}");
}
