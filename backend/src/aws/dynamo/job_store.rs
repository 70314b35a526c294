//! The port [`JobStore`] on a DynamoDB table.

use super::Item;
use super::active_key::ActiveKey;
use super::cursor::Cursor;
use super::deletion_row::{DELETION_MARK, DeletionRow};
use super::job_row::{DUE_SHARDS, JobRow};
use super::list_entry_row::{ListEntryRow, PROJECTION};
use crate::ports::{JobPage, JobStore, PortError, PortResult, WriteOutcome};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure::AllOld,
};
use futures::future::try_join_all;
use gas_shared::job::{Deletion, JobListEntry};
use gas_shared::{Job, JobId, JobStatus, UserId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The key of the table.
const KEY: &str = "job_id";

/// The index of a user's jobs by submission time: hash `user_id`, range `submit_time`.
const BY_OWNER: &str = "user_id-submit_time";

/// The same, with the attributes of list entries only: reading all of a user's jobs costs a fifth.
const ENTRIES_BY_OWNER: &str = "user_id-submit_time-list";

/// The sparse index of jobs whose result is archived: hash `archived_user_id`, range `job_id`.
const ARCHIVED: &str = "archived_user_id";

/// The sparse index of rows with a deadline: hash `due_shard`, range `due_time`.
const DUE: &str = "due_shard-due_time";

/// The sparse index of pending and running jobs: hash `active_status` ([`ActiveKey`]), range `active_time`.
const ACTIVE: &str = "active_status-active_time";

/// The number of overdue rows in a page of each of the sixteen shards, and the number of pages that one
/// call reads. The next call continues there, so that rows that cannot be repaired, which stay the
/// oldest ones of their shard, do not block it.
const OVERDUE_PER_PAGE: i32 = 100;
const OVERDUE_PAGES: u32 = 10;

/// How many unreadable rows a process remembers, in order to log each once.
const MAX_UNREADABLE: usize = 10_000;

/// The queue is read up to this length; jobs further back have no known position.
const MAX_QUEUE: i32 = 1000;

/// The most keys that DynamoDB accepts in one `BatchGetItem`.
const BATCH_KEYS: usize = 100;

/// How often a batch is requested again for its unprocessed keys, and the pause before each.
const BATCH_ATTEMPTS: u32 = 5;
const BATCH_PAUSE: Duration = Duration::from_millis(50);

type BoxError = Box<dyn Error + Send + Sync>;

/// Jobs as rows of a DynamoDB table.
#[derive(Clone, Debug)]
pub struct DynamoJobStore {
    pub(super) client: Client,
    pub(super) table: String,
    /// Whether rows are written with a shard of the queue's index.
    shards_queue_index: bool,
    overdue_per_page: i32,
    /// Where the next list of overdue jobs continues, in the shards that had more.
    places: Arc<Mutex<HashMap<char, Item>>>,
    /// The keys of the unreadable rows that were logged.
    unreadable: Arc<Mutex<HashSet<String>>>,
}

impl DynamoJobStore {
    pub(in crate::aws) fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
            shards_queue_index: false,
            overdue_per_page: OVERDUE_PER_PAGE,
            places: Arc::default(),
            unreadable: Arc::default(),
        }
    }

    /// Writes rows with a shard of the queue's index, or without, as versions expect that do not know shards. Both are
    /// read.
    #[must_use]
    pub fn with_sharded_queue_index(self, shards_queue_index: bool) -> Self {
        Self { shards_queue_index, ..self }
    }

    /// The row of a job.
    pub(super) fn row(&self, job: &Job) -> PortResult<JobRow> {
        let row = JobRow::try_from(job);
        let row =
            row.map_err(|error| PortError::permanent(format!("write job {}", job.id), error))?;
        Ok(if self.shards_queue_index { row.with_active_shard() } else { row })
    }

    /// Reads overdue jobs in pages of another size, for tests.
    #[must_use]
    pub fn with_overdue_pages_of(self, rows: i32) -> Self {
        Self { overdue_per_page: rows, ..self }
    }

    /// A query of one partition of an index.
    fn query(&self, index: &str, hash: &str, value: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression(format!("{hash} = :hash"))
            .expression_attribute_values(":hash", AttributeValue::S(value.to_owned()))
    }

    /// Writes an item if a condition holds.
    async fn put(
        &self,
        row: &(impl Serialize + DeserializeOwned + PartialEq),
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
        action: impl Fn() -> String,
    ) -> PortResult<WriteOutcome> {
        let item: Item = to_item(row).map_err(|error| PortError::permanent(action(), error))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = condition(put).return_values_on_condition_check_failure(AllOld);
        let Err(error) = put.send().await else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(rejected)) => {
                Ok(rejected_write(rejected.item(), row))
            }
            _ => Err(PortError::new(action(), error)),
        }
    }

    /// Writes the attributes of a row that this version knows, if the row has the version before. Others stay:
    /// they are from a newer version that runs beside this one, or ran before a roll back.
    async fn update(&self, row: &JobRow, version: u64, action: &str) -> PortResult<WriteOutcome> {
        let mut item: Item = to_item(row).map_err(|error| PortError::permanent(action, error))?;
        let mut update = self.client.update_item().table_name(&self.table);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for (number, name) in JobRow::attributes().iter().enumerate() {
            let value = item.remove(*name);
            if *name == KEY {
                update = update.set_key(value.map(|id| Item::from([(KEY.to_owned(), id)])));
                continue;
            }
            update = update.expression_attribute_names(format!("#n{number}"), *name);
            match value {
                Some(value) => {
                    update = update.expression_attribute_values(format!(":v{number}"), value);
                    set.push(format!("#n{number} = :v{number}"));
                }
                None => remove.push(format!("#n{number}")),
            }
        }
        let updated = update
            .update_expression(format!("set {} remove {}", set.join(", "), remove.join(", ")))
            .condition_expression(IS_PREVIOUS)
            .expression_attribute_values(PREVIOUS, previous(version))
            .return_values_on_condition_check_failure(AllOld)
            .send()
            .await;
        let Err(error) = updated else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(rejected)) => {
                Ok(rejected_write(rejected.item(), row))
            }
            _ => Err(PortError::new(action, error)),
        }
    }

    /// The row of a job or of its tombstone, read consistently.
    async fn item(&self, id: JobId) -> PortResult<Option<Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(KEY, AttributeValue::S(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| PortError::new(format!("read job {id}"), error))?;
        Ok(answer.item)
    }

    /// Sends a query that lacks only its limit.
    async fn read_page(
        &self,
        query: QueryFluentBuilder,
        limit: u16,
        action: impl Fn() -> String,
    ) -> PortResult<JobPage> {
        // One row more than requested shows whether there is a next page.
        let answer = query.limit(i32::from(limit) + 1).send().await;
        let answer = answer.map_err(|error| PortError::new(action(), error))?;
        let truncated = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        Ok(page(items, truncated, usize::from(limit), |item| self.job_or_skip(item)))
    }

    fn job_or_skip(&self, item: Item) -> Option<Job> {
        self.readable(item, parse_job, "a job list")
    }

    /// Skips an unreadable row, because one broken row must not hide the others. A process logs it
    /// once.
    fn readable<T, E: Into<BoxError>>(
        &self,
        item: Item,
        parse: impl FnOnce(Item) -> Result<T, E>,
        list: &str,
    ) -> Option<T> {
        let key = item.get(KEY).and_then(|id| id.as_s().ok()).cloned();
        match parse(item) {
            Ok(row) => Some(row),
            Err(error) => {
                let error: BoxError = error.into();
                let text = key.as_deref().unwrap_or_default();
                if is_first_report(&mut lock(&self.unreadable), text) {
                    tracing::error!(
                        alert = "row",
                        error,
                        job_id = key,
                        list,
                        "unreadable row skipped"
                    );
                }
                None
            }
        }
    }

    async fn read_batch(&self, ids: &[JobId], jobs: &mut Vec<Job>) -> PortResult<()> {
        let failed = |error: BoxError| PortError::new(format!("read {} jobs", ids.len()), error);
        let key = |id: &JobId| Item::from([(KEY.to_owned(), AttributeValue::S(id.to_string()))]);
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(ids.iter().map(key).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| failed(error.into()))?;
        let mut remaining = Some([(self.table.clone(), keys)].into());
        for _ in 0..BATCH_ATTEMPTS {
            let answer = self.client.batch_get_item().set_request_items(remaining).send().await;
            let answer = answer.map_err(|error| failed(error.into()))?;
            let items = answer.responses.unwrap_or_default().into_values().flatten();
            jobs.extend(
                items.filter(|item| !is_tombstone(item)).filter_map(|item| self.job_or_skip(item)),
            );
            remaining = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            if remaining.is_none() {
                return Ok(());
            }
            tokio::time::sleep(BATCH_PAUSE).await;
        }
        Err(failed("DynamoDB left keys unprocessed in every attempt".into()))
    }
}

