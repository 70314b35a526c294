//! The use-cases of GAS and their adapters, shared by all server-side processes.
//!
//! [`ports`] are traits for everything outside the process. [`usecases`] are written against the
//! ports, one file each. [`aws`], [`postgres`] and [`stripe`] implement the ports; only they use an
//! SDK. A process builds a [`Gas`] at start, and a [`Billing`] if it handles payments, and passes
//! it to the use-cases.

pub mod admission;
mod attachment;
pub mod audit;
pub mod aws;
mod billing;
pub mod catalog;
pub mod chain;
pub mod clock;
pub mod deployment;
mod gas;
pub mod imports;
mod job_queues;
mod job_repository;
mod job_span;
pub mod mail;
pub mod messages;
mod notifier;
mod object_keys;
mod offer;
mod plain_text;
pub mod ports;
pub mod postgres;
pub mod public_address;
pub mod public_url;
pub mod query_pool;
pub mod references;
pub mod retention;
mod secrets;
pub mod sources;
pub mod stripe;
#[cfg(feature = "testkit")]
pub mod testkit;
mod time_zone;
pub mod usecases;
pub mod webhooks;

pub use attachment::attachment;
pub use billing::{Billing, BillingModel, Sales};
pub use chain::chain;
pub use deployment::{Database, DatabaseOwner, Deployment};
pub use gas::{AnnotateGas, Gas};
pub use job_queues::{FREE_TURN, JobRequestTopics, queue_order};
pub use job_repository::JobRepository;
pub use job_span::record_job;
pub use notifier::Notifier;
pub use object_keys::{ObjectKeys, RegionIndex};
pub use offer::Offer;
pub use plain_text::plain_text;
pub use public_url::PublicUrl;
pub use retention::RetentionPolicy;
pub use secrets::{Secret, SessionSecret, ShareSecret};
