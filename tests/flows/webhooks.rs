//! Webhooks: signed messages to a receiver on this machine, retries, and the store in PostgreSQL.

use crate::contracts::new_user;
use crate::database::NewDatabase;
use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gas_backend::ports::{AccountData, NewWebhookRow, WebhookStore};
use gas_backend::postgres::{PostgresAccountData, PostgresWebhooks};
use gas_backend::testkit::webhooks_contract;
use gas_shared::WebhookId;
use gas_shared::webhook::WebhookEvent;
use gas_tests::{Client, sample};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

/// How long a test waits for a message. The first retry comes after 5 seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// A request to the receiver.
#[derive(Debug)]
struct Received {
    headers: HashMap<String, String>,
    body: String,
}

/// An HTTP server on this machine, which answers with the given statuses, then with 204.
struct Receiver {
    url: String,
    requests: UnboundedReceiver<Received>,
}

impl Receiver {
    async fn start(mut statuses: Vec<u16>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/gas", listener.local_addr()?);
        let (sender, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let status = if statuses.is_empty() { 204 } else { statuses.remove(0) };
                let Ok(received) = answer(stream, status).await else { continue };
                if sender.send(received).is_err() {
                    return;
                }
            }
        });
        Ok(Self { url, requests })
    }

    async fn next(&mut self) -> Result<Received> {
        let next = timeout(PATIENCE, self.requests.recv()).await.context("no message came")?;
        next.context("the receiver has ended")
    }
}

/// Reads a request and answers it.
async fn answer(mut stream: TcpStream, status: u16) -> Result<Received> {
    let mut bytes = Vec::new();
    let (head, body_start) = loop {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the request is incomplete");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break (head.to_owned(), head.len() + 4);
        }
    };
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: HashMap<String, String> =
        headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length: usize = headers.get("content-length").context("no length")?.parse()?;
    while bytes.len() < body_start + length {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the body is incomplete");
    }
    let response = format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(response.as_bytes()).await?;
    Ok(Received { headers, body: String::from_utf8(bytes[body_start..].to_vec())? })
}

impl Received {
    fn header(&self, name: &str) -> Result<&str> {
        self.headers.get(name).map(String::as_str).with_context(|| format!("no header {name}"))
    }

    /// Verifies the message as the Standard Webhooks specification says, and returns its body.
    fn verified(&self, secret: &str) -> Result<Value> {
        let (id, at) = (self.header("webhook-id")?, self.header("webhook-timestamp")?);
        let age = Timestamp::now().as_second() - at.parse::<i64>()?;
        ensure!(age.abs() < 300, "the message is {age} s old");
        let key = STANDARD.decode(secret.strip_prefix("whsec_").context("no whsec_")?)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let signature = self.header("webhook-signature")?.strip_prefix("v1,").context("no v1")?;
        mac.verify_slice(&STANDARD.decode(signature)?).context("the signature does not match")?;
        Ok(serde_json::from_str(&self.body)?)
    }
}

async fn list(program: &Program) -> Result<Value> {
    program.call_json(Method::GET, "/webhooks", None).await
}

