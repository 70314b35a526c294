//! What every server-side GAS process shares.
//!
//! [`ports`] name what GAS needs from the outside world. [`usecases`] are what GAS does, one file
//! each, written against the ports. [`aws`], [`postgres`] and [`stripe`] stand behind the ports;
//! they are the only places that know an SDK. Processes build a [`Gas`] at start, and a [`Billing`]
//! where they deal with payments, and call use-cases with it.

mod attachment;
pub mod aws;
mod billing;
pub mod chain;
pub mod clock;
pub mod deployment;
mod gas;
mod job_repository;
pub mod mail;
pub mod messages;
mod notifier;
mod object_keys;
pub mod ports;
pub mod postgres;
pub mod public_url;
pub mod retention;
mod secret;
pub mod stripe;
#[cfg(feature = "testkit")]
pub mod testkit;
mod time_zone;
mod token_secret;
pub mod usecases;

pub use attachment::attachment;
pub use billing::{Billing, Offer};
pub use chain::chain;
pub use deployment::Deployment;
pub use gas::Gas;
pub use job_repository::JobRepository;
pub use notifier::Notifier;
pub use object_keys::ObjectKeys;
pub use public_url::PublicUrl;
pub use retention::RetentionPolicy;
pub use secret::Secret;
