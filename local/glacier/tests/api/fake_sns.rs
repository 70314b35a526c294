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
    refusals: Arc<AtomicUsize>,
    published: UnboundedSender<Published>,
}

/// A fake SNS on a free port.
pub struct FakeSns {
    pub url: String,
    pub published: UnboundedReceiver<Published>,
    refusals: Arc<AtomicUsize>,
}

impl FakeSns {
    /// Starts the fake; the first `refusals` requests fail.
    pub async fn start(refusals: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, published) = unbounded_channel();
        let refusals = Arc::new(AtomicUsize::new(refusals));
        let shared = Shared { refusals: refusals.clone(), published: sender };
        let router = Router::new().route("/", post(publish)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, published, refusals }
    }

    /// How many requests will still fail.
    pub fn refusals_left(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }
}

async fn publish(
    State(shared): State<Shared>,
    Form(published): Form<Published>,
) -> Result<&'static str, StatusCode> {
    let one_less = |left: usize| left.checked_sub(1);
    if shared.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    shared.published.send(published).unwrap();
    Ok("<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
}
