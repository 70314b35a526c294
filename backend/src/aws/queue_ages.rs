//! The ages of the oldest messages of queues. SQS has no call for them; CloudWatch measures them once a minute.
//!
//! This is the only call to CloudWatch, so it is a signed request of its JSON protocol instead of one more SDK
//! (decision 0084).

use crate::chain;
use crate::ports::{PortError, PortResult};
use aws_config::SdkConfig;
use aws_sdk_sqs::config::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// How long the page of operators waits for CloudWatch, including the credentials and the request of another caller.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long ages, or the failure to get them, are kept. They cost 0.01 $ for 1,000 queues, and are new once a minute.
const KEPT: Duration = Duration::from_secs(60);

/// How far back an age is looked for, in seconds. CloudWatch has values a few minutes late.
const WITHIN_SECS: i64 = 900;

/// The call, as CloudWatch's JSON protocol names it.
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";

/// Seconds by the name of a queue. A queue of which CloudWatch has no recent value is not in it.
pub(super) type Ages = HashMap<String, u64>;

/// Asks CloudWatch for the ages.
#[derive(Debug)]
pub(super) struct QueueAges {
    http: Client,
    config: SdkConfig,
    /// When CloudWatch was asked last, and what it said: nothing if that failed. The lock is held during the request, so
    /// that those who ask at the same time share it.
    kept: Mutex<Option<(Instant, Ages)>>,
}

/// The part of the response that is read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricData {
    metric_data_results: Vec<Series>,
}

/// The values of a query, newest first.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    values: Vec<f64>,
}

impl QueueAges {
    /// Does not call CloudWatch yet.
    ///
    /// # Errors
    /// If TLS cannot be initialized.
    pub(super) fn new(config: &SdkConfig) -> PortResult<Self> {
        let http = Client::builder().build();
        let http = http.map_err(|error| PortError::permanent("create an HTTP client", error))?;
        Ok(Self { http, config: config.clone(), kept: Mutex::default() })
    }

    /// The ages of these queues, at most a minute old, within five seconds. None is known if CloudWatch does not answer, or
    /// forbids it; the log says so once a minute.
    pub(super) async fn of(&self, queues: &[String]) -> Ages {
        let deadline = Instant::now() + TIMEOUT;
        // The caller before this one has the lock for five seconds at most.
        let Ok(mut kept) = timeout_at(deadline, self.kept.lock()).await else {
            return Ages::new();
        };
        if let Some((_, ages)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            return ages.clone();
        }
        let answer = timeout_at(deadline, self.ask(queues)).await;
        let late = || format!("no answer within {} s", TIMEOUT.as_secs());
        let ages = answer.unwrap_or_else(|_| Err(late().into())).unwrap_or_else(|error| {
            let error = PortError::new("ask CloudWatch for the ages of messages", error);
            tracing::warn!(error = %chain(&error), "the ages of the oldest messages are not known");
            Ages::new()
        });
        *kept = Some((Instant::now(), ages.clone()));
        ages
    }

    async fn ask(&self, queues: &[String]) -> Result<Ages, Box<dyn Error + Send + Sync>> {
        let region = self.config.region().ok_or("no AWS region is set")?.as_ref();
        let url = match self.config.endpoint_url() {
            Some(url) => url.to_owned(),
            None if region.starts_with("cn-") => {
                format!("https://monitoring.{region}.amazonaws.com.cn/")
            }
            None => format!("https://monitoring.{region}.amazonaws.com/"),
        };
        let now = SystemTime::now();
        let body =
            serde_json::to_vec(&question(queues, jiff::Timestamp::try_from(now)?.as_second()))?;
        let provider = self.config.credentials_provider().ok_or("there are no AWS credentials")?;
        let identity = provider.provide_credentials().await?.into();
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", TARGET)];
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("monitoring")
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable =
            SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(&body))?;
        let (signed, _) = sign(signable, &params)?.into_parts();
        let mut request = self.http.post(&url);
        for (name, value) in headers.into_iter().chain(signed.headers()) {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("HTTP {}: {text}", status.as_u16()).into());
        }
        Ok(ages(queues, serde_json::from_str(&text)?))
    }
}

/// The request, with a query for each queue. `now` is in Unix seconds.
fn question(queues: &[String], now: i64) -> Value {
    let query = |(number, queue): (usize, &String)| {
        json!({
            "Id": id(number),
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{ "Name": "QueueName", "Value": queue }],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        })
    };
    json!({
        "MetricDataQueries": queues.iter().enumerate().map(query).collect::<Vec<_>>(),
        "StartTime": now - WITHIN_SECS,
        "EndTime": now,
        "ScanBy": "TimestampDescending",
    })
}

/// The id of a query: a lower-case letter first, and no hyphen.
fn id(number: usize) -> String {
    format!("queue{number}")
}

