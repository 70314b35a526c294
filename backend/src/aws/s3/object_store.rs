//! The port [`ObjectStore`] on S3.

use super::action::action_on;
use super::copy::Copies;
use super::credentials::CachedCredentials;
use super::{file_upload, post_policy, versions};
use crate::attachment::attachment;
use crate::ports::{Download, ObjectInfo, ObjectStore, PortError, PortResult, UploadRule};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// S3's status for a range that begins beyond the end, as every range of an empty object does.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// Objects in S3.
#[derive(Clone, Debug)]
pub struct S3ObjectStore {
    client: Client,
    copies: Copies,
    region: Option<String>,
    credentials: Arc<CachedCredentials>,
}

impl S3ObjectStore {
    pub(in crate::aws) fn new(client: Client, config: &SdkConfig) -> Self {
        Self {
            copies: Copies::new(&client),
            client,
            region: config.region().map(ToString::to_string),
            credentials: Arc::new(CachedCredentials::new(config.credentials_provider())),
        }
    }

    /// The same store, which copies an object of more than `bytes` in parts of this size. For tests:
    /// a small object is copied as a large one is.
    #[must_use]
    pub fn copying_in_parts_of(mut self, bytes: u64) -> Self {
        self.copies = self.copies.in_parts_of(bytes);
        self
    }

    /// The URL that browsers post uploads to. Only the SDK knows a bucket's host for every
    /// partition and setting, so it is taken from the URL of a presigned request.
    async fn bucket_url(&self, bucket: &str) -> PortResult<String> {
        const PROBE: &str = "probe";
        let action = || format!("determine the URL of bucket {bucket}");
        let soon = PresigningConfig::expires_in(Duration::from_secs(1))
            .map_err(|error| PortError::new(action(), error))?;
        let request = self.client.get_object().bucket(bucket).key(PROBE).presigned(soon).await;
        let request = request.map_err(|error| PortError::new(action(), error))?;
        let url = request.uri().split('?').next().and_then(|url| url.strip_suffix(PROBE));
        url.map(str::to_owned)
            .ok_or_else(|| PortError::new(action(), format!("unexpected URL {}", request.uri())))
    }
}

#[async_trait]
impl ObjectStore for S3ObjectStore {
    async fn head(&self, file: &ObjectLocation) -> PortResult<Option<ObjectInfo>> {
        let call = self.client.head_object().bucket(&file.bucket).key(&file.key);
        match call.send().await {
            Ok(head) => Ok(Some(ObjectInfo {
                size: head.content_length().and_then(|size| size.try_into().ok()).unwrap_or(0),
                etag: head.e_tag().unwrap_or_default().to_owned(),
            })),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(None),
            Err(error) => Err(PortError::new(action_on("read the metadata of", file), error)),
        }
    }

    async fn fetch(&self, file: &ObjectLocation, to: &Path) -> PortResult<ObjectInfo> {
        let action = || action_on("download", file);
        let call = self.client.get_object().bucket(&file.bucket).key(&file.key);
        let object = call.send().await.map_err(|error| PortError::new(action(), error))?;
        let etag = object.e_tag().unwrap_or_default().to_owned();
        let size = save(object, to).await.map_err(|error| PortError::new(action(), error))?;
        Ok(ObjectInfo { size, etag })
    }

    async fn store(
        &self,
        from: &Path,
        file: &ObjectLocation,
        content_type: &str,
    ) -> PortResult<u64> {
        file_upload::upload(&self.client, from, file, content_type).await
    }

    async fn copy(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool> {
        self.copies.copy(from, to).await
    }

    async fn write(
        &self,
        file: &ObjectLocation,
        content: Bytes,
        content_type: &str,
    ) -> PortResult<()> {
        let call = self
            .client
            .put_object()
            .bucket(&file.bucket)
            .key(&file.key)
            .content_type(content_type)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(content));
        call.send().await.map_err(|error| PortError::new(action_on("write", file), error))?;
        Ok(())
    }

