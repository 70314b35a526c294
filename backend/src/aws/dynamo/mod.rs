//! The job table in DynamoDB.
//!
//! [`job_row`] and [`deletion_row`] map jobs and tombstones to items, [`list_entry_row`] reads the
//! projection that lists are made of, and [`job_store`] sends the calls.

mod cursor;
mod deletion_row;
mod job_row;
mod job_store;
mod list_entry_row;

pub use job_store::DynamoJobStore;

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// A row as the SDK sends and receives it.
type Item = HashMap<String, AttributeValue>;
