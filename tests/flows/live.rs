//! Live events reach the browsers of the owner and of no other user.

use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use gas_shared::job::StateView;
use gas_shared::{JobStatus, LiveEvent};
use gas_tests::{Client, sample};
use std::time::Duration;

/// An open event stream.
pub(crate) struct Events {
    chunks: futures::stream::BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl Events {
    pub(crate) async fn open(user: &Client) -> Result<Self> {
        let response = user.get("/api/events").send().await?;
        ensure!(response.status().is_success(), "{}", response.status());
        let chunks = response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec())).boxed();
        Ok(Self { chunks, text: String::new() })
    }

    pub(crate) async fn next(&mut self, timeout: Duration) -> Result<LiveEvent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let data = data.map(|data| data.trim().to_owned());
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return Ok(serde_json::from_str(&data)?);
                }
                continue;
            }
            let chunk = tokio::time::timeout(timeout, self.chunks.next()).await;
            let chunk =
                chunk.context("no event arrived in time")?.context("the stream ended")??;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

#[tokio::test]
async fn every_state_of_a_job_is_pushed_to_its_owner_only() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-live").await?;
    let eve = Client::signed_in(&base, "eve-live").await?;
    let mut adas = Events::open(&ada).await?;
    let mut eves = Events::open(&eve).await?;
    let timeout = Duration::from_secs(30);
    assert!(matches!(adas.next(timeout).await?, LiveEvent::Connected { .. }));
    assert!(matches!(eves.next(timeout).await?, LiveEvent::Connected { .. }));

    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let mut seen = Vec::new();
    while !seen.contains(&JobStatus::Completed) {
        let LiveEvent::Job(view) = adas.next(timeout).await? else { continue };
        assert_eq!(view.id, job.id);
        assert!(!matches!(view.state, StateView::Failed { .. }), "{:?}", view.state);
        seen.push(view.state.status());
    }
    for status in [JobStatus::Uploading, JobStatus::Pending, JobStatus::Running] {
        assert!(seen.contains(&status), "{status} was not pushed: {seen:?}");
    }
    assert!(eves.next(Duration::from_secs(1)).await.is_err(), "eve received an event of ada's job");
    Ok(())
}
