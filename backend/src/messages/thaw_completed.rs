//! The messages on topic `complete_thaw`: a retrieval from the archive has completed. Each archive
//! back end has its own format.

use gas_shared::JobId;
use serde::{Deserialize, Serialize};

/// A retrieval that has completed or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThawCompleted {
    /// The job that the result belongs to.
    pub job_id: JobId,
    /// The archive's ID of the copy.
    pub archive_id: String,
    /// The archive's ID of the retrieval.
    pub retrieval_id: String,
    /// Whether the copy is readable now.
    pub succeeded: bool,
}

/// The meaning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThawMessage {
    /// Retrievals have completed or failed.
    Completed(Vec<ThawCompleted>),
    /// The test event that S3 sends when notifications are configured.
    TestEvent,
}

/// The message is not from an archive.
#[derive(Debug, thiserror::Error)]
pub enum ThawMessageError {
    /// The message has neither format.
    #[error("the message is neither from Glacier nor from S3: {0}")]
    Shape(#[from] serde_json::Error),
    /// The message does not name a job.
    #[error("{from} does not contain a job ID: {text:?}")]
    NoJob {
        /// The place of the job ID.
        from: &'static str,
        /// The text at that place.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawMessage {
    Glacier(GlacierJob),
    S3(S3Event),
    Test(S3Test),
}

/// <https://docs.aws.amazon.com/amazonglacier/latest/dev/api-initiate-job-post.html>: the job's
/// description, as `DescribeJob` gives it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GlacierJob {
    archive_id: String,
    job_id: String,
    /// The description given by GAS: its own job ID.
    job_description: Option<String>,
    status_code: String,
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Deserialize)]
struct S3Event {
    #[serde(rename = "Records")]
    records: Vec<S3Record>,
}

#[derive(Deserialize)]
struct S3Record {
    #[serde(rename = "eventName")]
    event_name: String,
    s3: S3Entity,
}

#[derive(Deserialize)]
struct S3Entity {
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Object {
    /// Encoded as in `application/x-www-form-urlencoded`.
    key: String,
}

#[derive(Deserialize)]
struct S3Test {
    #[serde(rename = "Event")]
    event: TestEvent,
}

#[derive(Deserialize)]
enum TestEvent {
    #[serde(rename = "s3:TestEvent")]
    Test,
}

impl ThawMessage {
    /// Parses a message.
    ///
    /// # Errors
    /// [`ThawMessageError`] if no archive sends such a message.
    pub fn parse(body: &str) -> Result<Self, ThawMessageError> {
        Ok(match serde_json::from_str(body)? {
            RawMessage::Glacier(job) => Self::Completed(vec![job.thaw_completed()?]),
            RawMessage::S3(event) => Self::Completed(event.completions()?),
            RawMessage::Test(S3Test { event: TestEvent::Test }) => Self::TestEvent,
        })
    }
}

impl GlacierJob {
    fn thaw_completed(self) -> Result<ThawCompleted, ThawMessageError> {
        let text = self.job_description.unwrap_or_default();
        let job_id = text.parse();
        let job_id =
            job_id.map_err(|_| ThawMessageError::NoJob { from: "JobDescription", text })?;
        Ok(ThawCompleted {
            job_id,
            archive_id: self.archive_id,
            retrieval_id: self.job_id,
            succeeded: self.status_code == "Succeeded",
        })
    }
}

impl S3Event {
    fn completions(self) -> Result<Vec<ThawCompleted>, ThawMessageError> {
        let completed = self.records.into_iter();
        let completed =
            completed.filter(|record| record.event_name.contains("ObjectRestore:Completed"));
        completed.map(|record| record.s3.object.thaw_completed()).collect()
    }
}

impl S3Object {
    /// Keys are `<prefix>/<user>/<job>~<file>`.
    fn thaw_completed(self) -> Result<ThawCompleted, ThawMessageError> {
        let key = percent_encoding::percent_decode_str(&self.key.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned();
        let name = key.rsplit('/').next().and_then(|name| name.split_once('~'));
        let job_id = name.and_then(|(job, _)| job.parse().ok());
        let Some(job_id) = job_id else {
            return Err(ThawMessageError::NoJob { from: "the object key", text: key });
        };
        let retrieval_id = String::new();
        Ok(ThawCompleted { job_id, archive_id: key, retrieval_id, succeeded: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f2c1d1e-0b1c-4e8f-9b6e-3f1f6f3b2a10";

    fn only(body: &str) -> ThawCompleted {
        match ThawMessage::parse(body).unwrap() {
            ThawMessage::Completed(mut all) if all.len() == 1 => all.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_glacier_message_names_the_job_in_its_description() {
        let body = format!(
            r#"{{"Action":"ArchiveRetrieval","ArchiveId":"A1","ArchiveSizeInBytes":12,
                "Completed":true,"JobDescription":"{ID}","JobId":"R1","StatusCode":"Succeeded",
                "SHA256TreeHash":"00","Tier":"Expedited","VaultARN":"arn:vault"}}"#
        );
        let completion = only(&body);
        assert_eq!(completion.job_id.to_string(), ID);
        assert_eq!(
            (completion.archive_id.as_str(), completion.retrieval_id.as_str()),
            ("A1", "R1")
        );
        assert!(completion.succeeded);
        assert!(!only(&body.replace("Succeeded", "Failed")).succeeded);
    }

    #[test]
    fn an_s3_event_names_the_job_in_the_object_key() {
        let body = format!(
            r#"{{"Records":[{{"eventSource":"aws:s3","eventName":"ObjectRestore:Completed",
                "s3":{{"bucket":{{"name":"b"}},"object":{{"key":"gas/u/{ID}%7Ea+b.annot.vcf.t"}}}}}}]}}"#
        );
        let completion = only(&body);
        assert_eq!(completion.job_id.to_string(), ID);
        assert_eq!(completion.archive_id, format!("gas/u/{ID}~a b.annot.vcf.t"));
    }

    #[test]
    fn the_test_event_of_s3_is_recognized() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(ThawMessage::parse(body).unwrap(), ThawMessage::TestEvent);
    }

    #[test]
    fn messages_of_unknown_formats_are_rejected() {
        for body in ["", "{}", "[]", r#"{"ArchiveId":"A","JobId":"R","StatusCode":"Succeeded"}"#] {
            assert!(ThawMessage::parse(body).is_err(), "{body}");
        }
    }
}
