//! Limits on how often users, tokens and client addresses may do something.
//!
//! The counters are in PostgreSQL ([`RateLimiter`](crate::ports::RateLimiter)), so pages, the REST API and
//! all processes share them. If PostgreSQL does not respond, requests fail: they need it anyway, to
//! identify the caller.

use super::plan::plan_of;
use super::stored_bytes::{Reservation, reserve_storage};
use crate::Gas;
use crate::ports::{PortError, PortResult, Rate};
use gas_shared::byte_size::{Rounding, format_bytes};
use gas_shared::operations::Intake;
use gas_shared::plan::EXPEDITED_A_DAY;
use gas_shared::{Account, Plan, TokenId, UserId};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Sign-ins that may be started from one client address.
const SIGN_INS: Rate = Rate::new(10, MINUTE);

/// Uploads that one user may request, including reruns.
const UPLOADS: Rate = Rate::new(20, MINUTE);

/// Tickets for further parts of uploads. A ticket is for eight parts of at least 8 MiB, so this is 320 MiB/s.
const PART_TICKETS: Rate = Rate::new(300, MINUTE);

/// Files at URLs that one user may ask for. Each costs a request to a server that the user chooses.
const IMPORTS: Rate = Rate::new(30, MINUTE);

/// Confirmations of uploads. A program may repeat one while its file arrives.
const CONFIRMATIONS: Rate = Rate::new(120, MINUTE);

/// Changes of titles, labels, projects and notes by one user. Each is a write, and an event for all web servers. A page
/// labels many jobs at once.
const ORGANIZED_JOBS: Rate = Rate::new(600, MINUTE);

/// Tokens that one user may create.
const TOKENS: Rate = Rate::new(20, DAY);

/// Private references that one user may add. Building one can take a worker an hour.
const NEW_REFERENCES: Rate = Rate::new(20, DAY);

/// Webhooks that one user may create.
const WEBHOOKS: Rate = Rate::new(20, DAY);

/// Test messages to webhooks that one user may send.
const WEBHOOK_TESTS: Rate = Rate::new(10, MINUTE);

/// Checkouts that one user may start.
const CHECKOUTS: Rate = Rate::new(10, HOUR);

/// Exports of an account for its user. Each reads all of the user's jobs, and is in the audit log.
const ACCOUNT_EXPORTS: Rate = Rate::new(10, HOUR);

/// Expedited retrievals from the archive for one user.
const EXPEDITED: Rate = Rate::new(EXPEDITED_A_DAY, DAY);

/// Share links that one user may make.
const SHARE_LINKS: Rate = Rate::new(100, DAY);

/// Requests through share links from one client address. Scrolling through a table makes a few a second.
const SHARED_REQUESTS: Rate = Rate::new(600, MINUTE);

/// Requests that one token may make.
const API_CALLS: Rate = Rate::new(120, MINUTE);

/// Too many uses in a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} are limited to {count} {per}; try again in {}", Wait(*wait))]
pub struct TooMany {
    /// The limited action as a plural noun, such as "uploads".
    pub what: String,
    /// The number of uses that are allowed.
    pub count: u32,
    /// The period, such as "an hour".
    pub per: &'static str,
    /// The time after which the same request may succeed.
    pub wait: SignedDuration,
}

impl TooMany {
    /// The time to wait in seconds, rounded up, at least one.
    pub fn wait_secs(&self) -> u32 {
        wait_secs(self.wait)
    }
}

fn wait_secs(wait: SignedDuration) -> u32 {
    let secs = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    u32::try_from(secs.max(1)).unwrap_or(u32::MAX)
}

