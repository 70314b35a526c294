//! Converts the errors of use cases into API errors.
//!
//! Errors that a user can act on keep their text. All others are logged with their causes, and the
//! user only gets a reference to the log entry.

use super::live::{self, StreamRejected};
use crate::error::{ApiError, ErrorCode};
use axum::http::{HeaderName, HeaderValue, header};
use dioxus::fullstack::FullstackContext;
use gas_backend::chain;
use gas_backend::ports::{PortError, PortFailure};
use gas_backend::query_pool::PoolError;
use gas_backend::usecases::{
    BillingError, ChangeError, ConfirmError, CreateJobError, DeleteAccountError, DownloadError,
    ExploreError, FindError, ImportError, LimitError, OperationError, OptionsError, OrganizeError,
    PartsError, PrivateReferenceError, RequestUploadError, RerunError, SavedError, ShareLinkError,
    TimeZoneError, TokenError, WebhookError,
};
use gas_shared::Plan;
use std::error::Error;
use uuid::Uuid;

/// Logs an internal failure with all its causes. The returned error contains no details, only a
/// reference that identifies the log entry.
pub fn internal(error: &(dyn Error + 'static)) -> ApiError {
    let reference = log_failure(error);
    let message = format!(
        "GAS could not handle this request. Nothing was lost; try again. If it fails again, contact \
         support with reference {reference}"
    );
    ApiError::new(ErrorCode::Internal, message)
}

/// Logs the failure of a service that GAS needs, such as PostgreSQL or S3. The user learns that it is
/// temporary.
fn outage(error: &PortError) -> ApiError {
    let reference = log_failure(error);
    let message = format!(
        "A service that GAS needs does not respond. Files and jobs are kept; try again in a minute \
         (reference {reference})"
    );
    ApiError::new(ErrorCode::Unavailable, message)
}

/// Logs a call that was in the way of another one. Like [`contended`], it is no failure of a server.
fn contention(error: &PortError) -> ApiError {
    let reference = new_reference();
    tracing::warn!(%reference, error = %chain(error), "request was in the way of another one");
    let message = format!(
        "Another request changed the same data at the same time. Nothing was lost; try again \
         (reference {reference})"
    );
    retry_later(ErrorCode::TooMany, message, BUSY_RETRY_SECS)
}

/// Logs a value that a service does not store. The user has sent it, so it is no failure of a server.
fn invalid_value(error: &PortError) -> ApiError {
    let reference = new_reference();
    tracing::warn!(%reference, error = %chain(error), "request has a value that is not stored");
    let message = format!(
        "GAS cannot store a value of this request, such as a control character or a number out of range. \
         Change it; if it looks right to you, contact support with reference {reference}"
    );
    ApiError::new(ErrorCode::Invalid, message)
}

/// Logs a failure, and returns the reference that identifies the log entry.
fn log_failure(error: &(dyn Error + 'static)) -> String {
    let reference = new_reference();
    tracing::error!(%reference, error = %chain(error), "request failed");
    reference
}

/// A text that identifies an entry of the log.
fn new_reference() -> String {
    format!("{:08x}", Uuid::new_v4().as_fields().0)
}

/// After this many seconds a request that a busy server rejected can be sent again.
pub const BUSY_RETRY_SECS: u32 = 5;

/// After this many seconds a request can be sent again that was rejected because no new jobs are accepted.
const DRAINING_RETRY_SECS: u32 = 300;

/// The header that says when to try again, if that is known. All responses with an error use it,
/// whatever their form.
pub fn retry_after(error: &ApiError) -> Option<(HeaderName, HeaderValue)> {
    let busy = (error.code == ErrorCode::Unavailable).then_some(BUSY_RETRY_SECS);
    let secs = error.retry_after_secs.or(busy)?;
    Some((header::RETRY_AFTER, HeaderValue::from(secs)))
}

/// An error that goes away after a while. The response of a server function gets the header
/// `Retry-After`.
fn retry_later(code: ErrorCode, message: impl Into<String>, after_secs: u32) -> ApiError {
    if let Some(context) = FullstackContext::current() {
        context.add_response_header(header::RETRY_AFTER, HeaderValue::from(after_secs));
    }
    ApiError { retry_after_secs: Some(after_secs), ..ApiError::new(code, message) }
}

/// The error of a request that lost the race against other requests of the same user. It is no failure of a server: ten of
/// those in five minutes raise an alarm, which rolls back an update, and no user may do that.
fn contended(error: &dyn Error) -> ApiError {
    retry_later(ErrorCode::TooMany, error.to_string(), BUSY_RETRY_SECS)
}

impl From<StreamRejected> for ApiError {
    fn from(rejected: StreamRejected) -> Self {
        let code = match rejected {
            StreamRejected::User => ErrorCode::TooMany,
            StreamRejected::Full => ErrorCode::Unavailable,
        };
        retry_later(code, rejected.to_string(), live::RETRY_AFTER_SECS)
    }
}

impl From<LimitError> for ApiError {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::TooMany(rejected) => {
                retry_later(ErrorCode::TooMany, rejected.to_string(), rejected.wait_secs())
            }
            // Not a failure of a server, which would roll back the update for which the service drains.
            LimitError::Draining => {
                retry_later(ErrorCode::TooMany, error.to_string(), DRAINING_RETRY_SECS)
            }
            LimitError::Active { .. } => retry_later(ErrorCode::TooMany, error.to_string(), 60),
            LimitError::Storage { plan: Plan::Free, .. } => {
                Self::new(ErrorCode::UpgradeNeeded, error.to_string())
            }
            LimitError::Storage { plan: Plan::Premium, .. } => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            LimitError::Port(error) => error.into(),
        }
    }
}

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        match error.kind() {
            PortFailure::Outage => outage(&error),
            PortFailure::Contention => contention(&error),
            PortFailure::Value => invalid_value(&error),
            PortFailure::Defect => internal(&error),
        }
    }
}

