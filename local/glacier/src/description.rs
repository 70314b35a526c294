//! The description of a job in the API and in SNS messages.

use crate::records::{End, Job, Outcome};
use crate::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Formats a time as the API does: `2012-05-15T17:21:39.339Z`.
pub fn iso8601(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The status code of a job.
pub fn status_code(job: &Job) -> &'static str {
    match job.end.as_ref().map(|end| &end.outcome) {
        None => "InProgress",
        Some(Outcome::Succeeded { .. }) => "Succeeded",
        Some(Outcome::Failed { .. }) => "Failed",
    }
}

/// The response of `DescribeJob`, which is also the message to the job's topic ("Describe Job" and
/// "Configuring Vault Notifications", Amazon Glacier Developer Guide).
pub fn describe(store: &Store, job: &Job) -> Value {
    let (message, tree_hash) = match job.end.as_ref().map(|end| &end.outcome) {
        None => (None, None),
        Some(Outcome::Succeeded { tree_hash, .. }) => (Some("Succeeded"), *tree_hash),
        Some(Outcome::Failed { message }) => (Some(message.as_str()), None),
    };
    json!({
        "Action": "ArchiveRetrieval",
        "ArchiveId": job.archive_id,
        "ArchiveSHA256TreeHash": job.archive_tree_hash,
        "ArchiveSizeInBytes": job.archive_size,
        "Completed": job.end.is_some(),
        "CompletionDate": job.end.as_ref().map(|End { at, .. }| iso8601(*at)),
        "CreationDate": iso8601(job.created),
        "InventoryRetrievalParameters": null,
        "InventorySizeInBytes": null,
        "JobDescription": job.description,
        "JobId": job.id,
        "RetrievalByteRange": format!("{}-{}", job.range.start, job.range.end),
        "SHA256TreeHash": tree_hash,
        "SNSTopic": job.sns_topic,
        "StatusCode": status_code(job),
        "StatusMessage": message,
        "Tier": job.tier,
        "VaultARN": store.vault_arn(&job.vault),
    })
}