/// A time to wait in words, rounded up.
struct Wait(SignedDuration);

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = wait_secs(self.0);
        let (count, unit) = match secs {
            0..=90 => (secs, "second"),
            91..=5_400 => (secs.div_ceil(60), "minute"),
            _ => (secs.div_ceil(3_600), "hour"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

fn rounded_down(bytes: u64) -> String {
    format_bytes(bytes, Rounding::Down)
}

const fn or_upgrade(plan: Plan) -> &'static str {
    match plan {
        Plan::Free => ", or upgrade to Premium",
        Plan::Premium => "",
    }
}

/// The reason why a limited action was rejected.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// It was done too often.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The operators let no new jobs in.
    #[error("GAS accepts no new jobs at the moment, for maintenance; try again later")]
    Draining,
    /// Too many of the user's jobs have not ended.
    #[error(
        "{max} of your jobs have not ended, the most on the {plan} plan; wait until one has ended"
    )]
    Active {
        /// The user's plan.
        plan: Plan,
        /// The number of jobs that may wait or run.
        max: u32,
    },
    /// The user's files need more storage than their plan has.
    #[error(
        "your files use {} of the {} of the {plan} plan, and this one has {}; delete jobs that you no \
         longer need{}", rounded_down(*used), rounded_down(*limit), rounded_down(*size), or_upgrade(*plan)
    )]
    Storage {
        /// The user's plan.
        plan: Plan,
        /// The bytes that the user stores.
        used: u64,
        /// The bytes that the plan allows.
        limit: u64,
        /// The bytes of the new file.
        size: u64,
    },
    /// The counters cannot be read.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Counts a request to sign in.
///
/// # Errors
/// [`LimitError`].
pub async fn count_sign_in(gas: &Gas, address: IpAddr) -> Result<(), LimitError> {
    count(gas, "sign-in", &client(address), "sign-ins from your network", scaled(gas, SIGN_INS))
        .await
}

/// Counts a request with an API token.
///
/// # Errors
/// [`LimitError`].
pub async fn count_api_call(gas: &Gas, token: TokenId) -> Result<(), LimitError> {
    count(gas, "api", &token.to_string(), "requests with one token", API_CALLS).await
}

/// Counts a new job with a file of this size against the limits of its owner's plan.
pub(super) async fn count_new_job(gas: &Gas, owner: &Account, size: u64) -> Result<(), LimitError> {
    if gas.service_modes.mode().await?.intake == Intake::Draining {
        return Err(LimitError::Draining);
    }
    let (user, quota) = (owner.id.to_string(), owner.plan.quota());
    let max = quota.active_jobs.saturating_mul(gas.limit_factor.max(1));
    if gas.dispatches.count(owner.id).await? >= max {
        return Err(LimitError::Active { plan: owner.plan, max });
    }
    count(gas, "upload", &user, "uploads", scaled(gas, UPLOADS)).await?;
    let limit = quota.stored_bytes.saturating_mul(gas.limit_factor.max(1).into());
    if let Reservation::Rejected { used } = reserve_storage(gas, owner.id, size, limit).await? {
        return Err(LimitError::Storage { plan: owner.plan, used, limit, size });
    }
    let jobs = match owner.plan {
        Plan::Free => "new jobs on the Free plan",
        Plan::Premium => "new jobs",
    };
    for (action, rate) in job_rates(gas, owner.plan) {
        count(gas, action, &user, jobs, rate).await?;
    }
    Ok(())
}

/// The rates of new jobs, which a job that is not charged ([`gas_shared::job::Failure::is_charged`]) gets
/// back.
fn job_rates(gas: &Gas, plan: Plan) -> [(&'static str, Rate); 2] {
    let quota = plan.quota();
    [
        ("jobs-hour", scaled(gas, Rate::new(quota.jobs_per_hour, HOUR))),
        ("jobs-day", scaled(gas, Rate::new(quota.jobs_per_day, DAY))),
    ]
}

/// Takes a job out of the hourly and daily number of its owner's new jobs. The rate of uploads and the
/// stored bytes still count it: its file was received and is stored.
pub(super) async fn refund_job(gas: &Gas, owner: UserId) -> PortResult<()> {
    for (action, rate) in job_rates(gas, plan_of(gas, owner).await?) {
        gas.rate_limiter.refund(&format!("{action}:{owner}"), rate).await?;
    }
    Ok(())
}

/// Counts a ticket for parts of an upload.
pub(super) async fn count_part_ticket(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, PART_TICKETS);
    count(gas, "parts", &user.to_string(), "requests for parts of uploads", rate).await
}