/// The newest delivery of the only webhook, once its state is no longer `pending`.
async fn ended(program: &Program) -> Result<Value> {
    for _ in 0..100 {
        let delivery = list(program).await?[0]["deliveries"][0].clone();
        if delivery["outcome"]["state"] != "pending" {
            return Ok(delivery);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("the delivery has not ended: {}", list(program).await?)
}

#[tokio::test]
async fn a_completed_job_is_reported_with_a_signature_and_sent_again_after_a_failure() -> Result<()>
{
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-webhook").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let mut receiver = Receiver::start(vec![204, 503]).await?;
    let new = json!({ "url": receiver.url, "events": ["job.completed", "job.failed"] });
    let created = program.call(Method::POST, "/webhooks", Some(new)).await?;
    assert_eq!(created.status(), StatusCode::CREATED);
    let created: Value = created.json().await?;
    let secret = created["secret"].as_str().context("no secret")?;
    let id = created["webhook"]["id"].as_str().context("no id")?;
    let listed = list(&program).await?;
    assert_eq!(listed[0]["health"], json!({ "state": "active" }));
    assert!(!listed.to_string().contains(secret), "the secret is returned once");

    // A test message.
    let test = program.call(Method::POST, &format!("/webhooks/{id}/test"), None).await?;
    assert_eq!(test.status(), StatusCode::ACCEPTED);
    let message = receiver.next().await?;
    let body = message.verified(secret)?;
    assert_eq!((&body["type"], &body["data"]["webhook_id"]), (&json!("webhook.test"), &json!(id)));
    assert_eq!(message.header("content-type")?, "application/json");
    let delivery = ended(&program).await?;
    assert_eq!(delivery["outcome"]["state"], "delivered", "{delivery}");
    assert_eq!(delivery["id"], message.header("webhook-id")?);

    // A job: the first attempt fails.
    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let (first, second) = (receiver.next().await?, receiver.next().await?);
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("webhook-id")?, second.header("webhook-id")?);
    first.verified(secret)?;
    let body = second.verified(secret)?;
    assert_eq!(body["type"], "job.completed");
    let data = &body["data"];
    assert_eq!((&data["job_id"], &data["file_name"]), (&json!(job.id), &json!("free.vcf")));
    assert_eq!(data["status"], "completed");
    let api = format!("{base}/api/v1/jobs/{}", job.id);
    assert!(data["links"]["api"].as_str().is_some_and(|link| link.ends_with(&api[base.len()..])));
    let delivery = ended(&program).await?;
    assert_eq!((&delivery["event"], &delivery["attempts"]), (&json!("job.completed"), &json!(2)));
    assert_eq!(delivery["outcome"]["state"], "delivered");

    // Another user has no access, and a deleted webhook is gone.
    let eve = Client::signed_in(&base, "eve-webhook").await?;
    let other = Program::of(&eve, &base, &BOTH).await?;
    for (method, path) in [
        (Method::DELETE, format!("/webhooks/{id}")),
        (Method::POST, format!("/webhooks/{id}/test")),
        (Method::POST, format!("/webhooks/{id}/enable")),
    ] {
        assert_eq!(other.call(method, &path, None).await?.status(), StatusCode::NOT_FOUND);
    }
    let deleted = program.call(Method::DELETE, &format!("/webhooks/{id}"), None).await?;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(list(&program).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn invalid_webhooks_are_rejected_with_a_reason() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-webhook-bad").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    for (url, events, reason) in [
        ("ftp://lab.example.org/", json!(["job.failed"]), "must begin with https://"),
        ("https://ada:x@lab.example.org/", json!(["job.failed"]), "a user name"),
        ("lab", json!(["job.failed"]), "is not a URL"),
        ("https://lab.example.org/", json!([]), "at least one event"),
        ("https://lab.example.org/", json!(["webhook.test"]), "unknown variant"),
    ] {
        let new = json!({ "url": url, "events": events });
        let response = program.call(Method::POST, "/webhooks", Some(new)).await?;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{url}");
        let text = response.text().await?;
        assert!(text.contains(reason), "{text}");
    }
    let reader = Program::of(&ada, &base, &["jobs:read"]).await?;
    let new = json!({ "url": "https://lab.example.org/", "events": ["job.failed"] });
    let response = reader.call(Method::POST, "/webhooks", Some(new)).await?;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    Ok(())
}

/// On a database of its own, because the utility node of the stack would send the messages.
#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_webhooks_which_end_with_the_account() -> Result<()>
{
    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let pool = database.pool().await?;
    let store = PostgresWebhooks::new(pool.clone());
    webhooks_contract(&store, new_user(&pool).await?, new_user(&pool).await?).await;

    let user = new_user(&pool).await?;
    let now = Timestamp::now();
    let new = || NewWebhookRow {
        id: WebhookId::new(Uuid::new_v4()),
        url: "https://lab.example.org/".to_owned(),
        events: WebhookEvent::ALL.to_vec(),
        created_at: now,
    };
    assert!(store.insert(user, &new(), 5).await?);
    let accounts = PostgresAccountData::new(pool.clone());
    assert_eq!(store.record(user, WebhookEvent::JobFailed, "one", "{}", now).await?, 1);
    accounts.request_deletion(user, now).await?;
    assert!(store.insert(user, &new(), 5).await.is_err(), "a closing account gets none");
    assert!(!store.is_subscribed(user, WebhookEvent::JobFailed).await?);
    let due = store.claim(now, jiff::SignedDuration::from_secs(60), 10, &[]).await?;
    assert!(due.iter().all(|due| due.owner != user), "nobody is called for a closing account");
    accounts.purge(user, now).await?;
    assert_eq!(store.webhooks_of(user, 10).await?, []);
    pool.close().await;
    database.drop().await
}
