//! The table of jobs in DynamoDB.

use super::row::{DUE_SHARDS, Row};
use super::row_deletion::{DeletionRow, MARK};
use crate::ports::{JobPage, JobStore, PortError, PortResult, WriteOutcome};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure::AllOld};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gas_shared::job::{Deletion, JobListEntry};
use gas_shared::{Job, JobId, JobStatus, UserId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use std::collections::HashMap;

/// The index that a user's list is read from: hash `user_id`, range `submit_time`.
pub(super) const BY_OWNER: &str = "user_id-submit_time";

/// The sparse index of archived rows: hash `archived_user_id`, range `job_id`.
const ARCHIVED: &str = "archived_user_id";

/// The sparse index of rows that somebody should look at some time: hash `due_shard`, range
/// `due_time`.
const DUE: &str = "due_shard-due_time";

/// How many overdue jobs are taken from each of the sixteen partitions at a time.
const OVERDUE_PER_SHARD: i32 = 25;

pub(super) type Item = HashMap<String, AttributeValue>;

/// Jobs as rows of a DynamoDB table.
#[derive(Clone, Debug)]
pub struct DynamoJobStore {
    client: Client,
    table: String,
}

/// Where a page ended, as the opaque cursor holds it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    user_id: UserId,
    submit_time: i64,
    job_id: JobId,
}

impl DynamoJobStore {
    pub(super) fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// A query of one partition of an index.
    pub(super) fn index(&self, name: &str, hash: &str, value: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(name)
            .key_condition_expression(format!("{hash} = :hash"))
            .expression_attribute_values(":hash", AttributeValue::S(value.to_owned()))
    }

    /// Writes an item where a condition holds.
    async fn put(
        &self,
        row: &(impl Serialize + DeserializeOwned + PartialEq),
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
        action: impl Fn() -> String,
    ) -> PortResult<WriteOutcome> {
        let item: Item = to_item(row).map_err(|error| PortError::new(action(), error))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = condition(put).return_values_on_condition_check_failure(AllOld);
        let Err(error) = put.send().await else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                // The SDK repeats a call whose answer got lost; the row may be our own.
                let ours = refused.item().is_some_and(|item| is_row(item, row));
                Ok(if ours { WriteOutcome::Written } else { WriteOutcome::Conflict })
            }
            _ => Err(PortError::new(action(), error)),
        }
    }

    async fn put_job(
        &self,
        job: &Job,
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> PortResult<WriteOutcome> {
        let action = || format!("write job {}", job.id);
        let row = Row::try_from(job).map_err(|error| PortError::new(action(), error))?;
        self.put(&row, condition, action).await
    }

    /// The row of a job, or of its deletion, read consistently.
    async fn item(&self, id: JobId) -> PortResult<Option<Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("job_id", AttributeValue::S(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| PortError::new(format!("read job {id}"), error))?;
        Ok(answer.item)
    }
}

/// Lets a version be written over the one before it only.
fn over_previous(put: PutItemFluentBuilder, version: u64) -> PutItemFluentBuilder {
    let previous = version.saturating_sub(1).to_string();
    put.condition_expression("version = :previous")
        .expression_attribute_values(":previous", AttributeValue::N(previous))
}

fn is_row<R: DeserializeOwned + PartialEq>(item: &Item, row: &R) -> bool {
    from_item::<_, R>(item.clone()).is_ok_and(|stored| stored == *row)
}

#[async_trait]
impl JobStore for DynamoJobStore {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.put_job(job, |put| put.condition_expression("attribute_not_exists(job_id)")).await
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.put_job(job, |put| over_previous(put, job.version)).await
    }

    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        let row = DeletionRow::from(deletion);
        let action = || format!("write the deletion of job {}", deletion.job);
        self.put(&row, |put| over_previous(put, deletion.version), action).await
    }

    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>> {
        let item = self.item(id).await?.filter(|item| item.contains_key(MARK));
        let Some(item) = item else { return Ok(None) };
        let action = || format!("read the deletion of job {id}");
        let row: DeletionRow = from_item(item).map_err(|error| PortError::new(action(), error))?;
        Ok(Some(row.try_into().map_err(|error: jiff::Error| PortError::new(action(), error))?))
    }

    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("job_id", AttributeValue::S(deletion.job.to_string()))
            // A call that the SDK repeats finds nothing, which is what was asked for.
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
            _ => Err(PortError::new(format!("delete the row of job {}", deletion.job), error)),
        }
    }

    async fn job(&self, id: JobId) -> PortResult<Option<Job>> {
        let item = self.item(id).await?.filter(|item| !item.contains_key(MARK));
        let job = item.map(job_of).transpose();
        job.map_err(|error| PortError::new(format!("read job {id}"), error))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        let start = cursor.map(|text| Cursor::of(text, owner)).transpose()?;
        let query = self.index(BY_OWNER, "user_id", &owner.to_string());
        let query = query
            .scan_index_forward(false)
            .set_exclusive_start_key(start.map(|cursor| cursor.into_key(BY_OWNER)));
        read_page(query, limit, || format!("list the jobs of {owner}")).await
    }

    fn is_cursor(&self, text: &str, owner: UserId) -> bool {
        Cursor::parse(text, owner).is_some()
    }

    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>> {
        self.read_list_entries(owner).await
    }

    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        if ids.is_empty() { Ok(Vec::new()) } else { self.read_jobs(ids).await }
    }

    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>> {
        self.read_queue(status).await
    }

    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        let start = cursor.map(|text| Cursor::of(text, owner)).transpose()?;
        let query = self.index(ARCHIVED, "archived_user_id", &owner.to_string());
        let query = query.set_exclusive_start_key(start.map(|cursor| cursor.into_key(ARCHIVED)));
        read_page(query, limit, || format!("list the archived jobs of {owner}")).await
    }

    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>> {
        let mut overdue = Vec::new();
        for shard in DUE_SHARDS.chars() {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(DUE)
                .key_condition_expression("due_shard = :shard and due_time <= :now")
                .expression_attribute_values(":shard", AttributeValue::S(shard.to_string()))
                .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
                .limit(OVERDUE_PER_SHARD)
                .send()
                .await
                .map_err(|error| PortError::new("list the overdue jobs", error))?;
            overdue.extend(answer.items.unwrap_or_default().into_iter().filter_map(due_of));
        }
        overdue.sort_by_key(|due| due.due_time);
        Ok(overdue.into_iter().map(|due| due.job_id).collect())
    }
}