/// Counts a confirmation of an upload.
pub(super) async fn count_confirmation(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, CONFIRMATIONS);
    count(gas, "confirm", &user.to_string(), "confirmations of uploads", rate).await
}

/// Counts a change of the title, the labels, the project or the note of a job.
pub(super) async fn count_organized_job(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, ORGANIZED_JOBS);
    count(gas, "organize", &user.to_string(), "changes of titles, labels and notes", rate).await
}

/// Counts a new API token.
pub(super) async fn count_token(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    count(gas, "token", &user.to_string(), "new tokens", scaled(gas, TOKENS)).await
}

/// Counts a new private reference.
pub(super) async fn count_new_reference(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, NEW_REFERENCES);
    count(gas, "reference", &user.to_string(), "new references", rate).await
}

/// Counts a new share link.
pub(super) async fn count_share_link(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, SHARE_LINKS);
    count(gas, "share-link", &user.to_string(), "new share links", rate).await
}

/// Counts a request through a share link, valid or not.
pub(super) async fn count_shared_request(gas: &Gas, address: IpAddr) -> Result<(), LimitError> {
    let (what, rate) = ("requests through share links", scaled(gas, SHARED_REQUESTS));
    count(gas, "shared", &client(address), what, rate).await
}

/// Counts a request for a file at a URL.
pub(super) async fn count_import(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    count(gas, "import", &user.to_string(), "files from URLs", scaled(gas, IMPORTS)).await
}

/// Counts a new webhook.
pub(super) async fn count_webhook(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    count(gas, "webhook", &user.to_string(), "new webhooks", scaled(gas, WEBHOOKS)).await
}

/// Counts a test message to a webhook.
pub(super) async fn count_webhook_test(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, WEBHOOK_TESTS);
    count(gas, "webhook-test", &user.to_string(), "test messages", rate).await
}

/// Counts a checkout.
pub(super) async fn count_checkout(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    count(gas, "checkout", &user.to_string(), "checkouts", scaled(gas, CHECKOUTS)).await
}

/// Counts an export of an account.
///
/// # Errors
/// [`LimitError`].
pub async fn count_account_export(gas: &Gas, user: UserId) -> Result<(), LimitError> {
    let rate = scaled(gas, ACCOUNT_EXPORTS);
    count(gas, "account-export", &user.to_string(), "exports of your account", rate).await
}

/// Counts an expedited retrieval from the archive. Returns whether it is within the limit.
pub(super) async fn allows_expedited(gas: &Gas, user: UserId) -> PortResult<bool> {
    let rejected =
        gas.rate_limiter.count(&format!("expedited:{user}"), EXPEDITED, gas.now()).await?;
    Ok(rejected.is_none())
}

async fn count(
    gas: &Gas,
    action: &str,
    subject: &str,
    what: &str,
    rate: Rate,
) -> Result<(), LimitError> {
    let rejected = gas.rate_limiter.count(&format!("{action}:{subject}"), rate, gas.now()).await?;
    let Some(wait) = rejected else { return Ok(()) };
    let per = match rate.period {
        MINUTE => "a minute",
        HOUR => "an hour",
        _ => "a day",
    };
    tracing::info!(action, wait_secs = wait.as_secs(), "rate limit reached");
    Err(TooMany { what: what.to_owned(), count: rate.count, per, wait }.into())
}

fn scaled(gas: &Gas, rate: Rate) -> Rate {
    Rate { count: rate.count.saturating_mul(gas.limit_factor.max(1)), ..rate }
}

