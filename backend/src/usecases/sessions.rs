//! Browser sessions: they start at a sign-in, and end at a sign-out, after 30 minutes without use,
//! or 12 hours after the sign-in (OWASP ASVS 5, V7).

use crate::Gas;
use crate::audit::{Act, Actor};
use crate::ports::{NewSession, PortResult};
use crate::secrets::SessionSecret;
use gas_shared::{Account, UserId};
use jiff::SignedDuration;

/// A session ends after this long without use. As its use is recorded to the minute, it may end up to
/// a minute earlier.
const IDLE_TIMEOUT: SignedDuration = SignedDuration::from_mins(30);

/// A session ends this long after the sign-in, even if it is used.
pub const MAX_SESSION_AGE: SignedDuration = SignedDuration::from_hours(12);

/// The use of a session is recorded at most this often, so that a busy one is not written at every
/// request.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// How long a replaced id remains valid once its successor is in use, for requests that the browser
/// had sent with it.
const REPLACED_GRACE: SignedDuration = SignedDuration::from_secs(30);

/// A valid session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentSession {
    /// The user's account, as currently stored.
    pub account: Account,
    /// Whether the browser must get another id, because the plan has changed since it got this one
    /// or the previous version of GAS issued it.
    pub needs_new_id: bool,
}

/// Starts the session of a sign-in. `None` if the account is being closed.
///
/// # Errors
/// If the store fails.
pub async fn start_session(gas: &Gas, account: &Account) -> PortResult<Option<SessionSecret>> {
    let (secret, since) = (SessionSecret::mint()?, gas.now());
    let session = NewSession {
        hash: secret.hash(),
        user: account.id,
        since,
        plan: account.plan,
        expires: since + IDLE_TIMEOUT,
    };
    if !gas.sessions.create(&session).await? {
        return Ok(None);
    }
    gas.audit.record(Actor::User, account.id, Act::SignedIn).await;
    Ok(Some(secret))
}

/// Finds the session of a request and records its use. `None` if it has ended or its user has no
/// account.
///
/// # Errors
/// If a store fails.
pub async fn resume_session(
    gas: &Gas,
    secret: &SessionSecret,
) -> PortResult<Option<CurrentSession>> {
    let (hash, now) = (secret.hash(), gas.now());
    let Some(session) = gas.sessions.find(&hash, now).await? else { return Ok(None) };
    let ends = session.since + MAX_SESSION_AGE;
    if now >= ends {
        return Ok(None);
    }
    let Some(account) = gas.accounts.account(session.user).await? else { return Ok(None) };
    if session.last_seen.is_none_or(|seen| now.duration_since(seen) >= TOUCH_EVERY) {
        if session.is_successor && session.last_seen.is_none() {
            gas.sessions.retire_predecessor(&hash, now + REPLACED_GRACE).await?;
        }
        let expires = ends.min(now + IDLE_TIMEOUT);
        gas.sessions.touch(&hash, now, expires, now - TOUCH_EVERY).await?;
    }
    let needs_new_id = !session.retired && session.plan != Some(account.plan);
    Ok(Some(CurrentSession { account, needs_new_id }))
}

/// Gives a session another id, which the browser uses from its next request on. Requests that are in
/// flight keep working with the old one. `None` if the session has ended meanwhile.
///
/// # Errors
/// If the store fails; the session then keeps its id.
pub async fn replace_session_id(
    gas: &Gas,
    secret: &SessionSecret,
    account: &Account,
) -> PortResult<Option<SessionSecret>> {
    let new = SessionSecret::mint()?;
    let replaced = gas.sessions.replace(&secret.hash(), &new.hash(), account.plan).await?;
    Ok(replaced.then_some(new))
}

/// Signs a browser out.
///
/// # Errors
/// If the store fails.
pub async fn end_session(gas: &Gas, secret: &SessionSecret) -> PortResult<()> {
    if let Some(user) = gas.sessions.end(&secret.hash()).await? {
        gas.audit.record(Actor::User, user, Act::SignedOut).await;
    }
    Ok(())
}

/// Signs a user out in all browsers. API tokens stay valid.
///
/// # Errors
/// If the store fails.
pub async fn end_all_sessions(gas: &Gas, user: UserId) -> PortResult<()> {
    gas.sessions.end_all(user).await?;
    gas.audit.record(Actor::User, user, Act::SignedOutEverywhere).await;
    Ok(())
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
