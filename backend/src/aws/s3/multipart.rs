//! A multipart upload: its parts, sent sequentially or concurrently, become one object or nothing.

use super::action::action_on;
use crate::chain;
use crate::ports::{PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, ServerSideEncryption, StorageClass,
};
use gas_shared::job::ObjectLocation;

/// An upload in progress. Its parts are stored, and billed, until it is completed or aborted.
pub(in crate::aws) struct Multipart<'a> {
    client: &'a Client,
    file: &'a ObjectLocation,
    /// S3's upload ID.
    pub(super) id: String,
}

impl<'a> Multipart<'a> {
    /// Begins an upload; `class` is `None` for the default storage class.
    pub(in crate::aws) async fn begin(
        client: &'a Client,
        file: &'a ObjectLocation,
        content_type: &str,
        class: Option<StorageClass>,
    ) -> PortResult<Self> {
        let action = || action_on("begin a multipart upload of", file);
        let begun = client
            .create_multipart_upload()
            .bucket(&file.bucket)
            .key(&file.key)
            .content_type(content_type)
            .set_storage_class(class)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .send()
            .await
            .map_err(|error| PortError::new(action(), error))?;
        let id = begun.upload_id;
        let id = id.ok_or_else(|| PortError::new(action(), "S3 returned no upload ID"))?;
        Ok(Self { client, file, id })
    }

    /// Sends a part; part numbers start at 1.
    pub(in crate::aws) async fn send(
        &self,
        number: i32,
        body: ByteStream,
    ) -> PortResult<CompletedPart> {
        let sent = self
            .client
            .upload_part()
            .bucket(&self.file.bucket)
            .key(&self.file.key)
            .upload_id(&self.id)
            .part_number(number)
            .body(body)
            .send()
            .await
            .map_err(|error| PortError::new(action_on("send a part of", self.file), error))?;
        // S3 verifies the object against the checksums that the SDK sent with the parts.
        let done = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_crc64_nvme(sent.checksum_crc64_nvme);
        Ok(done.build())
    }

    /// Assembles the object from these parts, in this order.
    pub(in crate::aws) async fn complete(&self, parts: Vec<CompletedPart>) -> PortResult<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        self.client
            .complete_multipart_upload()
            .bucket(&self.file.bucket)
            .key(&self.file.key)
            .upload_id(&self.id)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(|error| {
                PortError::new(action_on("complete the upload of", self.file), error)
            })?;
        Ok(())
    }

    /// Passes on the outcome of a step and aborts the upload if the step failed. If aborting fails
    /// too, the bucket's lifecycle rule deletes the parts.
    pub(in crate::aws) async fn or_abort<T>(&self, outcome: PortResult<T>) -> PortResult<T> {
        if outcome.is_err() {
            let call = self.client.abort_multipart_upload().bucket(&self.file.bucket);
            if let Err(error) = call.key(&self.file.key).upload_id(&self.id).send().await {
                let (key, error) = (&self.file.key, chain(&error));
                tracing::warn!(key, %error, "aborting an upload failed; the bucket's lifecycle rule will delete its parts");
            }
        }
        outcome
    }
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
