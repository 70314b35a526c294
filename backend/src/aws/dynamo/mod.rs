//! The tables of jobs and of private references in DynamoDB.
//!
//! [`job_row`] and [`deletion_row`] map jobs and tombstones to items, [`list_entry_row`] reads the
//! projection that lists are made of, and [`job_store`] sends the calls. [`private_references`] is a table of its
//! own.

mod active_key;
#[cfg(feature = "testkit")]
mod bulk;
mod cursor;
mod deletion_row;
mod job_row;
mod job_store;
mod list_entry_row;
mod private_references;

pub use job_store::DynamoJobStore;
pub use private_references::DynamoPrivateReferences;

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// A row as the SDK sends and receives it.
type Item = HashMap<String, AttributeValue>;
