//! The ports: traits for everything that GAS needs from the outside world.
//!
//! Every method may fail with a [`PortError`], when the other side is unreachable or its response is
//! invalid. Outcomes that a use-case acts on are part of the return types instead.

mod account_data;
mod accounts;
mod administration;
mod archive;
mod audit;
mod catalog;
mod dispatches;
mod imports;
mod jobs;
mod mail;
mod messages;
mod objects;
mod part_uploads;
mod payments;
mod private_references;
mod rate_limiter;
mod references;
mod saved;
mod sessions;
mod shard_runs;
mod share_links;
mod sources;
mod stored_bytes;
mod tokens;
mod webhooks;

pub use account_data::{AccountData, ClosedAccount, ClosingAccount, MailRecord};
pub use accounts::{Accounts, CurrentPlan, Identity, SignIn};
pub use administration::{
    Administration, EndedJob, OperatorQueues, QueueWithDeadLetters, ServiceModes,
};
pub use archive::{Archive, ArchiveTimer, CopiedObject, RetrievalStarted, UploadOutcome};
pub use audit::{AuditEntry, AuditLog};
pub use catalog::{Catalog, CatalogId, Manifest, StoredManifest};
pub use dispatches::{Dispatch, Dispatches};
pub use imports::{
    DueImport, FileSource, FileVersion, ImportInsertion, ImportOrigin, ImportStore, NewImportRow,
    SourceError, SourceFile,
};
pub use jobs::{JobPage, JobStore, WriteOutcome};
pub use mail::{
    ClaimedMail, EmailAddress, Held, InvalidAddress, JOB_RESULT_KEYS, Mail, MailClaim, MailEvent,
    MailPreferences, Mailer, Outbox, SendOutcome,
};
pub use messages::{LONG_POLL, Message, Queue, Topic};
pub use objects::{Download, ObjectInfo, ObjectStore, UploadRule};
pub use part_uploads::{ArrivedPart, PartRule, PartUploads};
pub use payments::{
    BillingRow, BillingStore, BillingUpdate, Checkout, CheckoutRequest, ClaimedEvent, EventState,
    OpenCheckout, Payments, StoredEvent, Subscription, SubscriptionStatus,
};
pub use private_references::PrivateReferenceStore;
pub use rate_limiter::{Rate, RateLimiter};
pub use references::{ReferenceCatalog, References};
pub use saved::{Renamed, SavedContent, SavedItem, SavedItems, SavedKind};
pub use sessions::{NewSession, SessionStore, StoredSession};
pub use shard_runs::{RunName, ShardRun, ShardRunState, ShardRuns};
pub use share_links::{ActiveShareLink, ShareLinkRow, ShareLinks};
pub use sources::{SourceCatalog, Sources};
pub use stored_bytes::{StoredBytes, StoredCount};
pub use tokens::{ActiveToken, TokenRow, TokenStore};
pub use webhooks::{
    AttemptOutcome, DueDelivery, NewWebhookRow, SendResult, SignedMessage, WebhookSender,
    WebhookStore,
};

use std::error::Error;

/// A failure of an external service.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action}")]
pub struct PortError {
    action: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
    kind: PortFailure,
}

/// What the caller of a failed call can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortFailure {
    /// Wait: the service is unavailable.
    Outage,
    /// Repeat the call: another one changed the same data at the same time.
    Contention,
    /// Change the value, which the service does not store.
    Value,
    /// Nothing: every further call fails in the same way, such as the reading of a damaged row.
    Defect,
}

impl PortError {
    /// The error of an outage, with the attempted action, which completes "failed to …", and its cause.
    pub fn new(action: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of_kind(PortFailure::Outage, action, source)
    }

    /// Like [`PortError::new`], for a failure that every further call will have, such as a stored
    /// row that cannot be read.
    pub fn permanent(
        action: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::of_kind(PortFailure::Defect, action, source)
    }

    /// Like [`PortError::new`], for a failure of any kind.
    pub fn of_kind(
        kind: PortFailure,
        action: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { action: action.into(), source: source.into(), kind }
    }

    /// What the caller can do.
    pub const fn kind(&self) -> PortFailure {
        self.kind
    }

    /// Whether the same call may succeed later.
    pub const fn is_outage(&self) -> bool {
        matches!(self.kind, PortFailure::Outage | PortFailure::Contention)
    }
}

/// The result of a port method.
pub type PortResult<T> = Result<T, PortError>;
