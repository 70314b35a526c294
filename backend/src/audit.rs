//! Writes the audit log: security acts and changes of plans.
//!
//! A use-case records an act after it has succeeded. If the entry cannot be written, the act stands,
//! and the whole entry goes to the process's log as an error: signing out, revoking a token and
//! deleting data must not depend on the audit log, and what grants access (sessions and tokens) is
//! stored in the same database, so it fails itself when the audit log does.

use crate::chain;
use crate::clock::Clock;
use crate::mail::UnsubscribeKey;
use crate::ports::{AuditEntry, AuditLog};
use gas_shared::audit::AuditRecord;
use gas_shared::operations::{Intake, QueueName};
use gas_shared::reference::ReferenceId;
use gas_shared::{JobId, Plan, TokenId, UserId, WebhookId};
use std::net::IpAddr;
use std::sync::Arc;

/// How long entries are kept, in days.
pub const AUDIT_DAYS: i64 = 400;

/// Separates the hashes of addresses from other uses of the key.
const PURPOSE: &[u8] = b"gas audit address v1\0";

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The keyed hash of the client's IP address.
    pub address: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

impl RequestOrigin {
    /// The origin of a request. The address itself is not stored; without the key, its hash cannot be
    /// found by trying all addresses.
    pub fn new(key: &UnsubscribeKey, address: IpAddr, request_id: String) -> Self {
        let hash = key.derive(&[PURPOSE, address.to_string().as_bytes()]);
        Self { address: Some(hex::encode(hash)), request_id: Some(request_id) }
    }
}

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The user, in a browser or with a token.
    User,
    /// An operator.
    Operator(UserId),
    /// GAS, upon an event of Stripe or a deadline.
    System,
}

/// An act that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The user signed in.
    SignedIn,
    /// A sign-in was rejected.
    SignInRejected,
    /// A browser was signed out.
    SignedOut,
    /// All browsers were signed out.
    SignedOutEverywhere,
    /// The plan changed to this one.
    PlanChanged(Plan),
    /// A job was cancelled.
    JobCancelled(JobId),
    /// A job was deleted.
    JobDeleted(JobId),
    /// An API token was created.
    TokenCreated(TokenId),
    /// An API token was revoked.
    TokenRevoked(TokenId),
    /// A share link to the result of this job was made.
    ShareLinkCreated(JobId),
    /// A share link to the result of this job was revoked.
    ShareLinkRevoked(JobId),
    /// A webhook was created.
    WebhookCreated(WebhookId),
    /// A webhook was deleted.
    WebhookDeleted(WebhookId),
    /// A webhook failed for too long and is not called any more.
    WebhookDisabled(WebhookId),
    /// A private reference was added.
    ReferenceAdded(ReferenceId),
    /// A private reference was deleted.
    ReferenceDeleted(ReferenceId),
    /// The account's data was exported.
    AccountExported,
    /// The account was closed.
    AccountClosed,
    /// An operator blocked the user.
    UserBlocked,
    /// An operator unblocked the user.
    UserUnblocked,
    /// An operator granted Premium.
    PremiumGranted,
    /// An operator took back a granted Premium.
    PremiumRevoked,
    /// An operator changed whether jobs are accepted and started.
    IntakeChanged(Intake),
    /// An operator changed the banner.
    BannerChanged,
    /// An operator moved dead letters back to this queue.
    DeadLettersMoved(QueueName),
}

impl Act {
    /// The spelling in PostgreSQL and in exports.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRejected => "sign_in_refused",
            Self::SignedOut => "signed_out",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::PlanChanged(_) => "plan_changed",
            Self::JobCancelled(_) => "job_cancelled",
            Self::JobDeleted(_) => "job_deleted",
            Self::TokenCreated(_) => "token_created",
            Self::TokenRevoked(_) => "token_revoked",
            Self::ShareLinkCreated(_) => "share_link_created",
            Self::ShareLinkRevoked(_) => "share_link_revoked",
            Self::WebhookCreated(_) => "webhook_created",
            Self::WebhookDeleted(_) => "webhook_deleted",
            Self::WebhookDisabled(_) => "webhook_disabled",
            Self::ReferenceAdded(_) => "reference_added",
            Self::ReferenceDeleted(_) => "reference_deleted",
            Self::AccountExported => "account_exported",
            Self::AccountClosed => "account_closed",
            Self::UserBlocked => "user_blocked",
            Self::UserUnblocked => "user_unblocked",
            Self::PremiumGranted => "premium_granted",
            Self::PremiumRevoked => "premium_revoked",
            Self::IntakeChanged(_) => "intake_changed",
            Self::BannerChanged => "banner_changed",
            Self::DeadLettersMoved(_) => "dead_letters_moved",
        }
    }

    fn target(&self) -> Option<String> {
        match self {
            Self::PlanChanged(plan) => Some(plan.as_role().to_owned()),
            Self::JobCancelled(id)
            | Self::JobDeleted(id)
            | Self::ShareLinkCreated(id)
            | Self::ShareLinkRevoked(id) => Some(id.to_string()),
            Self::TokenCreated(id) | Self::TokenRevoked(id) => Some(id.to_string()),
            Self::WebhookCreated(id) | Self::WebhookDeleted(id) | Self::WebhookDisabled(id) => {
                Some(id.to_string())
            }
            Self::ReferenceAdded(id) | Self::ReferenceDeleted(id) => Some(id.to_string()),
            Self::IntakeChanged(intake) => Some(intake.to_string()),
            Self::DeadLettersMoved(queue) => Some(queue.to_string()),
            _ => None,
        }
    }
}