/// The newest value of each queue.
fn ages(queues: &[String], data: MetricData) -> Ages {
    let newest = |(number, queue): (usize, &String)| {
        let id = id(number);
        let series = data.metric_data_results.iter().find(|series| series.id == id)?;
        // Whole seconds of at most 14 days.
        series.values.first().map(|secs| (queue.clone(), secs.max(0.0) as u64))
    };
    queues.iter().enumerate().filter_map(newest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::http::{HeaderMap, StatusCode};
    use axum::{Json, Router};
    use gas_runtime::LogCapture;
    use std::sync::{Arc, Mutex as StdMutex};

    type Call = (HeaderMap, Value);

    /// A stand-in for CloudWatch that answers with a status and a body, and the calls to it.
    async fn cloud_watch(status: StatusCode, body: Value) -> (QueueAges, Arc<StdMutex<Vec<Call>>>) {
        let calls = Arc::new(StdMutex::new(Vec::new()));
        let seen = calls.clone();
        let answer = async move |headers: HeaderMap, sent: String| {
            seen.lock().unwrap().push((headers, serde_json::from_str(&sent).unwrap()));
            (status, Json(body))
        };
        let config = serve(Router::new().fallback(answer)).await;
        (QueueAges::new(&config).unwrap(), calls)
    }

    fn queues() -> Vec<String> {
        ["gas_archive", "gas_mail", "gas_shards"].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn the_newest_age_of_each_queue_is_asked_for_once_a_minute_in_a_signed_request() {
        let (ages, calls) = cloud_watch(
            StatusCode::OK,
            json!({ "MetricDataResults": [
                { "Id": "queue0", "Values": [75.0, 15.0], "Timestamps": [120, 60] },
                { "Id": "queue1", "Values": [0.0], "Timestamps": [120] },
                { "Id": "queue2", "Values": [], "Timestamps": [] },
            ] }),
        )
        .await;
        let expected = HashMap::from([("gas_archive".to_owned(), 75), ("gas_mail".to_owned(), 0)]);
        assert_eq!(ages.of(&queues()).await, expected);
        assert_eq!(ages.of(&queues()).await, expected);

        let calls = calls.lock().unwrap();
        let [(headers, sent)] = &calls[..] else { panic!("{} calls", calls.len()) };
        assert_eq!(headers["x-amz-target"], TARGET);
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 Credential=key/")
                && authorization.contains("/us-east-1/monitoring/aws4_request")
                && authorization
                    .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target"),
            "{authorization}"
        );
        let metric = &sent["MetricDataQueries"][1]["MetricStat"]["Metric"];
        assert_eq!(metric["MetricName"], "ApproximateAgeOfOldestMessage");
        assert_eq!(metric["Dimensions"][0]["Value"], "gas_mail");
        let times = ["StartTime", "EndTime"].map(|name| sent[name].as_i64().unwrap());
        assert_eq!(times[1] - times[0], WITHIN_SECS);
    }

    /// The warnings that ages are not known.
    fn warnings(log: &LogCapture) -> Vec<String> {
        let not_known = |line: &String| line.contains("oldest messages are not known");
        log.lines().into_iter().filter(not_known).collect()
    }

    #[tokio::test]
    async fn a_rejection_is_logged_with_its_reason_and_kept_for_a_minute() {
        let log = LogCapture::start();
        let body = json!({ "__type": "AccessDeniedException", "message": "no rights" });
        let (ages, calls) = cloud_watch(StatusCode::FORBIDDEN, body).await;
        for _ in 0..2 {
            assert_eq!(ages.of(&queues()).await, Ages::new());
        }
        let logged = warnings(&log);
        let [warning] = &logged[..] else { panic!("{logged:?}") };
        assert!(warning.contains("HTTP 403") && warning.contains("no rights"), "{warning}");
        assert_eq!(calls.lock().unwrap().len(), 1);

        tokio::time::pause();
        tokio::time::advance(KEPT).await;
        tokio::time::resume();
        ages.of(&queues()).await;
        assert_eq!((calls.lock().unwrap().len(), warnings(&log).len()), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_at_the_same_time_wait_five_seconds_for_a_server_that_does_not_answer() {
        let log = LogCapture::start();
        let silent = async || std::future::pending::<StatusCode>().await;
        let ages = QueueAges::new(&serve(Router::new().fallback(silent)).await).unwrap();
        let begun = Instant::now();
        let queues = queues();
        let both = tokio::join!(ages.of(&queues), ages.of(&queues));
        assert_eq!(both, (Ages::new(), Ages::new()));
        let waited = begun.elapsed();
        assert!(waited >= TIMEOUT && waited < TIMEOUT + Duration::from_secs(1), "{waited:?}");
        assert_eq!(warnings(&log).len(), 1, "{:?}", log.lines());
    }
}
