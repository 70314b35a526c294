//! A fake of SNS that implements `Publish`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A received message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Published {
    pub topic_arn: String,
    message: String,
}

impl Published {
    pub fn message(&self) -> Value {
        serde_json::from_str(&self.message).unwrap()
    }
}

#[derive(Clone)]
struct Shared {
    rejections: Arc<AtomicUsize>,
    published: UnboundedSender<Published>,
}

/// A fake SNS on a free port.
pub struct FakeSns {
    pub url: String,
    pub published: UnboundedReceiver<Published>,
    rejections: Arc<AtomicUsize>,
}

impl FakeSns {
    /// Starts the fake; the first `rejections` requests fail.
    pub async fn start(rejections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, published) = unbounded_channel();
        let rejections = Arc::new(AtomicUsize::new(rejections));
        let shared = Shared { rejections: rejections.clone(), published: sender };
        let router = Router::new().route("/", post(publish)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, published, rejections }
    }

    /// How many requests will still fail.
    pub fn rejections_left(&self) -> usize {
        self.rejections.load(Ordering::SeqCst)
    }
}

async fn publish(
    State(shared): State<Shared>,
    Form(published): Form<Published>,
) -> Result<&'static str, StatusCode> {
    let one_less = |left: usize| left.checked_sub(1);
    if shared.rejections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    shared.published.send(published).unwrap();
    Ok("<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
}
