//! The session of a request, and its cookie. The browser holds only a random id; the rules are in
//! `gas_backend::usecases`.

use super::Web;
use super::cookies::Cookie;
use axum::Extension;
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use gas_backend::ports::PortResult;
use gas_backend::usecases::{
    CurrentSession, MAX_SESSION_AGE, delete_expired_share_links, end_session, replace_session_id,
    resume_session, start_session,
};
use gas_backend::{Gas, SessionSecret, chain};
use gas_shared::Account;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

const COOKIE: Cookie = Cookie("gas-session");

/// The cookie of the previous version of GAS, whose ids are shorter. It is read, and the session then
/// gets an id and a cookie of this version.
const OLD_COOKIE: Cookie = Cookie("gas");

/// How often the session of a long request is checked.
const CHECK_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

/// The session of a request. It is read from the database when it is first needed.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The id that the browser sent.
    sent: Option<SessionSecret>,
    current: OnceCell<Option<CurrentSession>>,
    change: Mutex<Option<Change>>,
}

/// What the response changes.
#[derive(Debug)]
enum Change {
    SignedIn(SessionSecret),
    SignedOut,
}

impl Session {
    fn new(sent: Option<SessionSecret>) -> Self {
        Self(Arc::new(Inner { sent, current: OnceCell::new(), change: Mutex::new(None) }))
    }

    /// The account of the signed-in user; `None` if nobody is signed in. It is read once per request.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn account(&self, gas: &Gas) -> PortResult<Option<Account>> {
        let Some(sent) = &self.0.sent else { return Ok(None) };
        let current = self.0.current.get_or_try_init(|| resume_session(gas, sent)).await?;
        Ok(current.as_ref().map(|current| current.account.clone()))
    }

    /// Returns when the session has ended, for requests that last long: it is checked every minute. A database that does
    /// not answer ends no session.
    pub async fn ended(&self, gas: &Gas) {
        let Some(sent) = &self.0.sent else { return };
        loop {
            tokio::time::sleep(CHECK_EVERY).await;
            match resume_session(gas, sent).await {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "session of a stream not checked");
                }
            }
        }
    }

    /// Signs the browser in, with a new id: one that was known before the sign-in cannot be used after
    /// it (session fixation). Returns `false` if the account is being closed.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign_in(&self, gas: &Gas, account: &Account) -> PortResult<bool> {
        let Some(secret) = start_session(gas, account).await? else { return Ok(false) };
        if let Some(sent) = &self.0.sent {
            gas.sessions.end(&sent.hash()).await?;
        }
        self.change(Change::SignedIn(secret));
        Ok(true)
    }

    /// Signs the browser out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign_out(&self, gas: &Gas) -> PortResult<()> {
        if let Some(sent) = &self.0.sent {
            end_session(gas, sent).await?;
        }
        self.forget();
        Ok(())
    }

    /// Makes the browser forget the id of a session that has ended.
    pub fn forget(&self) {
        self.change(Change::SignedOut);
    }

    fn change(&self, change: Change) {
        *self.0.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    fn take_change(&self) -> Option<Change> {
        self.0.change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Gives the session another id, if it needs one. If that fails, the next request tries again.
    async fn replace_id(&self, gas: &Gas) -> Option<SessionSecret> {
        let current = self.0.current.get()?.as_ref().filter(|current| current.needs_new_id)?;
        let replaced = replace_session_id(gas, self.0.sent.as_ref()?, &current.account).await;
        replaced.unwrap_or_else(|error| {
            tracing::warn!(error = %chain(&error), "failed to replace the id of a session");
            None
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let session = parts.extensions.get::<Self>().cloned();
        session.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "this route has no session"))
    }
}

/// Middleware that makes the [`Session`] available to handlers, and writes its cookie.
pub async fn keep_session(
    Extension(web): Extension<Web>,
    mut request: Request,
    next: Next,
) -> Response {
    let url = &web.public_url;
    let sent =
        COOKIE.read(request.headers(), url).or_else(|| OLD_COOKIE.read(request.headers(), url));
    let session = Session::new(sent.and_then(SessionSecret::parse));
    request.extensions_mut().insert(session.clone());
    let mut response = next.run(request).await;
    let id = match session.take_change() {
        Some(Change::SignedOut) => {
            COOKIE.write(response.headers_mut(), url, "", 0);
            OLD_COOKIE.write(response.headers_mut(), url, "", 0);
            None
        }
        Some(Change::SignedIn(id)) => Some(id),
        None => session.replace_id(&web.gas).await,
    };
    if let Some(id) = id {
        // The browser keeps the id for as long as it can be valid; the server decides whether it is.
        COOKIE.write(response.headers_mut(), url, id.expose(), MAX_SESSION_AGE.as_secs());
    }
    response
}

/// Deletes expired sessions, share links that expired more than 30 days ago, and audit entries older than 400 days, every
/// ten minutes until shutdown.
pub async fn sweep(gas: Gas, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        match sweep_once(&gas, gas.now()).await {
            Ok((0, 0, 0)) => {}
            Ok((sessions, links, entries)) => {
                tracing::debug!(sessions, links, entries, "deleted what has expired");
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "failed to delete what has expired");
            }
        }
    }
}

/// Returns the numbers of sessions, share links and audit entries that were deleted.
async fn sweep_once(gas: &Gas, now: Timestamp) -> PortResult<(u64, u64, u64)> {
    let sessions = gas.sessions.delete_expired(now).await?;
    let links = delete_expired_share_links(gas).await?;
    Ok((sessions, links, gas.audit.log().prune(now).await?))
}
