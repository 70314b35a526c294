//! S3's multipart uploads, as our processes make them: one after the other or side by side, parts
//! become one object, or none.

use super::s3::about;
use crate::chain;
use crate::ports::{PortError, PortResult};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, ServerSideEncryption, StorageClass,
};
use gas_shared::job::ObjectLocation;

/// An upload under way. Its parts stay, and cost, until it is completed or aborted.
pub(super) struct Multipart<'a> {
    client: &'a Client,
    file: &'a ObjectLocation,
    /// S3's name for it.
    pub(super) id: String,
}

impl<'a> Multipart<'a> {
    /// Begins an upload. `class` is `None` for the usual storage class.
    pub(super) async fn begin(
        client: &'a Client,
        file: &'a ObjectLocation,
        content_type: &str,
        class: Option<StorageClass>,
    ) -> PortResult<Self> {
        let action = || about("begin an upload in parts of", file);
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
        let id = id.ok_or_else(|| PortError::new(action(), "S3 gave no upload id"))?;
        Ok(Self { client, file, id })
    }

    /// Sends a part; numbers are from 1.
    pub(super) async fn send(&self, number: i32, body: ByteStream) -> PortResult<CompletedPart> {
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
            .map_err(|error| PortError::new(about("send a part of", self.file), error))?;
        // The SDK sends a checksum with each part, and S3 compares the object's with theirs.
        let done = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_crc64_nvme(sent.checksum_crc64_nvme);
        Ok(done.build())
    }

    /// Makes the object of these parts, in their order.
    pub(super) async fn complete(&self, parts: Vec<CompletedPart>) -> PortResult<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        self.client
            .complete_multipart_upload()
            .bucket(&self.file.bucket)
            .key(&self.file.key)
            .upload_id(&self.id)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(|error| PortError::new(about("complete", self.file), error))?;
        Ok(())
    }

    /// The outcome of a step; where that failed, the parts are dropped. The bucket's lifecycle rule does it
    /// where this fails as well.
    pub(super) async fn or_abort<T>(&self, outcome: PortResult<T>) -> PortResult<T> {
        if outcome.is_err() {
            let call = self.client.abort_multipart_upload().bucket(&self.file.bucket);
            if let Err(error) = call.key(&self.file.key).upload_id(&self.id).send().await {
                let (key, error) = (&self.file.key, chain(&error));
                tracing::warn!(key, %error, "parts are left to the bucket's rule");
            }
        }
        outcome
    }
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