/// What the reconciler reads of an index row.
#[derive(Deserialize)]
struct Due {
    job_id: JobId,
    due_time: i64,
}

fn due_of(item: Item) -> Option<Due> {
    from_item(item).inspect_err(|error| tracing::error!(%error, "a due row is left out")).ok()
}

/// Sends a query that is complete but for its limit.
async fn read_page(
    query: QueryFluentBuilder,
    limit: u16,
    action: impl Fn() -> String,
) -> PortResult<JobPage> {
    // One more than asked for shows whether there is a next page.
    let answer = query.limit(i32::from(limit) + 1).send().await;
    let answer = answer.map_err(|error| PortError::new(action(), error))?;
    let cut_short = answer.last_evaluated_key.is_some();
    Ok(page(answer.items.unwrap_or_default(), cut_short, usize::from(limit)))
}

pub(super) fn job_of(item: Item) -> Result<Job, Box<dyn std::error::Error + Send + Sync>> {
    let row: Row = from_item(item)?;
    Ok(Job::try_from(row)?)
}

/// The page of what a query found. A row that cannot be read is left out and logged: it must not
/// hide the user's other jobs.
fn page(mut items: Vec<Item>, cut_short: bool, limit: usize) -> JobPage {
    let more = cut_short || items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().and_then(Cursor::after) } else { None };
    let mut jobs = Vec::with_capacity(items.len());
    for item in items {
        match job_of(item) {
            Ok(job) => jobs.push(job),
            Err(error) => tracing::error!(error, "a row of the job table is left out of a list"),
        }
    }
    JobPage { jobs, next: next.map(|cursor| cursor.to_text()) }
}

impl Cursor {
    fn after(item: &Item) -> Option<Self> {
        from_item(item.clone()).ok()
    }

    fn to_text(&self) -> String {
        // Numbers and UUIDs always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The cursor in a text, if it is one of this owner's.
    fn parse(text: &str, owner: UserId) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let cursor: Self = serde_json::from_slice(&json).ok()?;
        (cursor.user_id == owner).then_some(cursor)
    }

    /// The cursor in a text, or an error: a reader that began anew would never end.
    fn of(text: &str, owner: UserId) -> PortResult<Self> {
        let action = || format!("go on in the list of {owner}");
        Self::parse(text, owner).ok_or_else(|| PortError::new(action(), "the cursor is none of it"))
    }

    /// The start key of the next page of an index: its own keys and the table's.
    fn into_key(self, index: &str) -> Item {
        let user = AttributeValue::S(self.user_id.to_string());
        let mut key =
            HashMap::from([("job_id".to_owned(), AttributeValue::S(self.job_id.to_string()))]);
        if index == ARCHIVED {
            key.insert("archived_user_id".to_owned(), user);
        } else {
            let time = AttributeValue::N(self.submit_time.to_string());
            key.insert("user_id".to_owned(), user);
            key.insert("submit_time".to_owned(), time);
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::ObjectLocation;
    use uuid::Uuid;

    fn owner(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn item(n: u128) -> Item {
        let file = ObjectLocation { bucket: "in".into(), key: "key".into() };
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let name = FileName::parse("a.vcf").unwrap();
        let job = Job::new(JobId::new(Uuid::from_u128(n)), owner(1), name, file, at);
        to_item(Row::try_from(&job).unwrap()).unwrap()
    }

    fn ids(page: &JobPage) -> Vec<u128> {
        page.jobs.iter().map(|job| job.id.as_uuid().as_u128()).collect()
    }

    #[test]
    fn a_full_page_with_more_behind_it_ends_in_a_cursor_of_its_last_job() {
        let page = page(vec![item(3), item(2), item(1)], true, 2);
        assert_eq!(ids(&page), [3, 2]);
        let cursor = Cursor::parse(&page.next.unwrap(), owner(1)).unwrap();
        assert_eq!(cursor.job_id.as_uuid().as_u128(), 2);
        assert_eq!(cursor.submit_time, 1_790_000_000);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(page(vec![item(2), item(1)], false, 2).next, None);
        assert_eq!(page(vec![], false, 2), JobPage::default());
    }

    #[test]
    fn a_row_that_cannot_be_read_does_not_hide_the_others() {
        let mut broken = item(2);
        broken.remove("input_file_name");
        assert_eq!(ids(&page(vec![item(3), broken, item(1)], false, 9)), [3, 1]);
    }

    #[test]
    fn a_cursor_works_for_its_owner_only() {
        let cursor = Cursor::after(&item(1)).unwrap();
        let text = cursor.to_text();
        assert_eq!(Cursor::parse(&text, owner(1)), Some(cursor));
        assert_eq!(Cursor::parse(&text, owner(2)), None);
    }

    #[test]
    fn a_broken_cursor_is_an_error() {
        for text in ["", "%%%", "AAAA", "eyJ9"] {
            assert!(Cursor::of(text, owner(1)).is_err(), "{text:?}");
        }
    }
}
