//! Health checks: `/livez` says that this process answers, `/readyz` that it can serve users.
//! `/healthz` is an older name of `/readyz`.
//!
//! Restart a process whose `/livez` fails; send it no requests while `/readyz` fails. They need
//! neither session nor permit, so that a busy server still answers them.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, response::Response};
use gas_backend::usecases::Explorers;
use gas_backend::{Gas, chain};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The time within which each dependency must answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long the outcome of a check is used for further requests. Anyone may send these, and each check is a query.
const MAX_AGE: Duration = Duration::from_secs(1);

/// What the checks ask.
#[derive(Clone)]
struct Probes {
    gas: Gas,
    explorers: Explorers,
    last: LastOutcome<Result<(), &'static str>>,
}

/// The outcome of the last check, which requests share: one of them checks, and those that arrive meanwhile wait for it.
struct LastOutcome<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T> Clone for LastOutcome<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Copy + Send + 'static> LastOutcome<T> {
    fn new() -> Self {
        Self(Arc::default())
    }

    /// The outcome of the last check if it ended less than [`MAX_AGE`] ago, otherwise that of a new one. A check goes on if
    /// its client disconnects. `None` if it panics.
    async fn get(&self, check: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let mut last = self.0.clone().lock_owned().await;
        if let Some((at, outcome)) = *last
            && at.elapsed() < MAX_AGE
        {
            return Some(outcome);
        }
        let checked = tokio::spawn(async move {
            let outcome = check.await;
            *last = Some((Instant::now(), outcome));
            outcome
        });
        checked.await.ok()
    }
}

/// The routes of the health checks.
pub fn routes<S: Clone + Send + Sync + 'static>(gas: Gas, explorers: Explorers) -> Router<S> {
    Router::new()
        .route("/livez", get(async || response(StatusCode::OK, "ok")))
        .route("/readyz", get(readyz))
        .route("/healthz", get(readyz))
        .with_state(Probes { gas, explorers, last: LastOutcome::new() })
}

/// Responds with 200 if PostgreSQL and the pool of the results explorer answered within the deadline, at most [`MAX_AGE`]
/// ago.
async fn readyz(State(probes): State<Probes>) -> Response {
    let last = probes.last.clone();
    match last.get(check(probes)).await.unwrap_or(Err("the check failed")) {
        Ok(()) => response(StatusCode::OK, "ok"),
        Err(failure) => response(StatusCode::SERVICE_UNAVAILABLE, failure),
    }
}

async fn check(Probes { gas, explorers, .. }: Probes) -> Result<(), &'static str> {
    let no_user = gas_shared::UserId::new(uuid::Uuid::nil());
    let account = tokio::time::timeout(DEADLINE, gas.accounts.account(no_user));
    let failure = match tokio::join!(account, explorers.is_ready(DEADLINE)) {
        (Ok(Ok(_)), true) => return Ok(()),
        (Ok(Ok(_)), false) => "the results explorer is busy",
        (Ok(Err(error)), _) => {
            tracing::error!(error = %chain(&error), "PostgreSQL does not respond");
            "PostgreSQL does not respond"
        }
        (Err(_), _) => "PostgreSQL does not respond",
    };
    tracing::error!(failure, "readiness check failed");
    Err(failure)
}

fn response(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use futures::FutureExt;
    use gas_backend::admission::AdmissionLimits;
    use gas_backend::query_pool::PoolLimits;
    use gas_backend::testkit::TestGas;
    use gas_backend::usecases::{ExploreError, ResultAccess, query_results};
    use gas_shared::Plan;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt;

    const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

    #[tokio::test]
    async fn a_full_explorer_pool_makes_a_process_not_ready_but_live() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let result = format!("{HEADER}1\t5\t.\tA\tG\t.\t.\t.\n");
        let job = test.completed_job_with(&ada, result.as_bytes()).await;
        let mut index = Vec::new();
        gas_explorer::index::build(result.as_bytes(), &mut index).unwrap();
        test.objects.put(&test.gas.object_keys.index(ada.id, job.id, &job.input.name), &index);
        let one =
            AdmissionLimits { running: 1, running_of_each: 1, admitted: 2, admitted_of_each: 2 };
        let limits = PoolLimits { queries: one, ..PoolLimits::default() };
        let explorers = Explorers::new(1 << 20, 1 << 20, limits).unwrap();
        let app: Router = routes(test.gas.clone(), explorers.clone());
        let status = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap().status()
        };
        for path in ["/livez", "/readyz", "/healthz"] {
            assert_eq!(status(path).await, StatusCode::OK, "{path}");
        }
        let query = |_| std::future::pending::<Result<(), ExploreError>>();
        let access = ResultAccess::of_owner(ada.id, job.id);
        let mut slow = Box::pin(query_results(&test.gas, &explorers, &access, query));
        let probes = async {
            tokio::time::sleep(MAX_AGE).await;
            (status("/livez").await, status("/readyz").await)
        };
        let found = tokio::select! {
            _ = &mut slow => panic!("the query has no answer"),
            found = probes => found,
        };
        assert_eq!(found, (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
        drop(slow);
        tokio::time::sleep(MAX_AGE).await;
        assert_eq!(status("/readyz").await, StatusCode::OK);
    }

    #[tokio::test]
    async fn readiness_follows_postgresql_within_a_second() {
        let test = TestGas::new();
        let explorers = Explorers::new(1 << 20, 1 << 20, PoolLimits::default()).unwrap();
        let app: Router = routes(test.gas.clone(), explorers);
        let status = async || {
            let request = Request::get("/readyz").body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap().status()
        };
        assert_eq!(status().await, StatusCode::OK);
        test.outages.postgresql.begin();
        tokio::time::sleep(MAX_AGE).await;
        assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
        test.outages.postgresql.end();
        tokio::time::sleep(MAX_AGE).await;
        assert_eq!(status().await, StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_a_second_share_one_check() {
        let checks = Arc::new(AtomicUsize::new(0));
        let last = LastOutcome::new();
        let get = || {
            let (checks, last) = (checks.clone(), last.clone());
            async move {
                let check = async move {
                    tokio::time::sleep(DEADLINE).await;
                    checks.fetch_add(1, Ordering::SeqCst) + 1
                };
                last.get(check).await.unwrap()
            }
        };
        let begin = Instant::now();
        assert_eq!(futures::future::join_all((0..100).map(|_| get())).await, [1; 100]);
        assert_eq!(begin.elapsed(), DEADLINE, "they waited for the same check");
        assert_eq!(get().await, 1);
        tokio::time::advance(MAX_AGE).await;
        // A client that disconnects ends no check, so it cannot cause several at the same time.
        for _ in 0..100 {
            assert!(get().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(get().await, 2);
    }
}
