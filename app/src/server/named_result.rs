//! The result that a request for a file names in its path, and the right to read it. Server functions have it as an
//! argument instead.

use super::client_address::ClientAddress;
use super::session::Session;
use super::{Web, caller};
use crate::error::ApiError;
use crate::result_address::ResultAddress;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use gas_backend::usecases::{ResultAccess, open_share_link};

/// The result of a path: with `{id}` that of a job of the signed-in user, with `{secret}` that of a share link.
pub struct NamedResult {
    address: ResultAddress,
    session: Session,
    client: ClientAddress,
}

impl NamedResult {
    /// Where the result is.
    pub const fn address(&self) -> &ResultAddress {
        &self.address
    }

    /// The right to read it.
    ///
    /// # Errors
    /// [`SignInRequired`](crate::error::ErrorCode::SignInRequired) for a job without a session,
    /// [`NotFound`](crate::error::ErrorCode::NotFound) if the link is not valid. Whether the job is the user's is checked
    /// when the result is read.
    pub async fn access(&self, web: &Web) -> Result<ResultAccess, ApiError> {
        match &self.address {
            ResultAddress::Job(id) => {
                let account = caller::account_of(web, &self.session).await?;
                Ok(ResultAccess::of_owner(account.id, *id))
            }
            ResultAddress::Link(secret) => {
                Ok(open_share_link(&web.gas, secret, self.client.0).await?)
            }
        }
    }
}

/// The address that the parameters of a path name.
fn address<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<ResultAddress> {
    params.into_iter().find_map(|(name, value)| match name {
        "id" => value.parse().ok().map(ResultAddress::Job),
        "secret" => Some(ResultAddress::Link(value.to_owned())),
        _ => None,
    })
}

impl<S: Send + Sync> FromRequestParts<S> for NamedResult {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(IntoResponse::into_response)?;
        let missing = || (StatusCode::NOT_FOUND, "there is no such result").into_response();
        let address = address(&params).ok_or_else(missing)?;
        let session = Session::from_request_parts(parts, state).await;
        let client = ClientAddress::from_request_parts(parts, state).await;
        Ok(Self {
            address,
            session: session.map_err(IntoResponse::into_response)?,
            client: client.map_err(IntoResponse::into_response)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_job_or_a_link() {
        let id = "0193d7a0-0000-7000-8000-000000000000";
        let job = address([("name", "qual.svg"), ("id", id)]).unwrap();
        assert_eq!(job, ResultAddress::Job(id.parse().unwrap()));
        let link = address([("secret", "abc"), ("name", "qual.svg")]).unwrap();
        assert_eq!(link, ResultAddress::Link("abc".to_owned()));
        assert_eq!(address([("id", "abc")]), None);
        assert_eq!(address([("name", "abc")]), None);
    }
}