#[async_trait]
impl JobStore for DynamoJobStore {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        let action = || format!("write job {}", job.id);
        let row = self.row(job)?;
        self.put(&row, |put| put.condition_expression("attribute_not_exists(job_id)"), action).await
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        let action = format!("write job {}", job.id);
        let row = self.row(job)?;
        self.update(&row, job.version, &action).await
    }

    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        let row = DeletionRow::from(deletion);
        let action = || format!("write the tombstone of job {}", deletion.job);
        let over_previous = |put: PutItemFluentBuilder| {
            put.condition_expression(IS_PREVIOUS)
                .expression_attribute_values(PREVIOUS, previous(deletion.version))
        };
        self.put(&row, over_previous, action).await
    }

    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>> {
        let item = self.item(id).await?.filter(is_tombstone);
        let Some(item) = item else { return Ok(None) };
        let action = || format!("read the tombstone of job {id}");
        let row: DeletionRow =
            from_item(item).map_err(|error| PortError::permanent(action(), error))?;
        let deletion: Result<Deletion, jiff::Error> = row.try_into();
        Ok(Some(deletion.map_err(|error| PortError::permanent(action(), error))?))
    }

    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(KEY, AttributeValue::S(deletion.job.to_string()))
            // A retry of the SDK may find the row already deleted, which is success.
            .condition_expression("attribute_not_exists(job_id) or version = :version")
            .expression_attribute_values(
                ":version",
                AttributeValue::N(deletion.version.to_string()),
            )
            .send()
            .await;
        let Err(error) = deleted else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(WriteOutcome::Conflict),
            _ => {
                Err(PortError::new(format!("delete the tombstone of job {}", deletion.job), error))
            }
        }
    }

    async fn job(&self, id: JobId) -> PortResult<Option<Job>> {
        let item = self.item(id).await?.filter(|item| !is_tombstone(item));
        let job = item.map(parse_job).transpose();
        job.map_err(|error| PortError::permanent(format!("read job {id}"), error))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        let cursor = cursor.map(|text| Cursor::require(text, owner)).transpose()?;
        let query = self
            .query(BY_OWNER, "user_id", &owner.to_string())
            .scan_index_forward(false)
            .set_exclusive_start_key(cursor.map(Cursor::into_owner_key));
        self.read_page(query, limit, || format!("list the jobs of {owner}")).await
    }

    fn is_cursor(&self, text: &str, owner: UserId) -> bool {
        Cursor::parse(text, owner).is_some()
    }

    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>> {
        let mut entries = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let query = self.query(ENTRIES_BY_OWNER, "user_id", &owner.to_string());
            let query = query.projection_expression(PROJECTION).scan_index_forward(false);
            let answer = query.set_exclusive_start_key(start).send().await;
            let answer = answer
                .map_err(|error| PortError::new(format!("list the jobs of {owner}"), error))?;
            let items = answer.items.unwrap_or_default().into_iter();
            entries.extend(items.filter_map(|item| self.readable(item, parse_entry, "a job list")));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(entries);
            }
        }
    }

    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        let mut jobs = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH_KEYS) {
            self.read_batch(batch, &mut jobs).await?;
        }
        Ok(jobs)
    }

    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>> {
        #[derive(Deserialize)]
        struct ActiveRow {
            job_id: JobId,
            active_time: i64,
        }
        let shard = |key: ActiveKey| async move {
            let query = self.query(ACTIVE, "active_status", &key.to_string()).limit(MAX_QUEUE);
            let answer = query.send().await;
            answer
                .map_err(|error| PortError::new(format!("list the jobs that are {status}"), error))
        };
        let answers = try_join_all(ActiveKey::all(status).map(shard)).await?;
        let items = answers.into_iter().flat_map(|answer| answer.items.unwrap_or_default());
        let mut rows: Vec<ActiveRow> = items
            .filter_map(|item| self.readable(item, from_item::<_, ActiveRow>, "the queue"))
            .collect();
        rows.sort_by_key(|row| row.active_time);
        rows.truncate(MAX_QUEUE as usize);
        Ok(rows.into_iter().map(|row| row.job_id).collect())
    }

    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        let cursor = cursor.map(|text| Cursor::require(text, owner)).transpose()?;
        let query = self.query(ARCHIVED, "archived_user_id", &owner.to_string());
        let query = query.set_exclusive_start_key(cursor.map(Cursor::into_archived_key));
        self.read_page(query, limit, || format!("list the archived jobs of {owner}")).await
    }

    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>> {
        #[derive(Deserialize)]
        struct DueRow {
            job_id: JobId,
            due_time: i64,
        }
        let mut overdue: Vec<DueRow> = Vec::new();
        for shard in DUE_SHARDS.chars() {
            let mut start = lock(&self.places).remove(&shard);
            for _ in 0..OVERDUE_PAGES {
                let answer = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .index_name(DUE)
                    .key_condition_expression("due_shard = :shard and due_time <= :now")
                    .expression_attribute_values(":shard", AttributeValue::S(shard.to_string()))
                    .expression_attribute_values(
                        ":now",
                        AttributeValue::N(now.as_second().to_string()),
                    )
                    .limit(self.overdue_per_page)
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(|error| PortError::new("list the overdue jobs", error))?;
                let rows = answer.items.unwrap_or_default().into_iter();
                overdue.extend(
                    rows.filter_map(|item| self.readable(item, from_item, "the overdue jobs")),
                );
                start = answer.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
            if let Some(place) = start {
                lock(&self.places).insert(shard, place);
            }
        }
        overdue.sort_by_key(|row| row.due_time);
        Ok(overdue.into_iter().map(|row| row.job_id).collect())
    }
}

