//! From the errors of use-cases to what a user may read.
//!
//! Errors that a user can act on keep their text. The rest is logged with all its causes, and the
//! user reads that GAS failed.

use crate::error::{ApiError, ErrorCode};
use gas_backend::chain;
use gas_backend::ports::PortError;
use gas_backend::usecases::{
    BillingError, ChangeError, ConfirmError, DownloadError, ExploreError, FindError,
    RequestUploadError,
};
use std::error::Error;

/// A failure that is ours: logged in full, hidden from the user.
pub fn internal(error: &(dyn Error + 'static)) -> ApiError {
    tracing::error!(error = %chain(error), "request failed");
    ApiError::new(ErrorCode::Internal, "GAS failed to answer; nothing was lost, please try again")
}

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        internal(&error)
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
            // As for reading: whether it exists is its owner's business.
            ChangeError::NotFound(id) => FindError::NotFound(id).into(),
            ChangeError::Refused { refused, .. } => {
                Self::new(ErrorCode::Conflict, refused.to_string())
            }
            ChangeError::Contended(_) => Self::new(ErrorCode::Unavailable, error.to_string()),
            ChangeError::Port(error) => error.into(),
        }
    }
}

impl From<RequestUploadError> for ApiError {
    fn from(error: RequestUploadError) -> Self {
        let code = match error {
            RequestUploadError::Name(_) | RequestUploadError::Empty => ErrorCode::Invalid,
            RequestUploadError::OverLimit { .. } => ErrorCode::OverLimit,
            RequestUploadError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<ConfirmError> for ApiError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Find(error) => error.into(),
            ConfirmError::Change(error) => error.into(),
            ConfirmError::Port(error) => error.into(),
            ConfirmError::NotUploaded(_) | ConfirmError::Over { .. } => {
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
            DownloadError::NotCompleted { .. } | DownloadError::Restoring(_) => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            DownloadError::Missing(_) => internal(&error),
        }
    }
}

impl From<ExploreError> for ApiError {
    fn from(error: ExploreError) -> Self {
        match error {
            ExploreError::Download(error) => error.into(),
            ExploreError::Port(error) => error.into(),
            ExploreError::NoRecord { .. } => Self::new(ErrorCode::NotFound, error.to_string()),
            ExploreError::NoIndex(_) => Self::new(ErrorCode::Conflict, error.to_string()),
            ExploreError::Explorer(_) => internal(&error),
        }
    }
}

impl From<BillingError> for ApiError {
    fn from(error: BillingError) -> Self {
        let code = match error {
            BillingError::AlreadySubscribed
            | BillingError::PaymentDue
            | BillingError::NoSubscription => ErrorCode::Conflict,
            BillingError::NoCheckout => ErrorCode::NotFound,
            BillingError::Contended(_) => ErrorCode::Unavailable,
            BillingError::Payments(_) => {
                tracing::error!(error = %chain(&error), "Stripe failed");
                let text = "the payment provider does not answer; nothing was charged, try again";
                return Self::new(ErrorCode::Unavailable, text);
            }
            BillingError::NoUser(_) | BillingError::Change(_) => return internal(&error),
            BillingError::Port(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<tower_sessions::session::Error> for ApiError {
    fn from(error: tower_sessions::session::Error) -> Self {
        internal(&error)
    }
}
