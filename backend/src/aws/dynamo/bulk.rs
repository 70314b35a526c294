//! Writes very many jobs, for measurements.

use super::job_store::DynamoJobStore;
use super::{Item, job_row::JobRow};
use crate::ports::{PortError, PortResult};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_shared::Job;
use serde_dynamo::to_item;
use std::time::Duration;

/// The most rows that DynamoDB accepts in one `BatchWriteItem`.
const BATCH_ROWS: usize = 25;

/// Batches that are sent at the same time.
const PARALLEL: usize = 16;

/// The pause before rows are sent again that DynamoDB had no capacity for.
const PAUSE: Duration = Duration::from_millis(50);

impl DynamoJobStore {
    /// Writes new jobs in batches, without the condition that their ids are free.
    ///
    /// # Errors
    /// If the table cannot be written; some of the jobs may be.
    pub async fn insert_all(&self, jobs: &[Job]) -> PortResult<()> {
        stream::iter(jobs.chunks(BATCH_ROWS))
            .map(|batch| self.insert_batch(batch))
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }

    async fn insert_batch(&self, jobs: &[Job]) -> PortResult<()> {
        let failed = |error| PortError::permanent(format!("write {} jobs", jobs.len()), error);
        let mut requests = Vec::with_capacity(jobs.len());
        for job in jobs {
            let row: JobRow = self.row(job)?;
            let item: Item = to_item(row)
                .map_err(|error| PortError::permanent(format!("write job {}", job.id), error))?;
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(failed)?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        let mut left = Some([(self.table.clone(), requests)].into());
        while let Some(items) = left {
            let sent = self.client.batch_write_item().set_request_items(Some(items)).send().await;
            let sent =
                sent.map_err(|error| PortError::new(format!("write {} jobs", jobs.len()), error))?;
            left = sent.unprocessed_items.filter(|items| !items.is_empty());
            if left.is_some() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}