/// The key of a client: a hash, so that the table contains no addresses. The clients of an IPv6 network
/// of 64 bits count as one, since a client can use all of its addresses.
fn client(address: IpAddr) -> String {
    let mut hash = Sha256::new();
    match address.to_canonical() {
        IpAddr::V4(address) => hash.update(address.octets()),
        IpAddr::V6(address) => hash.update(&address.octets()[..8]),
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;

    fn rejection(result: Result<(), LimitError>) -> TooMany {
        match result {
            Err(LimitError::TooMany(rejected)) => rejected,
            other => panic!("not rejected: {other:?}"),
        }
    }

    #[tokio::test]
    async fn an_eleventh_sign_in_within_a_minute_from_one_address_is_rejected() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 1;
        let (office, home) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        for _ in 0..10 {
            count_sign_in(&test.gas, office).await.unwrap();
        }
        let rejected = rejection(count_sign_in(&test.gas, office).await);
        assert_eq!(
            rejected.to_string(),
            "sign-ins from your network are limited to 10 a minute; try again in 6 seconds"
        );
        assert!(count_sign_in(&test.gas, home).await.is_ok());
        test.clock.advance_secs(i64::from(rejected.wait_secs()));
        assert!(count_sign_in(&test.gas, office).await.is_ok());
    }

    #[tokio::test]
    async fn an_account_is_exported_ten_times_an_hour() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 1;
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Premium));
        for _ in 0..10 {
            count_account_export(&test.gas, ada.id).await.unwrap();
        }
        let rejected = rejection(count_account_export(&test.gas, ada.id).await).to_string();
        assert!(rejected.starts_with("exports of your account are limited to 10 an hour;"));
        count_account_export(&test.gas, eve.id).await.unwrap();
        test.clock.advance_secs(3_600);
        count_account_export(&test.gas, ada.id).await.unwrap();
    }

    #[tokio::test]
    async fn a_hundred_and_twenty_first_request_of_a_token_is_rejected() {
        let test = TestGas::new();
        let [busy, other] = [1, 2].map(|n| TokenId::new(uuid::Uuid::from_u128(n)));
        for _ in 0..120 {
            count_api_call(&test.gas, busy).await.unwrap();
        }
        assert_eq!(rejection(count_api_call(&test.gas, busy).await).wait_secs(), 1);
        assert!(count_api_call(&test.gas, other).await.is_ok());
    }

    #[tokio::test]
    async fn the_hourly_number_of_jobs_depends_on_the_plan() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 1;
        for plan in [Plan::Free, Plan::Premium] {
            let user = test.user("ada", plan);
            let mut made = 0;
            let rejected = loop {
                match count_new_job(&test.gas, &user, 20).await {
                    Ok(()) => made += 1,
                    Err(LimitError::TooMany(rejected)) if rejected.per == "a minute" => {
                        test.clock.advance_secs(3);
                    }
                    other => break rejection(other),
                }
            };
            let quota = plan.quota().jobs_per_hour;
            assert!(made >= quota, "{plan}: {made}");
            assert_eq!((rejected.count, rejected.per), (quota, "an hour"));
        }
    }

    #[tokio::test]
    async fn the_factor_raises_the_limits_of_users() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 2;
        let user = test.user("ada", Plan::Free);
        for _ in 0..40 {
            count_new_job(&test.gas, &user, 20).await.unwrap();
        }
        assert_eq!(rejection(count_new_job(&test.gas, &user, 20).await).count, 40);
    }

    #[tokio::test]
    async fn a_user_has_a_limited_number_of_jobs_that_have_not_ended() {
        let mut test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let max = Plan::Free.quota().active_jobs;
        let mut last = test.pending_job(&ada).await;
        for _ in 1..max {
            last = test.pending_job(&ada).await;
        }
        test.gas.limit_factor = 1;
        test.clock.advance_secs(86_400);
        let rejected = count_new_job(&test.gas, &ada, 20).await.unwrap_err();
        assert!(matches!(rejected, LimitError::Active { .. }), "{rejected}");
        crate::usecases::cancel_job(&test.gas, ada.id, last.id).await.unwrap();
        assert!(count_new_job(&test.gas, &ada, 20).await.is_ok());
    }

    #[test]
    fn addresses_are_hashed_and_ipv6_networks_count_as_one_client() {
        let key = |text: &str| client(text.parse().unwrap());
        assert_eq!(key("192.0.2.1").len(), 32);
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    }

    #[test]
    fn waits_are_rounded_up_to_units_that_people_use() {
        let text = |millis| Wait(SignedDuration::from_millis(millis)).to_string();
        assert_eq!(text(1), "1 second");
        assert_eq!(text(89_001), "90 seconds");
        assert_eq!(text(91_000), "2 minutes");
        assert_eq!(text(86_400_000), "24 hours");
    }
}