impl From<FindError> for ApiError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound(_) => Self::new(ErrorCode::NotFound, error.to_string()),
            FindError::Port(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            // The same error as for reading: only the owner may learn that a job exists.
            ChangeError::NotFound(id) => FindError::NotFound(id).into(),
            ChangeError::Rejected { rejected, .. } => {
                Self::new(ErrorCode::Conflict, rejected.to_string())
            }
            ChangeError::Contended(_) => contended(&error),
            ChangeError::Port(error) => error.into(),
        }
    }
}

impl From<OrganizeError> for ApiError {
    fn from(error: OrganizeError) -> Self {
        match error {
            OrganizeError::Text(_) => Self::new(ErrorCode::Invalid, error.to_string()),
            OrganizeError::Find(error) => error.into(),
            OrganizeError::Change(error) => error.into(),
            OrganizeError::Limit(error) => error.into(),
        }
    }
}

impl From<RequestUploadError> for ApiError {
    fn from(error: RequestUploadError) -> Self {
        let code = match error {
            RequestUploadError::Name(_)
            | RequestUploadError::Empty
            | RequestUploadError::NeedsParts { .. }
            | RequestUploadError::TooLarge { .. } => ErrorCode::Invalid,
            RequestUploadError::OverLimit { .. } => ErrorCode::OverLimit,
            RequestUploadError::Options(error) => return error.into(),
            RequestUploadError::Limit(error) => return error.into(),
            RequestUploadError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        let code = match error {
            ImportError::Source(_) | ImportError::Name(_) | ImportError::TooLarge { .. } => {
                ErrorCode::Invalid
            }
            ImportError::TooMany => ErrorCode::Conflict,
            ImportError::Create(CreateJobError::Request(error)) => return error.into(),
            ImportError::Create(CreateJobError::Parts(error)) => return error.into(),
            ImportError::Create(CreateJobError::Port(error)) => return error.into(),
            ImportError::Create(_) => ErrorCode::Conflict,
            ImportError::Limit(error) => return error.into(),
            ImportError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<OptionsError> for ApiError {
    fn from(error: OptionsError) -> Self {
        match error {
            OptionsError::Port(error) => error.into(),
            OptionsError::NeedsPremium(_) => Self::new(ErrorCode::UpgradeNeeded, error.to_string()),
            OptionsError::UnknownReference { .. }
            | OptionsError::OutdatedReference(_)
            | OptionsError::UnknownSource { .. }
            | OptionsError::SourceOfOtherAssembly { .. }
            | OptionsError::SameColumn { .. }
            | OptionsError::NoMarkedTranscripts(_)
            | OptionsError::Conflict(_) => Self::new(ErrorCode::Invalid, error.to_string()),
        }
    }
}

impl From<PrivateReferenceError> for ApiError {
    fn from(error: PrivateReferenceError) -> Self {
        let code = match error {
            PrivateReferenceError::NeedsPremium => ErrorCode::UpgradeNeeded,
            PrivateReferenceError::Invalid(_) => ErrorCode::Invalid,
            PrivateReferenceError::NotFound(_) => ErrorCode::NotFound,
            PrivateReferenceError::NotOffered
            | PrivateReferenceError::Exists(_)
            | PrivateReferenceError::TooMany(_)
            | PrivateReferenceError::TooLarge { .. }
            | PrivateReferenceError::NotUploaded(_)
            | PrivateReferenceError::Expired(_)
            | PrivateReferenceError::Rejected(_) => ErrorCode::Conflict,
            PrivateReferenceError::Contended(_) => return contended(&error),
            PrivateReferenceError::Limit(error) => return error.into(),
            PrivateReferenceError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Find(error) => error.into(),
            ConfirmError::Change(error) => error.into(),
            ConfirmError::Limit(error) => error.into(),
            ConfirmError::Port(error) => error.into(),
            ConfirmError::NotUploaded(_)
            | ConfirmError::WrongSize { .. }
            | ConfirmError::Over { .. } => Self::new(ErrorCode::Conflict, error.to_string()),
        }
    }
}

impl From<PartsError> for ApiError {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Find(error) => error.into(),
            PartsError::Limit(error) => error.into(),
            PartsError::Port(error) => error.into(),
            PartsError::NotInParts { .. } | PartsError::Gone(_) => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
        }
    }
}

impl From<DownloadError> for ApiError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Find(error) => error.into(),
            DownloadError::Port(error) => error.into(),
            DownloadError::Expired { .. } | DownloadError::Archived(_) => {
                Self::new(ErrorCode::UpgradeNeeded, error.to_string())
            }
            DownloadError::NotCompleted { .. }
            | DownloadError::Restoring(_)
            | DownloadError::NoSummary(_)
            | DownloadError::NoRegionIndex(_)
            | DownloadError::SharedArchived => Self::new(ErrorCode::Conflict, error.to_string()),
            DownloadError::LogsDeleted { .. }
            | DownloadError::NoLink
            | DownloadError::SharedMissing
            | DownloadError::NoDownloads => Self::new(ErrorCode::NotFound, error.to_string()),
            DownloadError::Missing(_) => internal(&error),
        }
    }
}