/// Describes an entry to its user.
pub fn describe(record: &AuditRecord) -> String {
    let target = record.target.as_deref().unwrap_or_default();
    match record.action.as_str() {
        "signed_in" => "Signed in".to_owned(),
        "sign_in_refused" => "A sign-in was rejected".to_owned(),
        "signed_out" => "Signed out".to_owned(),
        "signed_out_everywhere" => "Signed out everywhere".to_owned(),
        "plan_changed" => match target.parse::<Plan>() {
            Ok(plan) => format!("Plan changed to {plan}"),
            Err(_) => "Plan changed".to_owned(),
        },
        "job_cancelled" => format!("Cancelled job {target}"),
        "job_deleted" => format!("Deleted job {target}"),
        "token_created" => "Created an API token".to_owned(),
        "token_revoked" => "Revoked an API token".to_owned(),
        "share_link_created" => format!("Shared the result of job {target}"),
        "share_link_revoked" => format!("Revoked a share link of job {target}"),
        "webhook_created" => "Created a webhook".to_owned(),
        "webhook_deleted" => "Deleted a webhook".to_owned(),
        "webhook_disabled" => {
            "A webhook was disabled: it failed for too long, or its URL is gone".to_owned()
        }
        "reference_added" => format!("Added reference {target}"),
        "reference_deleted" => format!("Deleted reference {target}"),
        "account_exported" => "Downloaded the account's data".to_owned(),
        "user_blocked" => "Blocked by an operator".to_owned(),
        "user_unblocked" => "Unblocked by an operator".to_owned(),
        "premium_granted" => "An operator granted Premium".to_owned(),
        "premium_revoked" => "An operator took back the granted Premium".to_owned(),
        // An action of a newer version of GAS.
        other => other.replace('_', " "),
    }
}

/// The audit log, for the acts of one request or of a background process.
#[derive(Clone)]
pub struct Audit {
    log: Arc<dyn AuditLog>,
    clock: Arc<dyn Clock>,
    origin: RequestOrigin,
}

impl Audit {
    /// The audit log, for a process without requests.
    pub fn new(log: Arc<dyn AuditLog>, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock, origin: RequestOrigin::default() }
    }

    /// The audit log for the acts of a request.
    #[must_use]
    pub fn of_request(&self, origin: RequestOrigin) -> Self {
        Self { origin, ..self.clone() }
    }

    /// The port, for reading.
    pub fn log(&self) -> &dyn AuditLog {
        &*self.log
    }

    /// Records an act that concerned a user's account.
    pub async fn record(&self, actor: Actor, account: UserId, act: Act) {
        self.append(actor, Some(account), act).await;
    }

    /// Records an act of an operator that concerned no single user.
    pub async fn record_operation(&self, operator: UserId, act: Act) {
        self.append(Actor::Operator(operator), None, act).await;
    }

    /// Records a rejected sign-in of a user who is not known.
    pub async fn record_rejected_sign_in(&self) {
        self.append(Actor::User, None, Act::SignInRejected).await;
    }

    async fn append(&self, actor: Actor, account: Option<UserId>, act: Act) {
        let record = AuditRecord {
            at: self.clock.now(),
            by_user: actor == Actor::User,
            action: act.as_str().to_owned(),
            target: act.target(),
        };
        let RequestOrigin { address, request_id } = self.origin.clone();
        let operator = match actor {
            Actor::Operator(operator) => Some(operator),
            Actor::User | Actor::System => None,
        };
        let entry = AuditEntry { account, operator, record, address, request_id };
        if let Err(error) = self.log.append(&entry).await {
            tracing::error!(?entry, error = %chain(&error), "audit entry not stored");
        }
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
