//! Identifies the caller of the API by a bearer token. Cookies are ignored, so that another site
//! cannot misuse them.

use super::problem::{Code, Problem};
use crate::error::ApiError;
use crate::server::{Web, errors};
use axum::Extension;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use gas_backend::usecases::{
    OperationError, Operator, TokenCaller, authenticate_token, count_api_call,
};
use gas_shared::Account;
use gas_shared::token::Scope;
use tracing::Span;
use tracing::field::display;

/// The longest accepted `Authorization` header, in bytes. A valid one has 49.
const MAX_HEADER_BYTES: usize = 200;

/// A caller with any valid token.
pub struct AnyToken {
    /// The server's state.
    pub web: Web,
    /// The account that owns the token, read from the database for each request.
    pub account: Account,
}

/// A caller whose token has scope `jobs:read`.
pub struct CanRead(pub AnyToken);

/// A caller whose token has scope `jobs:write`.
pub struct CanWrite(pub AnyToken);

/// A caller whose token has the scopes `jobs:read` and `jobs:write`, for what gives others access to results or tells them
/// of jobs.
pub struct CanShare(pub AnyToken);

/// An operator whose token has scope `admin`.
pub struct CanOperate {
    /// The server's state.
    pub web: Web,
    /// The proof.
    pub operator: Operator,
}

impl<S: Send + Sync> FromRequestParts<S> for AnyToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (web, caller) = authenticate(parts, state).await?;
        Ok(Self { web, account: caller.account })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CanRead {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        authorize(parts, state, &[Scope::JobsRead]).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CanWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        authorize(parts, state, &[Scope::JobsWrite]).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CanShare {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        authorize(parts, state, &Scope::OF_JOBS).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CanOperate {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let AnyToken { web, account } = authorize(parts, state, &[Scope::Admin]).await?;
        match Operator::require(&web.gas, account.id).await {
            Ok(operator) => Ok(Self { web, operator }),
            Err(OperationError::NotOperator) => {
                let text = "the owner of the token is not an operator, or signed in more than 12 hours ago; \
                            sign in again";
                Err(Problem::new(Code::InsufficientScope, text))
            }
            Err(error) => Err(ApiError::from(error).into()),
        }
    }
}

async fn authorize<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    scopes: &[Scope],
) -> Result<AnyToken, Problem> {
    let (web, caller) = authenticate(parts, state).await?;
    if let Some(scope) = scopes.iter().find(|scope| !caller.scopes.contains(scope)) {
        let text = format!("this operation needs a token with the scope {scope}");
        return Err(challenge(
            Problem::new(Code::InsufficientScope, text),
            &format!("Bearer realm=\"GAS\", error=\"insufficient_scope\", scope=\"{scope}\""),
        ));
    }
    Ok(AnyToken { web, account: caller.account })
}

async fn authenticate<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<(Web, TokenCaller), Problem> {
    let Extension(web) = extension::<Web, S>(parts, state).await?;
    let Some(token) = bearer(&parts.headers) else {
        let text =
            "create a token on your account page and send it as `Authorization: Bearer gas_…`";
        let problem = Problem::new(Code::InvalidToken, text);
        return Err(challenge(problem, "Bearer realm=\"GAS\""));
    };
    let Some(caller) = authenticate_token(&web.gas, token).await? else {
        let text =
            "the token is unknown, expired or revoked; create a new one on your account page";
        let problem = Problem::new(Code::InvalidToken, text);
        return Err(challenge(problem, "Bearer realm=\"GAS\", error=\"invalid_token\""));
    };
    Span::current().record("user_id", display(caller.account.id));
    count_api_call(&web.gas, caller.token).await.map_err(ApiError::from)?;
    Ok((web, caller))
}

async fn extension<T, S>(parts: &mut Parts, state: &S) -> Result<Extension<T>, Problem>
where
    T: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    let found = Extension::from_request_parts(parts, state).await;
    found.map_err(|error| errors::internal(&error).into())
}

/// The token of a request (RFC 6750, section 2.1). Tokens in URLs or forms are not accepted, since
/// both may be logged.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (value.len() <= MAX_HEADER_BYTES && scheme.eq_ignore_ascii_case("bearer"))
        .then(|| token.trim_start())
}

/// Adds the `WWW-Authenticate` header that a rejection needs (RFC 6750, section 3).
fn challenge(problem: Problem, text: &str) -> Problem {
    match HeaderValue::from_str(text) {
        Ok(value) => problem.with(header::WWW_AUTHENTICATE, value),
        // Unreachable: the texts above are valid header values.
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn tokens_are_only_read_from_the_authorization_header() {
        assert_eq!(of("Bearer gas_x").as_deref(), Some("gas_x"));
        assert_eq!(of("bearer  gas_x").as_deref(), Some("gas_x"));
        for other in ["Basic gas_x", "gas_x", "Bearer", &format!("Bearer {}", "x".repeat(200))] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