impl From<RerunError> for ApiError {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::Find(error) => error.into(),
            RerunError::Rejected(error) => error.into(),
            RerunError::Confirm(error) => error.into(),
            RerunError::Archived(_) => Self::new(ErrorCode::UpgradeNeeded, error.to_string()),
            RerunError::Options(error) => error.into(),
            RerunError::Limit(error) => error.into(),
            RerunError::Port(error) => error.into(),
            RerunError::Change(error) => error.into(),
            RerunError::NotOver { .. }
            | RerunError::KeyReused
            | RerunError::NewerOptions(_)
            | RerunError::InputDeleted { .. }
            | RerunError::TooLargeToCopy { .. }
            | RerunError::TooManyCopies
            | RerunError::InputGone(_) => Self::new(ErrorCode::Conflict, error.to_string()),
        }
    }
}

impl From<ExploreError> for ApiError {
    fn from(error: ExploreError) -> Self {
        match error {
            ExploreError::Download(error) => error.into(),
            ExploreError::Port(error) => error.into(),
            ExploreError::NoRecord { .. } => Self::new(ErrorCode::NotFound, error.to_string()),
            ExploreError::NoIndex(_)
            | ExploreError::ComparisonTooLong
            | ExploreError::Explorer(gas_explorer::Error::Incomparable { .. }) => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            ExploreError::Explorer(gas_explorer::Error::ReadLimit { .. }) => {
                let text = format!("{error}. Download the results instead");
                Self::new(ErrorCode::Conflict, text)
            }
            ExploreError::Explorer(
                gas_explorer::Error::UnknownSample { .. }
                | gas_explorer::Error::UnknownColumn { .. }
                | gas_explorer::Error::Filter(_)
                | gas_explorer::Error::TooManyRows { .. },
            ) => Self::new(ErrorCode::Invalid, error.to_string()),
            ExploreError::Explorer(_) => internal(&error),
            ExploreError::Pool(error) => {
                if matches!(error, PoolError::TooSlow) {
                    // The cause may also be a slow store.
                    tracing::warn!("a query of the explorer took too long");
                }
                let code = match error {
                    PoolError::Busy => ErrorCode::Unavailable,
                    // One user must not raise the alarm about failures of servers.
                    PoolError::BusyUser | PoolError::TooSlow => ErrorCode::TooMany,
                };
                retry_later(code, error.to_string(), BUSY_RETRY_SECS)
            }
        }
    }
}