    async fn read_head(&self, file: &ObjectLocation, limit: u64) -> PortResult<Option<Vec<u8>>> {
        let range = format!("bytes=0-{}", limit.saturating_sub(1));
        let call = self.client.get_object().bucket(&file.bucket).key(&file.key).range(range);
        let action = || action_on("read the first bytes of", file);
        match call.send().await {
            Ok(object) => {
                let body =
                    object.body.collect().await.map_err(|error| PortError::new(action(), error))?;
                Ok(Some(body.to_vec()))
            }
            Err(error) if status(&error) == Some(RANGE_NOT_SATISFIABLE) => Ok(Some(Vec::new())),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            Err(error) => Err(PortError::new(action(), error)),
        }
    }

    async fn read_range(
        &self,
        file: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes> {
        let range = format!("bytes={offset}-{}", offset.saturating_add(length.saturating_sub(1)));
        let call = self.client.get_object().bucket(&file.bucket).key(&file.key).range(range);
        let action = || action_on("read a range of", file);
        let object = call.send().await.map_err(|error| PortError::new(action(), error))?;
        let body = object.body.collect().await.map_err(|error| PortError::new(action(), error))?;
        let bytes = body.into_bytes();
        if bytes.len() as u64 == length {
            return Ok(bytes);
        }
        let short = format!("got {} bytes at offset {offset}, expected {length}", bytes.len());
        Err(PortError::new(action(), short))
    }

    async fn delete(&self, file: &ObjectLocation) -> PortResult<()> {
        let call = self.client.delete_object().bucket(&file.bucket).key(&file.key);
        call.send().await.map_err(|error| PortError::new(action_on("delete", file), error))?;
        Ok(())
    }

    async fn erase(&self, bucket: &str, prefix: &str) -> PortResult<()> {
        versions::erase(&self.client, bucket, prefix).await
    }

    async fn list(&self, bucket: &str, prefix: &str) -> PortResult<Vec<ObjectLocation>> {
        let request = self.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut files = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page
                .map_err(|error| PortError::new(format!("list s3://{bucket}/{prefix}*"), error))?;
            let keys = page.contents.into_iter().flatten().filter_map(|object| object.key);
            files.extend(keys.map(|key| ObjectLocation { bucket: bucket.to_owned(), key }));
        }
        Ok(files)
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        let file = download.file;
        let action = || action_on("sign a download link for", file);
        let valid_for = Duration::try_from(download.valid_for)
            .map_err(|error| PortError::new(action(), error))?;
        let config = PresigningConfig::expires_in(valid_for)
            .map_err(|error| PortError::new(action(), error))?;
        let request = self
            .client
            .get_object()
            .bucket(&file.bucket)
            .key(&file.key)
            .response_content_disposition(attachment(download.save_as))
            .presigned(config)
            .await
            .map_err(|error| PortError::new(action(), error))?;
        Ok(request.uri().to_owned())
    }

    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)> {
        let action = || action_on("sign an upload of", rule.file);
        let region = self.region.as_deref().ok_or("no AWS region is set; set AWS_REGION");
        let region = region.map_err(|error| PortError::new(action(), error))?;
        let credentials = self.credentials.get().await;
        let credentials = credentials.map_err(|error| PortError::new(action(), error))?;
        let url = self.bucket_url(&rule.file.bucket).await?;
        Ok((url, post_policy::sign(rule, &credentials, region)))
    }
}

async fn save(object: GetObjectOutput, to: &Path) -> Result<u64, std::io::Error> {
    let mut body = object.body.into_async_read();
    let mut file = File::create(to).await?;
    let size = tokio::io::copy(&mut body, &mut file).await?;
    file.flush().await?;
    Ok(size)
}

fn status(error: &SdkError<GetObjectError>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};

    async fn upload_url(endpoint: Option<&str>, path_style: bool) -> String {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        let config = config.build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(path_style).build();
        let store = S3ObjectStore::new(Client::from_conf(s3), &config);
        store.bucket_url("gas-inputs").await.unwrap()
    }

    #[tokio::test]
    async fn browsers_post_to_the_buckets_host_on_aws() {
        let url = upload_url(None, false).await;
        assert_eq!(url, "https://gas-inputs.s3.eu-central-1.amazonaws.com/");
    }

    #[tokio::test]
    async fn browsers_post_to_the_buckets_path_on_other_endpoints() {
        let url = upload_url(Some("http://127.0.0.1:4566"), true).await;
        assert_eq!(url, "http://127.0.0.1:4566/gas-inputs/");
    }
}
