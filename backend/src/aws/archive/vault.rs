//! The archive as a vault of Amazon Glacier.

use super::objects::{part_bytes, read_part, received, size_of, write};
use super::tree_hash::TreeHasher;
use crate::ports::{Archive, CopiedObject, PortError, PortResult, RetrievalStarted, UploadOutcome};
use async_trait::async_trait;
use aws_sdk_glacier::Client;
use aws_sdk_glacier::error::ProvideErrorMetadata;
use aws_sdk_glacier::types::JobParameters;
use aws_sdk_s3::types::StorageClass;
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};

/// Glacier's spelling of "the account of these credentials".
const OWN_ACCOUNT: &str = "-";

/// Annotated files in a vault.
#[derive(Clone, Debug)]
pub struct VaultArchive {
    pub(super) client: Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) vault: String,
    /// Where Glacier publishes that a retrieval is complete.
    pub(super) topic_arn: String,
}

impl VaultArchive {
    fn about(&self, action: &str) -> String {
        format!("{action} vault {}", self.vault)
    }

    /// Sends all parts, or none where the upload is over, and hashes the file either way.
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

    /// `false` where there is no such upload (any more).
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
            Err(error) => Err(PortError::new(self.about("send a part to"), error)),
        }
    }
}

/// Whether Glacier does not know (any more) what the call named.
fn is_gone<E: ProvideErrorMetadata>(error: &E) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

#[async_trait]
impl Archive for VaultArchive {
    /// CloudFormation knows no vaults, so the vault is made here.
    async fn prepare(&self) -> PortResult<()> {
        let call = self.client.create_vault().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        call.send().await.map_err(|error| PortError::new(self.about("make"), error))?;
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
            .map_err(|error| PortError::new(self.about("begin an upload to"), error))?;
        begun.upload_id.ok_or_else(|| {
            PortError::new(self.about("begin an upload to"), "the answer names no upload")
        })
    }

    async fn upload(&self, ticket: &str, file: &ObjectLocation) -> PortResult<UploadOutcome> {
        let copy = self.send_parts(ticket, file).await?;
        // Glacier answers the same archive id to a completion that is repeated soon, so an
        // upload whose completion was not noted is found again here.
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
                        self.about("complete an upload to"),
                        "the answer names no archive",
                    )
                })?;
                Ok(UploadOutcome::Stored { archive_id, copy })
            }
            Err(error) if is_gone(&error) => Ok(UploadOutcome::TicketGone),
            Err(error) => Err(PortError::new(self.about("complete an upload to"), error)),
        }
    }

    async fn abort_upload(&self, ticket: &str) -> PortResult<bool> {
        let call = self.client.abort_multipart_upload().account_id(OWN_ACCOUNT);
        match call.vault_name(&self.vault).upload_id(ticket).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(PortError::new(self.about("abort an upload to"), error)),
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
            Err(error) => Err(PortError::new(self.about("ask for an archive of"), error)),
        }
    }

    async fn restore(
        &self,
        archive_id: &str,
        retrieval_id: &str,
        to: &ObjectLocation,
    ) -> PortResult<CopiedObject> {
        let action = || format!("fetch archive {archive_id} of vault {}", self.vault);
        let call = self.client.get_job_output().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        let output = call.job_id(retrieval_id).send().await;
        let output = output.map_err(|error| PortError::new(action(), error))?;
        let size = self.output_size(retrieval_id).await?;
        let bytes = received(output.body, action);
        write(&self.s3, to, StorageClass::Standard, size, bytes).await
    }

    async fn delete(&self, archive_id: &str) -> PortResult<()> {
        let call = self.client.delete_archive().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        match call.archive_id(archive_id).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(PortError::new(self.about("delete an archive of"), error)),
        }
    }
}

impl VaultArchive {
    async fn output_size(&self, retrieval_id: &str) -> PortResult<u64> {
        let call = self.client.describe_job().account_id(OWN_ACCOUNT).vault_name(&self.vault);
        let job = call.job_id(retrieval_id).send().await;
        let job = job.map_err(|error| PortError::new(self.about("look at a job of"), error))?;
        Ok(job.archive_size_in_bytes.and_then(|size| size.try_into().ok()).unwrap_or(0))
    }
}
