//! The routes for signing in and out.

use super::next_path::NextPath;
use super::pending::{COOKIE, PENDING_TTL, Pending};
use super::{Provider, SignedIn};
use crate::server::Web;
use crate::server::client_address::ClientAddress;
use crate::server::session::Session;
use anyhow::anyhow;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use gas_backend::audit::{Act, Actor};
use gas_backend::ports::SignIn;
use gas_backend::usecases::{LimitError, TooMany, count_sign_in, record_sign_in};
use gas_backend::{Billing, Gas};
use gas_shared::UserId;
use serde::Deserialize;
use std::sync::Arc;

/// `/login`, `/authcallback` and `/logout`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/login", get(login))
        .route("/authcallback", get(callback))
        .route("/logout", post(logout))
}

#[derive(Deserialize)]
struct LoginQuery {
    next: Option<String>,
}

/// Starts a sign-in. Nothing is stored here: the browser keeps what the callback needs.
async fn login(
    Extension(web): Extension<Web>,
    client: ClientAddress,
    Query(query): Query<LoginQuery>,
) -> Result<Response, SignInError> {
    match count_sign_in(&web.gas, client.0).await {
        Ok(()) => {}
        Err(LimitError::TooMany(rejected)) => return Err(SignInError::TooMany(rejected)),
        Err(error) => return Err(error.into()),
    }
    let (url, request) = web.provider.begin().await?;
    let next = NextPath::parse(query.next.as_deref());
    let pending = Pending { request, next, started_at: web.gas.now() };
    let value = pending.sign(&web.unsubscriber.key)?;
    let mut response = Redirect::to(&url).into_response();
    COOKIE.write(response.headers_mut(), &web.public_url, &value, PENDING_TTL.as_secs());
    Ok(response)
}

#[derive(Default, Deserialize)]
struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    Extension(web): Extension<Web>,
    session: Session,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Response {
    let cookie = COOKIE.read(&headers, &web.public_url);
    let pending = cookie.and_then(|cookie| Pending::verify(&web.unsubscriber.key, cookie));
    let signed_in = sign_in(&web, &session, pending, query).await;
    let mut response = signed_in.into_response();
    COOKIE.write(response.headers_mut(), &web.public_url, "", 0);
    response
}

async fn sign_in(
    web: &Web,
    session: &Session,
    pending: Option<Pending>,
    query: CallbackQuery,
) -> Result<Redirect, SignInError> {
    let pending = pending.ok_or_else(|| anyhow!("no sign-in was started in this browser"))?;
    let next = pending.next.clone();
    let finished = finish(&web.billing, &web.provider, pending, query).await;
    let finished = match finished {
        Ok(SignIn { account, first }) => match session.sign_in(&web.gas, &account).await? {
            true => Ok((account, first)),
            false => Err(no_account(&web.gas, account.id).await?),
        },
        Err(error) => Err(error),
    };
    match finished {
        Ok((account, first)) => {
            tracing::info!(user_id = %account.id, first, "signed in");
            Ok(Redirect::to(next.as_str()))
        }
        Err(error) => {
            match &error {
                SignInError::AccountClosing(user) | SignInError::Blocked(user) => {
                    web.gas.audit.record(Actor::User, *user, Act::SignInRejected).await;
                }
                SignInError::TooMany(_) | SignInError::Unknown(_) => {}
                SignInError::Failed(_) => web.gas.audit.record_rejected_sign_in().await,
            }
            Err(error)
        }
    }
}

/// Finishes a sign-in with the provider's response, and creates or updates the profile.
async fn finish(
    billing: &Billing,
    provider: &Arc<Provider>,
    pending: Pending,
    query: CallbackQuery,
) -> Result<SignIn, SignInError> {
    let code = checked_code(&billing.gas, &pending, query).await?;
    let SignedIn { identity, is_operator } = provider.finish(pending.request, code).await?;
    match record_sign_in(billing, &identity, is_operator).await? {
        Some(sign_in) => Ok(sign_in),
        None => Err(no_account(&billing.gas, identity.id).await?),
    }
}

/// Why a user cannot sign in.
async fn no_account(gas: &Gas, user: UserId) -> anyhow::Result<SignInError> {
    Ok(match gas.administration.is_blocked(user).await? {
        true => SignInError::Blocked(user),
        false => SignInError::AccountClosing(user),
    })
}

async fn checked_code(
    gas: &Gas,
    pending: &Pending,
    query: CallbackQuery,
) -> Result<String, SignInError> {
    let unknown = |text: &str| SignInError::Unknown(anyhow!("{text}"));
    let state = query.state.ok_or_else(|| unknown("the provider sent no state"))?;
    if !pending.request.has_state(&state) {
        return Err(unknown("the response belongs to another sign-in"));
    }
    let expires = pending.started_at + PENDING_TTL;
    if gas.now() >= expires {
        return Err(unknown("the sign-in took longer than ten minutes"));
    }
    // Recorded before anything else is tried, so that a state works only once.
    if !gas.sessions.use_state(pending.request.state(), expires).await? {
        return Err(unknown("the response was used before"));
    }
    if let Some(error) = query.error {
        let text = query.error_description.unwrap_or_default();
        return Err(anyhow!("the provider returned the error {error}: {text}").into());
    }
    query.code.ok_or_else(|| anyhow!("the provider sent no code").into())
}

async fn logout(Extension(web): Extension<Web>, session: Session) -> Result<Redirect, SignInError> {
    session.sign_out(&web.gas).await?;
    Ok(Redirect::to(&web.provider.after_sign_out(&web.public_url.join("/"))))
}

/// A sign-in that failed.
enum SignInError {
    /// The account is being erased. Signing in is not possible until that is done, so the page does
    /// not suggest trying again.
    AccountClosing(UserId),
    /// An operator has blocked the account.
    Blocked(UserId),
    /// Too many sign-ins were started from this address.
    TooMany(TooMany),
    /// The response is not the first one to a sign-in that this browser has started. Anyone can send as many of these as
    /// they like, so they are not in the audit log, which keeps everything.
    Unknown(anyhow::Error),
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
            Self::Blocked(user) => {
                tracing::info!(user_id = %user, "rejected a sign-in to a blocked account");
                (StatusCode::FORBIDDEN, Html(page("Your account is blocked", BLOCKED)))
            }
            Self::TooMany(rejected) => {
                let retry = [(header::RETRY_AFTER, HeaderValue::from(rejected.wait_secs()))];
                let text = format!(
                    "<p>There were too many sign-ins from your network. Wait {} seconds, then \
                     <a href=\"/login\">sign in</a>.</p>",
                    rejected.wait_secs()
                );
                let page = Html(page("Try again later", &text));
                return (StatusCode::TOO_MANY_REQUESTS, retry, page).into_response();
            }
            Self::Unknown(error) | Self::Failed(error) => {
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

const BLOCKED: &str = "<p>The operators of this service have blocked your account. Your data is kept. Contact them to \
    use it again.</p><p>Go to the <a href=\"/\">home page</a>.</p>";

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
#[path = "forged_token_tests.rs"]
mod forged_token_tests;

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
