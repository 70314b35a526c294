//! Tests of what operators can do, and of who is one.

use super::*;
use crate::ports::{
    AuditEntry, BillingStore, Identity, Message, PortResult, Queue, QueueWithDeadLetters,
};
use crate::testkit::{FakeOperatorQueues, TestBilling, TestGas};
use crate::usecases::{
    authenticate_token, claim_job, create_token, record_sign_in, resume_session, start_session,
};
use async_trait::async_trait;
use gas_shared::operations::QueueState;
use gas_shared::token::{NewToken, Scope};
use gas_shared::{Account, Plan};
use std::sync::Arc;

struct Service {
    test: TestGas,
    billing: TestBilling,
    queues: FakeOperatorQueues,
    operator: Account,
}

impl Service {
    async fn new() -> Self {
        let test = TestGas::new();
        let billing = TestBilling::new(&test);
        let operator = test.user("ops", Plan::Free);
        sign_in(&billing.billing, &operator, true).await;
        Self { test, billing, queues: FakeOperatorQueues::default(), operator }
    }

    async fn operator(&self) -> Operator {
        Operator::require(&self.test.gas, self.operator.id).await.unwrap()
    }

    async fn act(&self, user: UserId, action: UserAction) -> Result<(), OperationError> {
        act_on_user(&self.billing.billing, self.operator().await, user, action).await
    }

    /// The acts of operators, with the user concerned.
    fn acts(&self) -> Vec<(String, Option<UserId>)> {
        let of_operator = |entry: &AuditEntry| entry.operator == Some(self.operator.id);
        let entries = self.test.audit.entries().into_iter().filter(of_operator);
        entries.map(|entry| (entry.record.action, entry.account)).collect()
    }
}

async fn sign_in(billing: &Billing, user: &Account, is_operator: bool) -> bool {
    let identity = Identity {
        id: user.id,
        name: user.name.clone(),
        email: user.email.clone(),
        institution: String::new(),
    };
    record_sign_in(billing, &identity, is_operator).await.unwrap().is_some()
}

fn token(scope: Scope) -> NewToken {
    NewToken { name: "program".to_owned(), scopes: vec![scope], days: 30 }
}

#[tokio::test]
async fn the_role_lasts_for_twelve_hours_and_ends_at_a_sign_in_without_the_group() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    let is_operator = async || Operator::require(gas, service.operator.id).await.is_ok();
    assert!(is_operator().await);
    service.test.clock.advance_secs(12 * 3600 - 1);
    assert!(is_operator().await);
    service.test.clock.advance_secs(1);
    assert!(!is_operator().await);
    sign_in(&service.billing.billing, &service.operator, true).await;
    assert!(is_operator().await);
    sign_in(&service.billing.billing, &service.operator, false).await;
    assert!(!is_operator().await);
}

#[tokio::test]
async fn only_operators_create_tokens_with_the_scope_admin() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    let ada = service.test.user("ada", Plan::Premium);
    assert!(matches!(Operator::require(gas, ada.id).await, Err(OperationError::NotOperator)));
    let rejected = create_token(gas, ada.id, token(Scope::Admin)).await;
    assert!(matches!(rejected, Err(crate::usecases::TokenError::NotOperator)), "{rejected:?}");
    create_token(gas, ada.id, token(Scope::JobsRead)).await.unwrap();
    create_token(gas, service.operator.id, token(Scope::Admin)).await.unwrap();
}

