//! The projection of a row that job lists are filtered and sorted by.

use gas_shared::job::{JobListEntry, Labels, ProjectName, ResultLocation, Title};
use gas_shared::{JobId, JobStatus};
use jiff::Timestamp;
use serde::Deserialize;

/// The projection expression.
pub(super) const PROJECTION: &str = "job_id, version, input_file_name, submit_time, job_status, \
     input_size, input_delete_time, start_time, complete_time, result_size, results_file_archive_id, thaw_id, \
     job_title, job_labels, job_project";

/// The attributes of [`PROJECTION`]. Times are seconds of the Unix epoch.
#[derive(Debug, Deserialize)]
pub(super) struct ListEntryRow {
    job_id: JobId,
    version: u64,
    input_file_name: String,
    submit_time: i64,
    job_status: JobStatus,
    input_size: Option<u64>,
    input_delete_time: Option<i64>,
    start_time: Option<i64>,
    complete_time: Option<i64>,
    result_size: Option<u64>,
    results_file_archive_id: Option<String>,
    thaw_id: Option<String>,
    job_title: Option<Title>,
    job_labels: Option<Labels>,
    job_project: Option<ProjectName>,
}

impl TryFrom<ListEntryRow> for JobListEntry {
    type Error = jiff::Error;

    fn try_from(row: ListEntryRow) -> Result<Self, jiff::Error> {
        let location = match (&row.results_file_archive_id, &row.thaw_id) {
            _ if row.job_status != JobStatus::Completed => None,
            (None, _) => Some(ResultLocation::Stored),
            (Some(_), None) => Some(ResultLocation::Archived),
            (Some(_), Some(_)) => Some(ResultLocation::Restoring),
        };
        let seconds = row.complete_time.zip(row.start_time);
        Ok(Self {
            id: row.job_id,
            version: row.version,
            name: row.input_file_name.to_lowercase().into(),
            title: row.job_title.map(|title| title.as_str().to_lowercase().into()),
            labels: row.job_labels.unwrap_or_default(),
            project: row.job_project,
            submitted_at: Timestamp::from_second(row.submit_time)?,
            status: row.job_status,
            size: row.input_size,
            is_input_deleted: row.input_size.and(row.input_delete_time).is_some(),
            seconds: seconds.map(|(end, start)| end.saturating_sub(start).try_into().unwrap_or(0)),
            completed_at: row.complete_time.map(Timestamp::from_second).transpose()?,
            location,
            result_size: row.result_size.unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::job_row::JobRow;
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{archive_result, cancel_job, claim_job, organize_job, thaw_results};
    use aws_sdk_dynamodb::types::AttributeValue;
    use gas_shared::job::OrganizationRequest;
    use gas_shared::{Job, JobView, Plan};
    use jiff::SignedDuration;
    use serde_dynamo::{from_item, to_item};
    use std::collections::HashMap;

    /// The entry that a query with the projection returns.
    fn projected(job: &Job) -> JobListEntry {
        let mut item: HashMap<String, AttributeValue> =
            to_item(JobRow::try_from(job).unwrap()).unwrap();
        item.retain(|name, _| PROJECTION.split(", ").any(|wanted| wanted.trim() == name));
        from_item::<_, ListEntryRow>(item).unwrap().try_into().unwrap()
    }

    #[tokio::test]
    async fn rows_and_live_events_give_equal_list_entries_in_every_state() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let check = |id| {
            let job = test.job(id);
            assert_eq!(
                projected(&job),
                JobListEntry::from(&JobView::from(&job)),
                "{:?}",
                job.state
            );
        };
        check(test.ticket(&ada).await.job_id);
        let job = test.pending_job(&ada).await;
        check(job.id);
        claim_job(&test.gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
        check(job.id);
        cancel_job(&test.gas, ada.id, job.id).await.unwrap();
        check(job.id);
        let done = test.completed_job(&ada).await;
        check(done.id);
        let request = OrganizationRequest {
            title: Some("Patient 7".to_owned()),
            labels: Some(vec!["exome".to_owned(), "urgent".to_owned()]),
            project: Some("Hearts".to_owned()),
            note: Some("Not in lists.".to_owned()),
        };
        organize_job(&test.gas, ada.id, done.id, &request).await.unwrap();
        check(done.id);
        test.clock.advance_secs(180);
        archive_result(&test.gas, done.id).await.unwrap();
        check(done.id);
        test.set_plan(&ada, Plan::Premium);
        thaw_results(&test.gas, ada.id).await.unwrap();
        check(done.id);
    }
}
