//! Reads the body of a request before the request takes a permit, so that clients that send slowly cannot take the permits
//! of others.
//!
//! Bodies are small, because files are uploaded to S3 directly. Those that are being read have limits of their own: in
//! number for each client and in total, which bounds their memory, and in time, by a minimum rate.

use super::client_address::ClientAddress;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use futures::StreamExt;
use gas_backend::admission::{Admission, AdmissionLimits, NotAdmitted};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How many bodies are read at the same time. Further ones wait, which takes no memory beside that of their connections.
/// Usually a body has arrived with its headers, so a place is taken for less than a millisecond.
const LIMITS: AdmissionLimits =
    AdmissionLimits { running: 512, running_of_each: 16, admitted: 8_192, admitted_of_each: 1_024 };

/// How long a body may wait for its turn, and how long it may take beside the time for its bytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The minimum rate, in bytes per second.
const MIN_RATE: u32 = 2 * 1024;

/// How much of a body over the limit is read and discarded. Browsers read the response only after
/// they have sent the body, so closing the connection earlier would hide the error.
const MAX_DISCARDED_BYTES: usize = 8 * 1024 * 1024;

/// What a piece of a discarded body counts at least, since each one takes time however short it is. A
/// chunk of HTTP/1.1 may have one byte.
const MIN_DISCARDED_BYTES: usize = 4 * 1024;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// Too many bodies of this client, or of all, are being read.
    NotAdmitted(NotAdmitted),
    /// It arrived at less than the minimum rate.
    TooSlow,
    /// It has more bytes than the limit.
    TooLarge,
    /// The client disconnected, or what it sent is not HTTP.
    Broken,
}

/// Reads the bodies of requests within limits. Clones share their counters.
#[derive(Clone, Debug)]
pub struct BodyReader {
    max_bytes: usize,
    admission: Arc<Admission<Option<IpAddr>>>,
}

impl BodyReader {
    /// Reads bodies of up to `max_bytes`.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, admission: Arc::new(Admission::new(LIMITS)) }
    }

    /// Returns the request with its whole body in memory.
    ///
    /// # Errors
    /// [`NotRead`].
    pub async fn read(&self, request: Request) -> Result<Request, NotRead> {
        if request.body().is_end_stream() {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        // The address is unknown in tests only.
        let client = parts.extensions.get::<ClientAddress>().map(|client| client.network());
        let entered = self.admission.enter(client, Instant::now() + PATIENCE).await;
        let _place = entered.map_err(NotRead::NotAdmitted)?;
        let bytes = self.bytes(body).await?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }

    async fn bytes(&self, body: Body) -> Result<Vec<u8>, NotRead> {
        let begin = Instant::now();
        let mut pieces = body.into_data_stream();
        let (mut bytes, mut discarded) = (Vec::new(), 0);
        loop {
            let arrived = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let deadline = begin + PATIENCE + Duration::from_secs(1) * arrived / MIN_RATE;
            let piece = timeout_at(deadline, pieces.next()).await.map_err(|_| NotRead::TooSlow)?;
            match piece {
                None if discarded == 0 => return Ok(bytes),
                None => return Err(NotRead::TooLarge),
                Some(Err(_)) => return Err(NotRead::Broken),
                Some(Ok(piece))
                    if discarded == 0 && bytes.len() + piece.len() <= self.max_bytes =>
                {
                    bytes.extend_from_slice(&piece);
                }
                Some(Ok(piece)) => {
                    discarded += piece.len().max(MIN_DISCARDED_BYTES);
                    if discarded > MAX_DISCARDED_BYTES {
                        return Err(NotRead::TooLarge);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Bytes, to_bytes};
    use futures::stream::{self, Stream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    const MAX: usize = 64 * 1024;

    async fn read(body: Body) -> Result<Bytes, NotRead> {
        let request = BodyReader::new(MAX).read(Request::new(body)).await?;
        Ok(to_bytes(request.into_body(), usize::MAX).await.unwrap())
    }

    fn pieces(size: usize, pause: Duration) -> impl Stream<Item = std::io::Result<Bytes>> {
        stream::repeat(Bytes::from(vec![b' '; size])).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            Ok(piece)
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_as_long_as_it_arrives_at_the_minimum_rate() {
        assert_eq!(read(Body::empty()).await.unwrap(), "");
        let begin = Instant::now();
        let steady = pieces(4 * 1024, Duration::from_secs(2)).take(16);
        assert_eq!(read(Body::from_stream(steady)).await.unwrap().len(), MAX);
        assert_eq!(begin.elapsed().as_secs(), 32);
        let begin = Instant::now();
        let trickle = pieces(1, Duration::from_secs(1));
        assert_eq!(read(Body::from_stream(trickle)).await, Err(NotRead::TooSlow));
        assert_eq!(begin.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_over_the_limit_is_discarded_within_limits_of_its_own() {
        assert_eq!(read(Body::from(vec![0; MAX])).await.unwrap().len(), MAX);
        assert_eq!(read(Body::from(vec![0; MAX + 1])).await, Err(NotRead::TooLarge));
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = taken.clone();
        let tiny = std::iter::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(b" "))
        });
        assert_eq!(read(Body::from_stream(stream::iter(tiny))).await, Err(NotRead::TooLarge));
        let discarded = MAX_DISCARDED_BYTES / MIN_DISCARDED_BYTES;
        assert!(taken.load(Ordering::Relaxed) <= MAX + discarded + 1);
        // The time does not grow with what is discarded.
        let begin = Instant::now();
        let slow = pieces(MAX, Duration::from_secs(2));
        assert_eq!(read(Body::from_stream(slow)).await, Err(NotRead::TooSlow));
        assert_eq!(begin.elapsed().as_secs(), 42);
    }

    #[tokio::test]
    async fn a_body_that_ends_early_is_broken() {
        let lost = Err::<Bytes, std::io::Error>(std::io::ErrorKind::ConnectionReset.into());
        let body = stream::iter([Ok(Bytes::from_static(b"{")), lost]);
        assert_eq!(read(Body::from_stream(body)).await, Err(NotRead::Broken));
    }
}
