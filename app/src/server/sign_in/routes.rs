//! The routes for signing in and out.

use super::next_path::NextPath;
use super::provider::PendingSignIn;
use crate::server::Web;
use crate::server::client_address::ClientAddress;
use crate::server::session::SignedIn;
use anyhow::{Context, anyhow, bail};
use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use gas_backend::usecases::{LimitError, TooMany, count_sign_in};
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

/// The time within which a sign-in must be finished.
const PENDING_TTL: SignedDuration = SignedDuration::from_mins(10);

const PENDING_KEY: &str = "pending_sign_in";

/// `/login`, `/authcallback` and `/logout`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/login", get(login))
        .route("/authcallback", get(callback))
        .route("/logout", post(logout))
}

/// A started sign-in, stored in the session.
#[derive(Serialize, Deserialize)]
struct Pending {
    request: PendingSignIn,
    next: NextPath,
    started_at: Timestamp,
}

#[derive(Deserialize)]
struct LoginQuery {
    next: Option<String>,
}

async fn login(
    Extension(web): Extension<Web>,
    client: ClientAddress,
    session: Session,
    Query(query): Query<LoginQuery>,
) -> Result<Redirect, SignInError> {
    match count_sign_in(&web.gas, client.0).await {
        Ok(()) => {}
        Err(LimitError::TooMany(refused)) => return Err(SignInError::TooMany(refused)),
        Err(error) => return Err(error.into()),
    }
    let (url, request) = web.provider.begin().await?;
    let next = NextPath::parse(query.next.as_deref());
    let pending = Pending { request, next, started_at: web.gas.now() };
    session.insert(PENDING_KEY, pending).await?;
    Ok(Redirect::to(&url))
}

#[derive(Deserialize)]
struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    Extension(web): Extension<Web>,
    session: Session,
    Query(query): Query<CallbackQuery>,
) -> Result<Redirect, SignInError> {
    // Removed before it is checked, so that a state works only once.
    let pending: Option<Pending> = session.remove(PENDING_KEY).await?;
    let pending = pending.ok_or_else(|| anyhow!("no sign-in was started in this browser"))?;
    let next = pending.next.clone();
    let code = checked_code(&pending, query, web.gas.now())?;
    let identity = web.provider.finish(pending.request, code).await?;
    let sign_in = web.gas.accounts.record_sign_in(&identity).await?;
    let sign_in = sign_in.ok_or(SignInError::AccountClosing(identity.id))?;
    let since = web.gas.now();
    SignedIn { user: sign_in.account.id, since }.start(&session).await?;
    tracing::info!(user_id = %sign_in.account.id, first = sign_in.first, "signed in");
    Ok(Redirect::to(next.as_str()))
}

fn checked_code(pending: &Pending, query: CallbackQuery, now: Timestamp) -> anyhow::Result<String> {
    let state = query.state.context("the provider sent no state")?;
    if !pending.request.has_state(&state) {
        bail!("the response belongs to another sign-in");
    }
    if now.duration_since(pending.started_at) > PENDING_TTL {
        bail!("the sign-in took longer than ten minutes");
    }
    if let Some(error) = query.error {
        bail!(
            "the provider returned the error {error}: {}",
            query.error_description.unwrap_or_default()
        );
    }
    query.code.context("the provider sent no code")
}

async fn logout(Extension(web): Extension<Web>, session: Session) -> Result<Redirect, SignInError> {
    session.flush().await?;
    Ok(Redirect::to(&web.provider.after_sign_out(&web.public_url.join("/"))))
}

/// A sign-in that failed.
enum SignInError {
    /// The account is being erased. Signing in is not possible until that is done, so the page does
    /// not suggest trying again.
    AccountClosing(UserId),
    /// Too many sign-ins were started from this address.
    TooMany(TooMany),
    /// The sign-in failed. The cause is logged and not shown to the browser.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for SignInError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for SignInError {
    fn into_response(self) -> Response {
        match self {
            Self::AccountClosing(user) => {
                tracing::info!(user_id = %user, "rejected a sign-in to an account that is being erased");
                (StatusCode::CONFLICT, Html(page("Your account is being deleted", ACCOUNT_CLOSING)))
            }
            Self::TooMany(refused) => {
                let retry = [(header::RETRY_AFTER, HeaderValue::from(refused.wait_secs()))];
                let text = format!(
                    "<p>There were too many sign-ins from your network. Wait {} seconds, then \
                     <a href=\"/login\">sign in</a>.</p>",
                    refused.wait_secs()
                );
                let page = Html(page("Try again later", &text));
                return (StatusCode::TOO_MANY_REQUESTS, retry, page).into_response();
            }
            Self::Failed(error) => {
                tracing::warn!(error = format!("{error:#}"), "sign-in failed");
                (StatusCode::BAD_REQUEST, Html(page("Sign-in failed", FAILED)))
            }
        }
        .into_response()
    }
}

const FAILED: &str = "<p>You are not signed in. The sign-in took too long, was cancelled, or the \
    identity provider could not be reached.</p><p><a href=\"/login\">Try again</a> or go to the \
    <a href=\"/\">home page</a>.</p>";

const ACCOUNT_CLOSING: &str = "<p>You closed this account, and its data is being deleted. This \
    takes a few minutes, or a few hours if there are many jobs. It can't be undone.</p><p>After \
    that you can <a href=\"/login\">sign in</a> again and start with an empty account. Go to the \
    <a href=\"/\">home page</a>.</p>";

/// An HTML page without style sheets and scripts.
fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><h1>{title}</h1>{text}</html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn response(error: SignInError) -> (StatusCode, String) {
        let response = error.into_response();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_page_of_a_closing_account_does_not_suggest_to_try_again() {
        let user = UserId::new(uuid::Uuid::nil());
        let (status, text) = response(SignInError::AccountClosing(user)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(text.contains("<h1>Your account is being deleted</h1>"), "{text}");
        assert!(!text.contains("Try again"), "{text}");
    }

    #[tokio::test]
    async fn the_cause_of_a_failed_sign_in_is_not_shown() {
        let (status, text) = response(anyhow!("the provider sent no code").into()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains("Try again") && !text.contains("no code"), "{text}");
    }
}
