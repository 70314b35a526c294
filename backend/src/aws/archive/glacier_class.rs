//! The port [`Archive`] on the S3 storage class GLACIER (Flexible Retrieval).

use super::object_stream::{body_chunks, read_parts, size_of, write_stream};
use crate::aws::SnsTopic;
use crate::aws::s3::{action_on, erase};
use crate::ports::{
    Archive, CopiedObject, PortError, PortResult, RetrievalStarted, Topic, UploadOutcome,
};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{self, GlacierJobParameters, RestoreRequest, StorageClass};
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};
use serde_json::json;
use uuid::Uuid;

/// How many days S3 keeps the restored copy; it is read within minutes.
const COPY_DAYS: i32 = 1;

/// S3 has no ID for a restore request: an object has at most one.
const RETRIEVAL_ID: &str = "restore-object";

/// Archived results as objects of a dedicated bucket.
#[derive(Clone, Debug)]
pub struct GlacierClassArchive {
    pub(in crate::aws) client: Client,
    pub(in crate::aws) bucket: String,
    /// The topic to which S3 publishes completed restores.
    pub(in crate::aws) completions: SnsTopic,
}

impl GlacierClassArchive {
    fn object(&self, key: &str) -> ObjectLocation {
        ObjectLocation { bucket: self.bucket.clone(), key: key.to_owned() }
    }

    /// Whether a restored copy exists already. S3 publishes no event if it is requested again.
    async fn is_ready(&self, object: &ObjectLocation) -> PortResult<bool> {
        let head = self.client.head_object().bucket(&object.bucket).key(&object.key).send().await;
        let head =
            head.map_err(|error| PortError::new(action_on("read the metadata of", object), error))?;
        Ok(head.restore().is_some_and(|restore| restore.contains("ongoing-request=\"false\"")))
    }

    /// Publishes the event that S3 sends when a restore completes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
    async fn announce(&self, object: &ObjectLocation) -> PortResult<()> {
        let event = json!({ "Records": [{
            "eventSource": "aws:s3",
            "eventName": "ObjectRestore:Completed",
            "s3": { "bucket": { "name": object.bucket }, "object": { "key": object.key } },
        }] });
        self.completions.publish(&event.to_string()).await
    }
}

#[async_trait]
impl Archive for GlacierClassArchive {
    /// The deployment creates the bucket.
    async fn prepare(&self) -> PortResult<()> {
        Ok(())
    }

    /// The ticket is the key of the archived object, unique to this upload.
    async fn begin_upload(&self, _job: JobId, file: &ObjectLocation) -> PortResult<String> {
        Ok(format!("{}.{}", file.key, Uuid::new_v4()))
    }

    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome> {
        let size = size_of(&self.client, file).await?;
        let parts = read_parts(&self.client, file, size);
        let copy = self.object(ticket);
        let copy = write_stream(&self.client, &copy, StorageClass::Glacier, size, parts).await?;
        Ok(UploadOutcome::Stored { archive_id: ticket.to_owned(), copy })
    }

    async fn abort_upload(&self, ticket: &str) -> PortResult<bool> {
        self.delete(ticket).await?;
        Ok(true)
    }

    async fn start_retrieval(
        &self,
        _job: JobId,
        archive_id: &str,
        tier: Tier,
    ) -> PortResult<RetrievalStarted> {
        let object = self.object(archive_id);
        let started = RetrievalStarted::Started { retrieval_id: RETRIEVAL_ID.to_owned() };
        if self.is_ready(&object).await? {
            self.announce(&object).await?;
            return Ok(started);
        }
        let tier = match tier {
            Tier::Expedited => types::Tier::Expedited,
            Tier::Standard => types::Tier::Standard,
        };
        let parameters = GlacierJobParameters::builder().tier(tier).build();
        let parameters = parameters
            .map_err(|error| PortError::new(action_on("start the restore of", &object), error))?;
        let request =
            RestoreRequest::builder().days(COPY_DAYS).glacier_job_parameters(parameters).build();
        let call = self.client.restore_object().bucket(&object.bucket).key(&object.key);
        match call.restore_request(request).send().await {
            Ok(_) => Ok(started),
            Err(error) => match error.code() {
                Some("RestoreAlreadyInProgress") => Ok(started),
                Some("GlacierExpeditedRetrievalNotAvailable") => {
                    Ok(RetrievalStarted::TierUnavailable)
                }
                _ => Err(PortError::new(action_on("start the restore of", &object), error)),
            },
        }
    }

    async fn restore(
        &self,
        archive_id: &str,
        _retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject> {
        let object = self.object(archive_id);
        let call = self.client.get_object().bucket(&object.bucket).key(&object.key);
        let copy = call.send().await;
        let copy = copy.map_err(|error| PortError::new(action_on("read", &object), error))?;
        let size = copy.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0);
        let bytes = body_chunks(copy.body, || action_on("read", &object));
        write_stream(&self.client, to, StorageClass::Standard, size, bytes).await
    }

    /// Deletes all versions: a copy is deleted when its file is in S3 again, or when its job was
    /// deleted.
    async fn delete(&self, archive_id: &str) -> PortResult<()> {
        erase(&self.client, &self.bucket, archive_id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::Router;
    use axum::http::{Method, StatusCode};

    /// The emulator of the stack always has capacity.
    #[tokio::test]
    async fn a_tier_without_capacity_is_unavailable() {
        let code = "GlacierExpeditedRetrievalNotAvailable";
        let answer = async move |method: Method| match method {
            Method::HEAD => (StatusCode::OK, String::new()),
            _ => {
                let error = format!("<Error><Code>{code}</Code></Error>");
                (StatusCode::SERVICE_UNAVAILABLE, error)
            }
        };
        let config = serve(Router::new().fallback(answer)).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let archive = GlacierClassArchive {
            client: Client::from_conf(s3),
            bucket: "archive".to_owned(),
            completions: SnsTopic::new(aws_sdk_sns::Client::new(&config), "arn:topic"),
        };
        let started = archive.start_retrieval(JobId::new(Uuid::nil()), "key", Tier::Expedited);
        assert_eq!(started.await.unwrap(), RetrievalStarted::TierUnavailable);
    }
}
