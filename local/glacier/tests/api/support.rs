//! A server with a temporary folder, and helpers for tests.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_glacier::Client;
use aws_sdk_glacier::operation::describe_job::DescribeJobOutput;
use aws_sdk_glacier::types::JobParameters;
use aws_sdk_glacier::types::builders::JobParametersBuilder;
use axum::body::Bytes;
use clap::Parser;
use gas_local_glacier::{Server, Settings};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

pub const MIB: usize = 1024 * 1024;

pub const VAULT: &str = "gas-results";

/// A port without a listener.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// A running server and a client.
pub struct Glacier {
    pub client: Client,
    pub address: SocketAddr,
    server: Server,
    folder: TempDir,
    flags: Vec<String>,
}

impl Glacier {
    /// A server with a vault, whose retrievals finish at once.
    pub async fn start() -> Self {
        Self::start_with(&["--expedited-secs=0", "--standard-secs=0", "--bulk-secs=0"], NOWHERE)
            .await
    }

    /// A server with a vault, with flags, and with SNS at a URL.
    pub async fn start_with(flags: &[&str], sns: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let server = Server::start(settings(folder.path(), &flags), &sdk(sns)).await.unwrap();
        let address = server.address();
        let glacier = Self { client: client(address), address, server, folder, flags };
        glacier.client.create_vault().account_id("-").vault_name(VAULT).send().await.unwrap();
        glacier
    }

    /// Restarts the server on the same folder.
    pub async fn restart(self, sns: &str) -> Self {
        let Self { server, folder, flags, .. } = self;
        server.stop().await.unwrap();
        let server = Server::start(settings(folder.path(), &flags), &sdk(sns)).await.unwrap();
        let address = server.address();
        Self { client: client(address), address, server, folder, flags }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The number of data files.
    pub fn data_files(&self) -> usize {
        std::fs::read_dir(self.folder().join("data")).unwrap().count()
    }

    /// Uploads an archive and returns its id.
    pub async fn upload(&self, content: Vec<u8>) -> String {
        upload(&self.client, content).await
    }

    /// Starts the retrieval of an archive and returns the job's id.
    pub async fn initiate(&self, job: JobParametersBuilder) -> String {
        let job = job.r#type("archive-retrieval").build();
        let began = self.client.initiate_job().account_id("-").vault_name(VAULT);
        began.job_parameters(job).send().await.unwrap().job_id.unwrap()
    }

    pub async fn describe(&self, job: &str) -> DescribeJobOutput {
        let described = self.client.describe_job().account_id("-").vault_name(VAULT).job_id(job);
        described.send().await.unwrap()
    }

    /// Waits until a job has finished.
    pub async fn ended(&self, job: &str) -> DescribeJobOutput {
        ended(&self.client, job).await
    }

    /// The response of a path under `/_control`.
    pub async fn control(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        http(self.address, method, path, body).await
    }
}

pub async fn upload(client: &Client, content: Vec<u8>) -> String {
    let upload = client.upload_archive().account_id("-").vault_name(VAULT);
    let upload = upload.archive_description("job 1").body(content.into());
    upload.send().await.unwrap().archive_id.unwrap()
}

pub async fn ended(client: &Client, job: &str) -> DescribeJobOutput {
    for _ in 0..1000 {
        let described = client.describe_job().account_id("-").vault_name(VAULT).job_id(job);
        let described = described.send().await.unwrap();
        if described.completed {
            return described;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("job {job} did not end");
}

/// The complete output of a job or a range of it, with the tree hash of the response.
pub async fn output(client: &Client, job: &str, range: Option<&str>) -> (Bytes, Option<String>) {
    let output = client.get_job_output().account_id("-").vault_name(VAULT).job_id(job);
    let output = output.set_range(range.map(str::to_owned)).send().await.unwrap();
    assert_eq!(output.content_type.as_deref(), Some("application/octet-stream"));
    assert_eq!(output.status, if range.is_some() { 206 } else { 200 });
    (output.body.collect().await.unwrap().into_bytes(), output.checksum)
}

pub fn retrieval(archive: &str) -> JobParametersBuilder {
    JobParameters::builder().archive_id(archive)
}

/// Content that differs at every position.
pub fn content(size: usize) -> Vec<u8> {
    (0..size.div_ceil(8) as u64).flat_map(u64::to_le_bytes).take(size).collect()
}

/// The SDK configuration for an endpoint.
pub fn sdk(url: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

pub fn client(address: SocketAddr) -> Client {
    Client::new(&sdk(&format!("http://{address}")))
}

fn settings(folder: &Path, flags: &[String]) -> Settings {
    let own = ["glacier", "--listen=127.0.0.1:0", "--region=us-east-1"].map(str::to_owned);
    let data = format!("--data-dir={}", folder.display());
    Settings::parse_from(own.into_iter().chain([data]).chain(flags.iter().cloned()))
}

/// Sends a request without an HTTP client.
pub async fn http(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}
