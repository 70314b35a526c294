//! The stream of a user's live events.

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use gas_shared::LiveEvent;
use gas_tests::Client;
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
