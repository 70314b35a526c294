//! Local servers in place of AWS, for tests of the adapters' requests and response handling.

use crate::testkit::aws_at;
use aws_config::SdkConfig;
use axum::Router;
use tokio::net::TcpListener;

/// Serves an application until the test ends and returns an SDK configuration that calls it without
/// retries.
pub(super) async fn serve(app: Router) -> SdkConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    aws_at(&endpoint)
}
