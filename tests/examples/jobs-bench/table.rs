//! A server in place of DynamoDB with the jobs of one user. It has the pages and delays of DynamoDB, whose emulator sorts
//! all rows of a user for each query.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// The time of each request: a read of DynamoDB takes some milliseconds.
pub(crate) const REQUEST: Duration = Duration::from_millis(5);

/// The additional time of each MiB of an answer.
pub(crate) const MIB: Duration = Duration::from_millis(60);

/// The bytes after which DynamoDB ends a page.
const PAGE_BYTES: usize = 1 << 20;

/// A row as the server sends it.
struct Row {
    submitted_at: i64,
    id: String,
    /// All attributes.
    whole: String,
    /// The attributes of list entries.
    entry: String,
}

/// The rows of the user's jobs, newest first, and their places.
#[derive(Default)]
pub(crate) struct Table {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    places: HashMap<String, usize>,
    /// The number of requests since it was taken.
    requests: usize,
}

impl Table {
    /// Starts a server. Returns its address, too.
    pub(crate) async fn serve() -> Result<(Arc<Self>, String)> {
        let table = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(handle).with_state(table.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((table, address))
    }

    /// Sorts the rows that were written.
    pub(crate) fn index(&self) {
        let mut guard = self.lock();
        let all = &mut *guard;
        all.rows.sort_unstable_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
        all.places = all.rows.iter().map(|row| row.id.clone()).zip(0..).collect();
    }

    /// The number of requests since the last call.
    pub(crate) fn take_requests(&self) -> usize {
        std::mem::take(&mut self.lock().requests)
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, operation: &str, request: &Value) -> Result<String> {
        let mut all = self.lock();
        all.requests += 1;
        match operation {
            "BatchWriteItem" => all.write(request),
            "BatchGetItem" => all.read(request),
            "Query" => all.query(request),
            other => bail!("{other} is not known here"),
        }
    }
}

impl Rows {
    fn write(&mut self, request: &Value) -> Result<String> {
        let tables = request["RequestItems"].as_object().context("no items")?;
        for put in tables.values().flat_map(|rows| rows.as_array().into_iter().flatten()) {
            let item = put["PutRequest"]["Item"].as_object().context("no item")?;
            let time = item["submit_time"]["N"].as_str().context("no time")?;
            let entry: Map<String, Value> = item
                .iter()
                .filter(|(name, _)| ENTRY.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            self.rows.push(Row {
                submitted_at: time.parse()?,
                id: item["job_id"]["S"].as_str().context("no id")?.to_owned(),
                whole: serde_json::to_string(item)?,
                entry: serde_json::to_string(&entry)?,
            });
        }
        Ok(json!({"UnprocessedItems": {}}).to_string())
    }

    fn read(&self, request: &Value) -> Result<String> {
        let tables = request["RequestItems"].as_object().context("no keys")?;
        let (name, wanted) = tables.iter().next().context("no table")?;
        let ids = wanted["Keys"].as_array().into_iter().flatten();
        let ids = ids.filter_map(|key| key["job_id"]["S"].as_str());
        let rows = ids.filter_map(|id| Some(self.rows[*self.places.get(id)?].whole.as_str()));
        let rows: Vec<&str> = rows.collect();
        let name = Value::from(name.as_str());
        Ok(format!(r#"{{"Responses":{{{name}:[{}]}},"UnprocessedKeys":{{}}}}"#, rows.join(",")))
    }

    /// A page of an index of the user's jobs, newest first.
    fn query(&self, request: &Value) -> Result<String> {
        let is_entries = match request["IndexName"].as_str() {
            Some("user_id-submit_time") => false,
            Some("user_id-submit_time-list") => true,
            other => bail!("index {other:?} is not known here"),
        };
        let start = match request["ExclusiveStartKey"]["job_id"]["S"].as_str() {
            Some(id) => self.places.get(id).context("unknown start")? + 1,
            None => 0,
        };
        let limit = request["Limit"].as_u64().map_or(usize::MAX, |limit| limit as usize);
        let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
        for row in &self.rows[start..] {
            let text = if is_entries { &row.entry } else { &row.whole };
            items.push(text.as_str());
            bytes += text.len();
            last = Some(row);
            if items.len() == limit || bytes >= PAGE_BYTES {
                break;
            }
        }
        let is_more = start + items.len() < self.rows.len();
        let next = last.filter(|_| is_more).map(|row| {
            let owner = &request["ExpressionAttributeValues"][":hash"];
            let key = json!({"job_id": {"S": row.id}, "user_id": owner,
                "submit_time": {"N": row.submitted_at.to_string()}});
            format!(r#","LastEvaluatedKey":{key}"#)
        });
        let count = items.len();
        Ok(format!(
            r#"{{"Count":{count},"ScannedCount":{count},"Items":[{}]{}}}"#,
            items.join(","),
            next.unwrap_or_default()
        ))
    }
}

/// The attributes of the index of list entries, as in `deploy/template.yaml`.
const ENTRY: [&str; 16] = [
    "job_id",
    "user_id",
    "submit_time",
    "version",
    "input_file_name",
    "job_status",
    "input_size",
    "input_delete_time",
    "start_time",
    "complete_time",
    "result_size",
    "results_file_archive_id",
    "thaw_id",
    "job_title",
    "job_labels",
    "job_project",
];

async fn handle(State(table): State<Arc<Table>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
    let answer = serde_json::from_slice(&body)
        .map_err(anyhow::Error::from)
        .and_then(|request| table.answer(operation, &request));
    let (status, text) = match answer {
        Ok(text) => (StatusCode::OK, text),
        Err(error) => {
            let text = json!({"__type": "ValidationException", "message": error.to_string()});
            (StatusCode::BAD_REQUEST, text.to_string())
        }
    };
    if operation != "BatchWriteItem" {
        tokio::time::sleep(REQUEST + MIB.mul_f64(text.len() as f64 / f64::from(1 << 20))).await;
    }
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
