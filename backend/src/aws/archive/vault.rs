//! The port [`Archive`] on a vault of Amazon Glacier.

use super::object_stream::{body_chunks, part_bytes, read_part, size_of, write_stream};
use super::tree_hash::TreeHasher;
use crate::ports::{Archive, CopiedObject, PortError, PortResult, RetrievalStarted, UploadOutcome};
use async_trait::async_trait;
use aws_sdk_glacier::Client;
use aws_sdk_glacier::error::ProvideErrorMetadata;
use aws_sdk_glacier::types::JobParameters;
use aws_sdk_s3::types::StorageClass;
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};

/// Glacier's notation for the account that the credentials belong to.
const OWN_ACCOUNT: &str = "-";

/// Archived results in a vault.
#[derive(Clone, Debug)]
pub struct VaultArchive {
    pub(in crate::aws) client: Client,
    pub(in crate::aws) s3: aws_sdk_s3::Client,
    pub(in crate::aws) vault: String,
    /// The topic to which Glacier publishes completed retrievals.
    pub(in crate::aws) topic_arn: String,
}

impl VaultArchive {
    fn action(&self, verb: &str) -> String {
        format!("{verb} vault {}", self.vault)
    }

    /// Sends the parts and hashes the file. If the upload has ended, it only hashes.
    async fn send_parts(&self, ticket: &str, file: &ObjectLocation) -> PortResult<CopiedObject> {
        let size = size_of(&self.s3, file).await?;
        let part_bytes = part_bytes(size);
        let mut hasher = TreeHasher::default();
        let mut open = true;
        let mut offset = 0;
        while offset < size {
            let length = part_bytes.min(size - offset);
            let part = read_part(&self.s3, file, offset, length).await?;
            hasher.update(&part);
            open = open && self.send_part(ticket, offset, part).await?;
            offset += length;
        }
        Ok(CopiedObject { size, tree_hash: hasher.finish() })
    }

    /// Returns `false` if the upload does not exist (any longer).
    async fn send_part(&self, ticket: &str, offset: u64, part: Vec<u8>) -> PortResult<bool> {
        let mut hasher = TreeHasher::default();
        hasher.update(&part);
        let last = offset + hasher.size() - 1;
        let sent = self
            .client
            .upload_multipart_part()
            .account_id(OWN_ACCOUNT)
            .vault_name(&self.vault)
            .upload_id(ticket)
            .range(format!("bytes {offset}-{last}/*"))
            .checksum(hasher.finish())
            .body(part.into())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(PortError::new(self.action("send a part to"), error)),
        }
    }
}

/// Whether the resource that the call named does not exist (any longer).
fn is_gone<E: ProvideErrorMetadata>(error: &E) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

#[async_trait]
impl Archive for VaultArchive {
    /// CloudFormation does not support vaults, so the vault is created here.
    async fn prepare(&self) -> PortResult<()> {
        let call = self.client.create_vault().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        call.send().await.map_err(|error| PortError::new(self.action("create"), error))?;
        Ok(())
    }

    async fn begin_upload(&self, job: JobId, file: &ObjectLocation) -> PortResult<String> {
        let part = part_bytes(size_of(&self.s3, file).await?);
        let begun = self
            .client
            .initiate_multipart_upload()
            .account_id(OWN_ACCOUNT)
            .vault_name(&self.vault)
            .archive_description(job.to_string())
            .part_size(part.to_string())
            .send()
            .await
            .map_err(|error| PortError::new(self.action("begin an upload to"), error))?;
        begun.upload_id.ok_or_else(|| {
            PortError::new(self.action("begin an upload to"), "the response has no upload ID")
        })
    }

    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome> {
        let copy = self.send_parts(ticket, file).await?;
        // Glacier returns the same archive ID if the completion is repeated soon after, so an
        // upload whose completion was not recorded is not lost.
        let completed = self
            .client
            .complete_multipart_upload()
            .account_id(OWN_ACCOUNT)
            .vault_name(&self.vault)
            .upload_id(ticket)
            .archive_size(copy.size.to_string())
            .checksum(&copy.tree_hash)
            .send()
            .await;
        match completed {
            Ok(answer) => {
                let archive_id = answer.archive_id.ok_or_else(|| {
                    PortError::new(
                        self.action("complete an upload to"),
                        "the response has no archive ID",
                    )
                })?;
                Ok(UploadOutcome::Stored { archive_id, copy })
            }
            Err(error) if is_gone(&error) => Ok(UploadOutcome::TicketGone),
            Err(error) => Err(PortError::new(self.action("complete an upload to"), error)),
        }
    }