impl From<SavedError> for ApiError {
    fn from(error: SavedError) -> Self {
        let code = match error {
            SavedError::Port(error) => return error.into(),
            SavedError::NotFound { .. } => ErrorCode::NotFound,
            SavedError::TooManyFilters | SavedError::TooManyPanels | SavedError::Taken { .. } => {
                ErrorCode::Conflict
            }
            SavedError::Name
            | SavedError::Filter(_)
            | SavedError::LongFilter { .. }
            | SavedError::LongColumns { .. }
            | SavedError::Columns
            | SavedError::NoGenes
            | SavedError::TooManyGenes { .. }
            | SavedError::Gene(_) => ErrorCode::Invalid,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ShareLinkError> for ApiError {
    fn from(error: ShareLinkError) -> Self {
        let code = match error {
            ShareLinkError::Find(error) => return error.into(),
            ShareLinkError::Download(error) => return error.into(),
            ShareLinkError::Limit(error) => return error.into(),
            ShareLinkError::Port(error) => return error.into(),
            ShareLinkError::TooMany => ErrorCode::Conflict,
            ShareLinkError::NotFound(_) => ErrorCode::NotFound,
        };
        Self::new(code, error.to_string())
    }
}

impl From<BillingError> for ApiError {
    fn from(error: BillingError) -> Self {
        let code = match error {
            BillingError::AlreadySubscribed
            | BillingError::PaymentDue
            | BillingError::NoSubscription => ErrorCode::Conflict,
            BillingError::NotSold | BillingError::NoCheckout => ErrorCode::NotFound,
            BillingError::Contended(_) => return contended(&error),
            BillingError::Payments(_) => {
                tracing::error!(error = %chain(&error), "Stripe failed");
                let text = "the payment provider does not respond. Nothing was charged; try again";
                return Self::new(ErrorCode::Unavailable, text);
            }
            BillingError::NoUser(_) | BillingError::Change(_) => return internal(&error),
            BillingError::Limit(error) => return error.into(),
            BillingError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        let code = match error {
            // Whoever is no operator does not learn what there is.
            OperationError::NotOperator | OperationError::NoUser(_) => ErrorCode::NotFound,
            OperationError::Banner => ErrorCode::Invalid,
            OperationError::Yourself | OperationError::NotSold => ErrorCode::Conflict,
            OperationError::Plan(error) => return error.into(),
            OperationError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Name
            | TokenError::NoScope
            | TokenError::NotOperator
            | TokenError::Days(_) => ErrorCode::Invalid,
            TokenError::TooMany => ErrorCode::Conflict,
            TokenError::NotFound(_) => ErrorCode::NotFound,
            TokenError::Limit(error) => return error.into(),
            TokenError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        let code = match error {
            WebhookError::Url(_) | WebhookError::NoEvent => ErrorCode::Invalid,
            WebhookError::TooMany | WebhookError::Disabled => ErrorCode::Conflict,
            WebhookError::NotFound(_) => ErrorCode::NotFound,
            WebhookError::Limit(error) => return error.into(),
            WebhookError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<DeleteAccountError> for ApiError {
    fn from(error: DeleteAccountError) -> Self {
        match error {
            DeleteAccountError::NotConfirmed => Self::new(ErrorCode::Invalid, error.to_string()),
            DeleteAccountError::Port(error) => error.into(),
        }
    }
}

impl From<TimeZoneError> for ApiError {
    fn from(error: TimeZoneError) -> Self {
        match error {
            TimeZoneError::Unknown => Self::new(ErrorCode::Invalid, error.to_string()),
            TimeZoneError::Port(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dioxus::fullstack::AsStatusCode;
    use gas_shared::{JobId, UserId};

    #[test]
    fn what_one_user_causes_is_no_failure_of_a_server() {
        let (job, user) = (JobId::new(Uuid::nil()), UserId::new(Uuid::nil()));
        for error in [
            ApiError::from(ChangeError::Contended(job)),
            BillingError::Contended(user).into(),
            ExploreError::Pool(PoolError::BusyUser).into(),
            ExploreError::Pool(PoolError::TooSlow).into(),
            LimitError::Draining.into(),
        ] {
            assert_eq!(error.as_status_code(), 429, "{error}");
            assert!(retry_after(&error).is_some(), "{error}");
        }
        let busy = ApiError::from(ExploreError::Pool(PoolError::Busy));
        assert_eq!(busy.as_status_code(), 503);
    }

    #[test]
    fn only_failures_that_end_by_themselves_are_to_be_tried_again() {
        let cause = "connection refused to db.internal";
        let outage = ApiError::from(PortError::new("read the session", cause));
        let permanent = ApiError::from(PortError::permanent("read the session", cause));
        assert_eq!((outage.code, permanent.code), (ErrorCode::Unavailable, ErrorCode::Internal));
        assert!(retry_after(&outage).is_some() && retry_after(&permanent).is_none());
        let of = |kind| ApiError::from(PortError::of_kind(kind, "store a filter", cause));
        let (contention, value) = (of(PortFailure::Contention), of(PortFailure::Value));
        assert_eq!((contention.code, value.code), (ErrorCode::TooMany, ErrorCode::Invalid));
        assert!(retry_after(&contention).is_some() && retry_after(&value).is_none());
        for error in [outage, permanent, contention, value] {
            assert!(error.message.contains("reference "), "{error}");
            assert!(!error.message.contains("db.internal"), "{error}");
        }
    }
}