/// The condition under which a version may be written: the row has the version before it, [`PREVIOUS`].
const IS_PREVIOUS: &str = "version = :previous";
const PREVIOUS: &str = ":previous";

fn previous(version: u64) -> AttributeValue {
    AttributeValue::N(version.saturating_sub(1).to_string())
}

/// The outcome of a write whose condition does not hold for the stored item. The SDK retries a call whose
/// response was lost, so the stored row may be the written one.
fn rejected_write<R>(stored: Option<&Item>, row: &R) -> WriteOutcome
where
    R: DeserializeOwned + PartialEq,
{
    let stored = stored.map(|item| from_item::<_, R>(item.clone()));
    let is_ours = stored.is_some_and(|stored| stored.is_ok_and(|stored| stored == *row));
    if is_ours { WriteOutcome::Written } else { WriteOutcome::Conflict }
}

fn is_tombstone(item: &Item) -> bool {
    item.contains_key(DELETION_MARK)
}

/// The jobs of a page, as read by `parse`, and the cursor after it.
fn page(
    mut items: Vec<Item>,
    truncated: bool,
    limit: usize,
    parse: impl Fn(Item) -> Option<Job>,
) -> JobPage {
    let more = truncated || items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().and_then(Cursor::after) } else { None };
    let jobs = items.into_iter().filter_map(parse).collect();
    JobPage { jobs, next: next.map(|cursor| cursor.to_text()) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parse_job(item: Item) -> Result<Job, BoxError> {
    let row: JobRow = from_item(item)?;
    Ok(Job::try_from(row)?)
}

fn parse_entry(item: Item) -> Result<JobListEntry, BoxError> {
    let row: ListEntryRow = from_item(item)?;
    Ok(row.try_into()?)
}

/// Whether a row that is unreadable was not logged before; it is now.
fn is_first_report(reported: &mut HashSet<String>, key: &str) -> bool {
    if reported.len() >= MAX_UNREADABLE {
        reported.clear();
    }
    reported.insert(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::ObjectLocation;
    use uuid::Uuid;

    fn owner() -> UserId {
        UserId::new(Uuid::from_u128(1))
    }

    fn item(n: u128) -> Item {
        let file = ObjectLocation { bucket: "in".into(), key: "key".into() };
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let name = FileName::parse("a.vcf").unwrap();
        let job = Job::new(JobId::new(Uuid::from_u128(n)), owner(), name, file, at);
        to_item(JobRow::try_from(&job).unwrap()).unwrap()
    }

    fn parse(item: Item) -> Option<Job> {
        parse_job(item).ok()
    }

    fn ids(page: &JobPage) -> Vec<u128> {
        page.jobs.iter().map(|job| job.id.as_uuid().as_u128()).collect()
    }

    #[test]
    fn a_full_page_with_more_behind_it_ends_in_a_cursor_of_its_last_job() {
        let page = page(vec![item(3), item(2), item(1)], true, 2, parse);
        assert_eq!(ids(&page), [3, 2]);
        let cursor = Cursor::parse(&page.next.unwrap(), owner()).unwrap();
        assert_eq!(Some(&cursor), Cursor::after(&item(2)).as_ref());
        let key = cursor.into_owner_key();
        assert_eq!(key["submit_time"].as_n().unwrap(), "1790000000");
        assert_eq!(key["job_id"], item(2)["job_id"]);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(page(vec![item(2), item(1)], false, 2, parse).next, None);
        assert_eq!(page(vec![], false, 2, parse), JobPage::default());
    }

    #[test]
    fn a_row_that_cannot_be_read_does_not_hide_the_others() {
        let mut broken = item(2);
        broken.remove("input_file_name");
        assert_eq!(ids(&page(vec![item(3), broken, item(1)], false, 9, parse)), [3, 1]);
    }

    #[test]
    fn an_unreadable_row_is_reported_once_and_the_memory_of_it_is_bounded() {
        let mut reported = HashSet::new();
        assert!(is_first_report(&mut reported, "a"));
        assert!(!is_first_report(&mut reported, "a"));
        for number in 0..2 * MAX_UNREADABLE {
            is_first_report(&mut reported, &number.to_string());
        }
        assert!(reported.len() <= MAX_UNREADABLE);
    }
}
