//! Accepts connections and serves them within limits that `axum::serve` does not have.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// The pause after a connection could not be accepted, such as for lack of file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long open requests may continue after the shutdown.
const GRACE: Duration = Duration::from_secs(60);

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are open at the same time. Further ones wait to be accepted.
    pub connections: usize,
    /// How long a client may take to send the headers of its next request. The time includes the
    /// pause between two requests, so it must exceed the idle timeout of the load balancer in front
    /// (60 s by default on AWS), which otherwise sends requests to connections that are being closed.
    pub headers: Duration,
    /// The largest size of all headers of a request, in bytes, which is also the size of the buffer of a
    /// connection. Requests with larger headers get 431.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 10_000, headers: Duration::from_secs(65), header_bytes: 32 * 1024 }
    }
}

/// Serves HTTP/1.1 until shutdown, then finishes open requests and those in `open`, whose clients may have gone.
/// Handlers can extract the address of their client with [`ConnectInfo`].
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    shutdown: CancellationToken,
    open: TaskTracker,
) {
    // Prepares the routes once. `axum::serve` does it for each connection, which then holds a copy of all
    // routes: 350 KB for those of this server.
    let app = app.with_state::<()>(());
    let permits = Arc::new(Semaphore::new(limits.connections));
    while let Some(Ok(permit)) = shutdown.run_until_cancelled(permits.clone().acquire_owned()).await
    {
        let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await else { break };
        match accepted {
            Ok((socket, peer)) => {
                let (app, shutdown) = (app.clone(), shutdown.clone());
                open.spawn(async move {
                    connection(socket, peer, app, limits, shutdown).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(GRACE, open.wait()).await.is_err() {
        tracing::warn!(count = open.len(), "ended requests and connections that were open");
    }
}

async fn connection(
    socket: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    _ = socket.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.headers)
            .max_buf_size(limits.header_bytes)
            .serve_connection(TokioIo::new(socket), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    async fn start(limits: Limits, shutdown: &CancellationToken) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer =
            |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
        let app = Router::new().route("/peer", get(peer));
        tokio::spawn(serve(listener, app, limits, shutdown.clone(), TaskTracker::new()));
        address
    }

    /// Reads until the server closes the connection.
    async fn response(socket: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        let read = timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes)).await;
        read.expect("the server closes the connection").unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_handler_sees_the_address_of_its_client() {
        let address = start(Limits::default(), &CancellationToken::new()).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = b"GET /peer HTTP/1.1\r\nhost: gas\r\nconnection: close\r\n\r\n";
        socket.write_all(request).await.unwrap();
        assert!(response(&mut socket).await.ends_with("127.0.0.1"));
    }

    #[tokio::test]
    async fn a_client_that_sends_its_headers_too_slowly_is_disconnected() {
        let limits = Limits { headers: Duration::from_millis(300), ..Limits::default() };
        let address = start(limits, &CancellationToken::new()).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        let (mut read, mut write) = socket.split();
        let trickle = async {
            // One byte now and then, as slow-loris clients do, to look alive.
            for byte in b"GET /peer HTTP/1.1\r\nx-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            {
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let mut bytes = Vec::new();
        let started = std::time::Instant::now();
        tokio::select! {
            _ = read.read_to_end(&mut bytes) => {}
            () = trickle => panic!("the server waited for all bytes"),
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn headers_over_the_limit_are_rejected() {
        let address = start(Limits::default(), &CancellationToken::new()).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        let filler = "a".repeat(64 * 1024);
        let request = format!("GET /peer HTTP/1.1\r\nhost: gas\r\nx-filler: {filler}\r\n\r\n");
        _ = socket.write_all(request.as_bytes()).await;
        let mut bytes = [0; 12];
        socket.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"HTTP/1.1 431");
    }

    #[tokio::test]
    async fn connections_over_the_limit_wait_for_their_turn() {
        let limits = Limits { connections: 1, ..Limits::default() };
        let address = start(limits, &CancellationToken::new()).await;
        let first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let request = b"GET /peer HTTP/1.1\r\nhost: gas\r\nconnection: close\r\n\r\n";
        second.write_all(request).await.unwrap();
        let mut byte = [0; 1];
        let early = timeout(Duration::from_millis(200), second.read_exact(&mut byte)).await;
        assert!(early.is_err(), "the second connection is not served yet");
        drop(first);
        assert!(response(&mut second).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn idle_connections_are_closed_at_shutdown() {
        let shutdown = CancellationToken::new();
        let address = start(Limits::default(), &shutdown).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        shutdown.cancel();
        assert_eq!(response(&mut idle).await, "");
    }
}