    async fn abort_upload(&self, ticket: &str) -> PortResult<bool> {
        let call = self.client.abort_multipart_upload().account_id(OWN_ACCOUNT);
        match call.vault_name(&self.vault).upload_id(ticket).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(PortError::new(self.action("abort an upload to"), error)),
        }
    }

    async fn start_retrieval(
        &self,
        job: JobId,
        archive_id: &str,
        tier: Tier,
    ) -> PortResult<RetrievalStarted> {
        let parameters = JobParameters::builder()
            .r#type("archive-retrieval")
            .archive_id(archive_id)
            .tier(tier.as_str())
            .sns_topic(&self.topic_arn)
            .description(job.to_string())
            .build();
        let call = self.client.initiate_job().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        match call.job_parameters(parameters).send().await {
            Ok(answer) => {
                Ok(RetrievalStarted::Started { retrieval_id: answer.job_id.unwrap_or_default() })
            }
            Err(error)
                if error.as_service_error().is_some_and(|e| {
                    e.is_insufficient_capacity_exception() || e.is_policy_enforced_exception()
                }) =>
            {
                Ok(RetrievalStarted::TierUnavailable)
            }
            Err(error) => Err(PortError::new(self.action("start a retrieval from"), error)),
        }
    }

    async fn restore(
        &self,
        archive_id: &str,
        retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject> {
        let action = || format!("restore archive {archive_id} of vault {}", self.vault);
        let call = self.client.get_job_output().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        let output = call.job_id(retrieval_id).send().await;
        let output = output.map_err(|error| PortError::new(action(), error))?;
        let size = self.output_size(retrieval_id).await?;
        let bytes = body_chunks(output.body, action);
        write_stream(&self.s3, to, StorageClass::Standard, size, bytes).await
    }

    async fn delete(&self, archive_id: &str) -> PortResult<()> {
        let call = self.client.delete_archive().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        match call.archive_id(archive_id).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(PortError::new(self.action("delete an archive of"), error)),
        }
    }
}

impl VaultArchive {
    async fn output_size(&self, retrieval_id: &str) -> PortResult<u64> {
        let call = self.client.describe_job().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        let job = call.job_id(retrieval_id).send().await;
        let job =
            job.map_err(|error| PortError::new(self.action("describe a retrieval of"), error))?;
        Ok(job.archive_size_in_bytes.and_then(|size| size.try_into().ok()).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::Router;
    use axum::http::StatusCode;
    use uuid::Uuid;

    /// The result of an expedited retrieval to which Glacier answers with an error.
    async fn after(code: &str) -> PortResult<RetrievalStarted> {
        let error = format!(r#"{{"code":"{code}","type":"Client","message":"no"}}"#);
        let answer = async move || (StatusCode::BAD_REQUEST, error);
        let config = serve(Router::new().fallback(answer)).await;
        let archive = VaultArchive {
            client: Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            vault: "vault".to_owned(),
            topic_arn: "arn:topic".to_owned(),
        };
        archive.start_retrieval(JobId::new(Uuid::nil()), "id", Tier::Expedited).await
    }

    /// The emulator of the stack has no limit of retrievals.
    #[tokio::test]
    async fn a_tier_is_unavailable_only_without_capacity_or_by_the_retrieval_policy() {
        for code in ["InsufficientCapacityException", "PolicyEnforcedException"] {
            assert_eq!(after(code).await.unwrap(), RetrievalStarted::TierUnavailable, "{code}");
        }
        for code in ["ThrottlingException", "ResourceNotFoundException", "LimitExceededException"] {
            assert!(after(code).await.is_err(), "{code}");
        }
    }
}