#[tokio::test]
async fn blocking_ends_sessions_and_tokens_and_rejects_sign_ins_until_it_is_undone() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    let ada = service.test.user("ada", Plan::Free);
    let session = start_session(gas, &ada).await.unwrap().unwrap();
    let created = create_token(gas, ada.id, token(Scope::JobsRead)).await.unwrap();
    assert!(authenticate_token(gas, &created.secret).await.unwrap().is_some());

    service.act(ada.id, UserAction::Block).await.unwrap();
    assert!(resume_session(gas, &session).await.unwrap().is_none());
    assert!(authenticate_token(gas, &created.secret).await.unwrap().is_none());
    assert!(start_session(gas, &ada).await.unwrap().is_none());
    assert!(!sign_in(&service.billing.billing, &ada, false).await);

    service.act(ada.id, UserAction::Unblock).await.unwrap();
    assert!(sign_in(&service.billing.billing, &ada, false).await);
    assert!(authenticate_token(gas, &created.secret).await.unwrap().is_none(), "it is deleted");
    let acts = ["user_blocked", "user_unblocked"].map(|act| (act.to_owned(), Some(ada.id)));
    assert_eq!(service.acts(), acts);

    let yourself = service.act(service.operator.id, UserAction::Block).await;
    assert!(matches!(yourself, Err(OperationError::Yourself)), "{yourself:?}");
    let nobody = UserId::new(uuid::Uuid::new_v4());
    let unknown = service.act(nobody, UserAction::Block).await;
    assert!(matches!(unknown, Err(OperationError::NoUser(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_search_for_what_the_database_cannot_have_finds_nobody() {
    let service = Service::new().await;
    service.test.user("ada", Plan::Free);
    let find = async |text: &str| {
        find_users(&service.test.gas, service.operator().await, text).await.unwrap().len()
    };
    assert_eq!(find("").await, 2);
    assert_eq!(find("\0").await, 0);
}

#[tokio::test]
async fn premium_is_granted_and_taken_back() {
    let service = Service::new().await;
    let ada = service.test.user("ada", Plan::Free);
    service.act(ada.id, UserAction::GrantPremium).await.unwrap();
    assert_eq!(service.test.accounts.get(ada.id).plan, Plan::Premium);
    service.act(ada.id, UserAction::RevokePremium).await.unwrap();
    assert_eq!(service.test.accounts.get(ada.id).plan, Plan::Free);
    let acts = ["premium_granted", "premium_revoked"].map(|act| (act.to_owned(), Some(ada.id)));
    assert_eq!(service.acts(), acts);
}

#[tokio::test]
async fn the_state_has_jobs_queues_runs_and_the_mode() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    let ada = service.test.user("ada", Plan::Free);
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.push(service.test.pending_job(&ada).await);
    }
    claim_job(&gas.jobs, jobs[0].id, SignedDuration::from_secs(45)).await.unwrap();
    let (_, dead_letters) = service.queues.of(QueueName::Mail);
    dead_letters.send("{}").await.unwrap();
    set_banner(gas, service.operator().await, " Maintenance at noon ").await.unwrap();
    set_intake(gas, service.operator().await, Intake::Paused).await.unwrap();

    service.test.clock.advance_secs(1_800);
    let prices = Prices::default();
    let operator = service.operator().await;
    let state = service_state(gas, &service.queues, &prices, operator).await.unwrap();
    let ActiveJobs { held_back, pending, running, oldest_since } = state.jobs;
    assert_eq!((held_back, pending, running), (2, 2, 1));
    assert_eq!(oldest_since, Some(gas.now() - SignedDuration::from_mins(30)));
    let [run] = &state.runs[..] else { panic!("{:?}", state.runs) };
    assert_eq!((run.job, run.shards), (jobs[0].id, None));
    assert_eq!(run.cost.to_string(), "0.08925", "half an hour of a worker");
    let mail = state.queues.iter().find(|queue| queue.name == QueueName::Mail).unwrap();
    assert_eq!((mail.waiting, mail.dead_letters), (0, 1));
    let banner = Some("Maintenance at noon".to_owned());
    assert_eq!(state.mode, ServiceMode { intake: Intake::Paused, banner });

    let moved =
        redrive_queue(gas, &service.queues, service.operator().await, QueueName::Mail).await;
    assert_eq!(moved.unwrap(), 1);
    let acts: Vec<_> = service.acts().into_iter().map(|(act, _)| act).collect();
    assert_eq!(acts, ["banner_changed", "intake_changed", "dead_letters_moved"]);
}

#[tokio::test]
async fn waiting_jobs_are_sent_as_soon_as_the_service_is_open() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    set_intake(gas, service.operator().await, Intake::Paused).await.unwrap();
    service.test.pending_job(&service.test.user("ada", Plan::Free)).await;
    assert!(service.test.job_requests.is_empty());
    set_intake(gas, service.operator().await, Intake::Open).await.unwrap();
    assert_eq!(service.test.job_requests.len(), 1);
}

#[tokio::test]
async fn a_banner_is_one_line_of_limited_length() {
    let service = Service::new().await;
    let gas = &service.test.gas;
    for text in ["x".repeat(MAX_BANNER_CHARS + 1), "two\nlines".to_owned()] {
        let rejected = set_banner(gas, service.operator().await, &text).await;
        assert!(matches!(rejected, Err(OperationError::Banner)), "{rejected:?}");
    }
    set_banner(gas, service.operator().await, "soon").await.unwrap();
    let mode = set_banner(gas, service.operator().await, "  ").await.unwrap();
    assert_eq!(mode.banner, None);
    let published = service.test.job_events.bodies();
    assert_eq!(published, [r#"{"event":{"banner":"soon"}}"#, r#"{"event":{"banner":null}}"#]);
    // The banner is shown on the next load if the open pages cannot be reached.
    service.test.outages.messages.begin();
    let mode = set_banner(gas, service.operator().await, "later").await.unwrap();
    assert_eq!(mode.banner.as_deref(), Some("later"));
}

/// The queues of a deployment, whose dead letters can be received and not deleted.
#[derive(Default)]
struct BrokenQueues(FakeOperatorQueues);

struct BrokenQueue(Arc<dyn Queue>);

#[async_trait]
impl OperatorQueues for BrokenQueues {
    async fn states(&self) -> PortResult<Vec<QueueState>> {
        self.0.states().await
    }

    async fn with_dead_letters(&self, name: QueueName) -> PortResult<QueueWithDeadLetters> {
        let QueueWithDeadLetters { queue, dead_letters } = self.0.with_dead_letters(name).await?;
        Ok(QueueWithDeadLetters { queue, dead_letters: Arc::new(BrokenQueue(dead_letters)) })
    }
}

#[async_trait]
impl Queue for BrokenQueue {
    async fn send_later(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.0.send_later(body, delay).await
    }

    async fn receive(
        &self,
        max: u8,
        visibility: Duration,
        wait: Duration,
    ) -> PortResult<Vec<Message>> {
        self.0.receive(max, visibility, wait).await
    }

    async fn extend(&self, message: &Message, visibility: Duration) -> PortResult<()> {
        self.0.extend(message, visibility).await
    }

    async fn delete(&self, _: &Message) -> PortResult<()> {
        Err(PortError::new("delete a message", "the queue is gone"))
    }
}

#[tokio::test]
async fn what_fails_halfway_is_in_the_audit_log() {
    let service = Service::new().await;
    let queues = BrokenQueues::default();
    let (queue, dead_letters) = queues.0.of(QueueName::Mail);
    dead_letters.send("{}").await.unwrap();
    let operator = service.operator().await;
    let moved = redrive_queue(&service.test.gas, &queues, operator, QueueName::Mail).await;
    assert!(matches!(moved, Err(OperationError::Port(_))), "{moved:?}");
    assert_eq!(queue.bodies(), ["{}"], "it is moved");

    let ada = service.test.user("ada", Plan::Free);
    service.billing.store.link_customer(ada.id, "cus_ada").await.unwrap();
    service.billing.payments.fail_reads(1);
    let granted = service.act(ada.id, UserAction::GrantPremium).await;
    assert!(matches!(granted, Err(OperationError::Plan(_))), "{granted:?}");
    let acts: Vec<_> = service.acts().into_iter().map(|(act, _)| act).collect();
    assert_eq!(acts, ["dead_letters_moved", "premium_granted"]);
}

#[tokio::test]
async fn one_call_moves_at_most_five_hundred_dead_letters() {
    let service = Service::new().await;
    let (queue, dead_letters) = service.queues.of(QueueName::Mail);
    for number in 0..505 {
        dead_letters.send(&number.to_string()).await.unwrap();
    }
    let redrive = async || {
        let operator = service.operator().await;
        redrive_queue(&service.test.gas, &service.queues, operator, QueueName::Mail).await.unwrap()
    };
    assert_eq!((redrive().await, queue.bodies().len()), (500, 500));
    assert_eq!((redrive().await, redrive().await, queue.bodies().len()), (5, 0, 505));
}
