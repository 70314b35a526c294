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
use std::time::Duration;

/// The time within which each dependency must answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// What the checks ask.
#[derive(Clone)]
struct Probes {
    gas: Gas,
    explorers: Explorers,
}

/// The routes of the health checks.
pub fn routes<S: Clone + Send + Sync + 'static>(gas: Gas, explorers: Explorers) -> Router<S> {
    Router::new()
        .route("/livez", get(async || response(StatusCode::OK, "ok")))
        .route("/readyz", get(readyz))
        .route("/healthz", get(readyz))
        .with_state(Probes { gas, explorers })
}

/// Responds with 200 if PostgreSQL and the pool of the results explorer answer within the deadline.
async fn readyz(State(Probes { gas, explorers }): State<Probes>) -> Response {
    let no_user = gas_shared::UserId::new(uuid::Uuid::nil());
    let account = tokio::time::timeout(DEADLINE, gas.accounts.account(no_user));
    let failure = match tokio::join!(account, explorers.is_ready(DEADLINE)) {
        (Ok(Ok(_)), true) => return response(StatusCode::OK, "ok"),
        (Ok(Ok(_)), false) => "the results explorer is busy",
        (Ok(Err(error)), _) => {
            tracing::error!(error = %chain(&error), "PostgreSQL does not respond");
            "PostgreSQL does not respond"
        }
        (Err(_), _) => "PostgreSQL does not respond",
    };
    tracing::error!(failure, "readiness check failed");
    response(StatusCode::SERVICE_UNAVAILABLE, failure)
}

fn response(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use gas_backend::admission::AdmissionLimits;
    use gas_backend::query_pool::PoolLimits;
    use gas_backend::testkit::TestGas;
    use gas_backend::usecases::{ExploreError, ResultAccess, query_results};
    use gas_shared::Plan;
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
            tokio::time::sleep(Duration::from_millis(200)).await;
            (status("/livez").await, status("/readyz").await)
        };
        let found = tokio::select! {
            _ = &mut slow => panic!("the query has no answer"),
            found = probes => found,
        };
        assert_eq!(found, (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
        drop(slow);
        assert_eq!(status("/readyz").await, StatusCode::OK);
    }
}
