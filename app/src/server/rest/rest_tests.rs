//! Tests of the OpenAPI document and of the API's error responses.

use super::*;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;
use std::collections::BTreeSet;
use tower::ServiceExt;

fn document() -> Value {
    serde_json::from_str(&DOCUMENT).unwrap()
}

/// Users' programs depend on this document: it may be extended, but nothing may change or
/// disappear.
#[test]
fn the_openapi_document_matches_the_published_contract() {
    insta::assert_snapshot!(*DOCUMENT);
}

#[test]
fn the_document_is_openapi_3_1_and_all_its_references_resolve() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let text = DOCUMENT.as_str();
    for reference in text.split("\"$ref\": \"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// The paths and methods of the document.
fn documented() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
    });
    operations.collect()
}

#[tokio::test]
async fn exactly_the_documented_methods_of_each_path_are_routed() {
    let (router, _) = router_and_document::<()>();
    let documented = documented();
    let paths: BTreeSet<_> = documented.iter().map(|(path, _)| path.clone()).collect();
    for path in paths {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let uri = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
            let request =
                Request::builder().method(method.clone()).uri(uri).body(Body::empty()).unwrap();
            let status = router.clone().oneshot(request).await.unwrap().status();
            let is_routed =
                !matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
            let is_documented = documented.contains(&(path.clone(), method.to_string()));
            assert_eq!(is_routed, is_documented, "{method} {path}: {status}");
        }
    }
}

#[test]
fn every_operation_documents_its_scope_and_its_errors() {
    let document = document();
    for (path, method) in documented() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["security"][0]["token"].is_array(), "{method} {path}");
        for status in ["401", "429", "500"] {
            assert!(operation["responses"][status].is_object(), "{method} {path}: {status}");
        }
        if path.contains("{id}") {
            assert!(operation["responses"]["404"].is_object(), "{method} {path}");
        }
    }
}

/// Calls without a token. Returns the response's status, headers and body.
async fn call(router: &Router, method: Method, uri: &str) -> (StatusCode, HeaderMap, Value) {
    let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_failure_gets_a_problem_response() {
    async fn panics() -> StatusCode {
        panic!("on purpose")
    }
    async fn named(_: jobs::JobPath) {}
    let api =
        Router::new().route("/api/v1/panic", get(panics)).route("/api/v1/jobs/{id}", get(named));
    let api = with_problem_responses(api, "https://gas.example.org/api/docs");
    for (method, path, status, code) in [
        (Method::GET, "/api/v1", 404, "not_found"),
        (Method::GET, "/api/v1/", 404, "not_found"),
        (Method::POST, "/api/v1/nothing/at%20all", 404, "not_found"),
        (Method::GET, "/api/v1/%FF", 404, "not_found"),
        (Method::GET, "/api/v1/jobs//", 404, "not_found"),
        (Method::GET, "/api/v1/jobs/no-uuid", 404, "not_found"),
        (Method::GET, "/api/v1/jobs/%FF", 400, "invalid_request"),
        (Method::PUT, "/api/v1/jobs/no-uuid", 405, "method_not_allowed"),
        (Method::GET, "/api/v1/panic", 500, "internal"),
    ] {
        let (found, headers, problem) = call(&api, method, path).await;
        assert_eq!(found, status, "{path}: {problem}");
        assert_eq!(headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(problem["code"], code, "{path}: {problem}");
        assert_eq!(problem["type"], format!("https://gas.example.org/api/docs#{code}"));
        assert_eq!(problem["request_id"], headers["x-request-id"].to_str().unwrap());
    }
}

#[tokio::test]
async fn a_response_to_an_unsupported_method_lists_the_supported_ones() {
    let api = routes::<()>("https://gas.example.org/api/docs");
    let (status, headers, _) = call(&api, Method::PUT, "/api/v1/jobs").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let mut allowed: Vec<_> = headers["allow"].to_str().unwrap().split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[test]
fn an_invalid_cursor_gets_400() {
    let problem = Problem::from(gas_backend::usecases::ListError::Cursor);
    assert_eq!(problem.into_response().status(), StatusCode::BAD_REQUEST);
}
