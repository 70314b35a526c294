//! What lists are made of: the facts of all of a user's jobs, some rows by their ids, the queue.

use super::dynamo::{BY_OWNER, DynamoJobStore, Item, job_of};
use super::row_list_entry::{ListEntryRow, PROJECTION};
use crate::ports::{PortError, PortResult};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use gas_shared::job::JobListEntry;
use gas_shared::{Job, JobId, JobStatus, UserId};
use serde::Deserialize;
use serde_dynamo::from_item;
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

/// The sparse index of rows that wait for a worker or have one: hash `active_status`, range
/// `active_time`.
const ACTIVE: &str = "active_status-active_time";

/// DynamoDB takes no more keys in a batch.
const BATCH: usize = 100;

/// How often a batch is asked again for what was left out of the answer, and how long after.
const ASKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Of a longer queue only so much is read: whoever is behind that has no place yet.
const MAX_QUEUE: i32 = 1000;

#[derive(Deserialize)]
struct Active {
    job_id: JobId,
}

impl DynamoJobStore {
    /// All pages of the user's index, newest first. A row that cannot be read is left out and
    /// logged.
    pub(super) async fn read_list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>> {
        let mut entries = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let query = self.index(BY_OWNER, "user_id", &owner.to_string());
            let query = query.projection_expression(PROJECTION).scan_index_forward(false);
            let answer = query.set_exclusive_start_key(start).send().await;
            let answer = answer
                .map_err(|error| PortError::new(format!("list the jobs of {owner}"), error))?;
            entries
                .extend(answer.items.unwrap_or_default().into_iter().filter_map(parse_list_entry));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(entries);
            }
        }
    }

    /// The rows of these ids, read consistently, in any order.
    pub(super) async fn read_jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        let mut jobs = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            self.read_batch(batch, &mut jobs).await?;
        }
        Ok(jobs)
    }

    async fn read_batch(&self, ids: &[JobId], jobs: &mut Vec<Job>) -> PortResult<()> {
        let failed = |error: Box<dyn Error + Send + Sync>| {
            PortError::new(format!("read {} jobs", ids.len()), error)
        };
        let key =
            |id: &JobId| HashMap::from([("job_id".to_owned(), AttributeValue::S(id.to_string()))]);
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(ids.iter().map(key).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| failed(error.into()))?;
        let mut wanted = Some(HashMap::from([(self.table().to_owned(), wanted)]));
        for _ in 0..ASKS {
            let answer = self.client().batch_get_item().set_request_items(wanted).send().await;
            let answer = answer.map_err(|error| failed(error.into()))?;
            let items = answer.responses.unwrap_or_default().into_values().flatten();
            jobs.extend(items.filter_map(live_job));
            wanted = answer.unprocessed_keys.filter(|left| !left.is_empty());
            if wanted.is_none() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(failed("some were left out again and again".into()))
    }

    /// The ids of jobs that are waiting or running, the longest first.
    pub(super) async fn read_queue(&self, status: JobStatus) -> PortResult<Vec<JobId>> {
        let query = self.index(ACTIVE, "active_status", status.as_str()).limit(MAX_QUEUE);
        let answer = query.send().await;
        let answer = answer
            .map_err(|error| PortError::new(format!("list the jobs that are {status}"), error))?;
        // One that cannot be read must not hide the others.
        let id = |item: Item| {
            let active = from_item::<_, Active>(item);
            let active = active
                .inspect_err(|error| tracing::error!(%error, "a job is left out of the queue"));
            active.ok().map(|active| active.job_id)
        };
        Ok(answer.items.unwrap_or_default().into_iter().filter_map(id).collect())
    }
}

fn parse_list_entry(item: Item) -> Option<JobListEntry> {
    let row = from_item::<_, ListEntryRow>(item);
    let row =
        row.inspect_err(|error| tracing::error!(%error, "a job is left out of a list")).ok()?;
    let entry = JobListEntry::try_from(row);
    entry.inspect_err(|error| tracing::error!(%error, "a job is left out of a list")).ok()
}

/// A job that was deleted is none; one that cannot be read must not hide the others.
fn live_job(item: Item) -> Option<Job> {
    if item.contains_key(super::row_deletion::MARK) {
        return None;
    }
    job_of(item).inspect_err(|error| tracing::error!(error, "a job is left out of a list")).ok()
}
