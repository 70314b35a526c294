//! The port [`PartUploads`] on S3: multipart uploads whose parts browsers or workers send.
//!
//! By default the SDK requires a checksum for every part, which browsers cannot compute while they
//! send. Without one, S3 computes a CRC-64/NVME checksum of the object
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).

use super::action::action_on;
use super::multipart::Multipart;
use crate::ports::{ArrivedPart, PartRule, PartUploads, PortError, PortResult};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use std::ops::Range;
use std::time::Duration;

/// The error code for an upload that was completed or aborted, or never existed. The SDK has a
/// variant for it on one of the three calls only.
const NO_SUCH_UPLOAD: Option<&str> = Some("NoSuchUpload");

/// Multipart uploads to S3 whose parts have no checksum.
#[derive(Clone, Debug)]
pub struct S3PartUploads {
    client: Client,
}

impl S3PartUploads {
    pub(in crate::aws) fn new(s3: &Client) -> Self {
        let config = s3.config().to_builder().request_checksum_calculation(WhenRequired);
        Self { client: Client::from_conf(config.build()) }
    }
}

#[async_trait]
impl PartUploads for S3PartUploads {
    async fn begin(&self, file: &ObjectLocation, content_type: &str) -> PortResult<String> {
        Ok(Multipart::begin(&self.client, file, content_type, None).await?.id)
    }

    async fn sign_part(&self, rule: &PartRule<'_>) -> PortResult<String> {
        let action = || action_on("sign a part of", rule.file);
        let (number, length) = (i32::try_from(rule.part.number), i64::try_from(rule.part.length));
        let number = number.map_err(|error| PortError::new(action(), error))?;
        let length = length.map_err(|error| PortError::new(action(), error))?;
        let valid_for =
            Duration::try_from(rule.valid_for).map_err(|error| PortError::new(action(), error))?;
        let config = PresigningConfig::expires_in(valid_for)
            .map_err(|error| PortError::new(action(), error))?;
        let request = self
            .client
            .upload_part()
            .bucket(&rule.file.bucket)
            .key(&rule.file.key)
            .upload_id(rule.upload_id)
            .part_number(number)
            .content_length(length)
            .presigned(config)
            .await
            .map_err(|error| PortError::new(action(), error))?;
        Ok(request.uri().to_owned())
    }

    async fn send(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        number: u32,
        bytes: Bytes,
    ) -> PortResult<ArrivedPart> {
        let action = || action_on("send a part of", file);
        let size = bytes.len() as u64;
        let call = self.client.upload_part().bucket(&file.bucket).key(&file.key);
        let part = i32::try_from(number).map_err(|error| PortError::new(action(), error))?;
        let call = call.upload_id(upload_id).part_number(part).body(ByteStream::from(bytes));
        let sent = call.send().await.map_err(|error| PortError::new(action(), error))?;
        Ok(ArrivedPart { number, size, etag: sent.e_tag.unwrap_or_default() })
    }

    async fn copy(
        &self,
        from: &ObjectLocation,
        etag: Option<&str>,
        range: Range<u64>,
        to: &ObjectLocation,
        upload_id: &str,
        number: u32,
    ) -> PortResult<ArrivedPart> {
        let action = || action_on("copy a range of", from);
        let part = i32::try_from(number).map_err(|error| PortError::new(action(), error))?;
        let call = self.client.upload_part_copy().bucket(&to.bucket).key(&to.key);
        let copied = call
            .upload_id(upload_id)
            .part_number(part)
            .copy_source(format!("{}/{}", from.bucket, from.key))
            .set_copy_source_if_match(etag.map(str::to_owned))
            .copy_source_range(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))
            .send()
            .await
            .map_err(|error| PortError::new(action(), error))?;
        let etag = copied.copy_part_result.and_then(|result| result.e_tag).unwrap_or_default();
        Ok(ArrivedPart { number, size: range.end.saturating_sub(range.start), etag })
    }

    async fn arrived_parts(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
    ) -> PortResult<Option<Vec<ArrivedPart>>> {
        let action = || action_on("list the parts of", file);
        let call = self.client.list_parts().bucket(&file.bucket).key(&file.key);
        let mut pages = call.upload_id(upload_id).into_paginator().send();
        let mut arrived = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if error.code() == NO_SUCH_UPLOAD => return Ok(None),
                Err(error) => return Err(PortError::new(action(), error)),
            };
            for part in page.parts.unwrap_or_default() {
                arrived.push(ArrivedPart {
                    number: part.part_number.and_then(|n| n.try_into().ok()).unwrap_or(0),
                    size: part.size.and_then(|size| size.try_into().ok()).unwrap_or(0),
                    etag: part.e_tag.unwrap_or_default(),
                });
            }
        }
        Ok(Some(arrived))
    }

    async fn complete(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        parts: &[ArrivedPart],
    ) -> PortResult<()> {
        let part = |part: &ArrivedPart| {
            let number = i32::try_from(part.number).unwrap_or(i32::MAX);
            CompletedPart::builder().part_number(number).e_tag(&part.etag).build()
        };
        let parts = parts.iter().map(part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = self.client.complete_multipart_upload().bucket(&file.bucket);
        let call = call.key(&file.key).upload_id(upload_id).multipart_upload(parts);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == NO_SUCH_UPLOAD => Ok(()),
            Err(error) => Err(PortError::new(action_on("complete the upload of", file), error)),
        }
    }

    async fn abort(&self, file: &ObjectLocation, upload_id: &str) -> PortResult<()> {
        let call = self.client.abort_multipart_upload().bucket(&file.bucket);
        match call.key(&file.key).upload_id(upload_id).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == NO_SUCH_UPLOAD => Ok(()),
            Err(error) => Err(PortError::new(action_on("abort the upload of", file), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
    use gas_shared::job::Part;
    use jiff::SignedDuration;

    #[tokio::test]
    async fn a_part_url_fixes_upload_number_and_length_and_requires_no_checksum() {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let uploads = S3PartUploads::new(&Client::new(&config));
        let file = ObjectLocation { bucket: "gas-inputs".into(), key: "gas/u/j~a.vcf".into() };
        let part = Part { number: 3, offset: 16, length: 8 };
        let valid_for = SignedDuration::from_mins(5);
        let rule = PartRule { file: &file, upload_id: "upload-7", part, valid_for };
        let url = uploads.sign_part(&rule).await.unwrap();
        for expected in [
            "https://gas-inputs.s3.eu-central-1.amazonaws.com/gas/u/j~a.vcf?",
            "partNumber=3",
            "uploadId=upload-7",
            "X-Amz-Expires=300",
            "X-Amz-SignedHeaders=content-length%3Bhost",
        ] {
            assert!(url.contains(expected), "{expected} is not in {url}");
        }
        assert!(!url.to_lowercase().contains("checksum"), "{url}");
    }
}
