//! `/api/v1/account`: whose token it is.

use super::caller::Anyone;
use super::dto::AccountDto;
use axum::Json;

/// Get the account.
///
/// Whose token it is, and what the plan allows. Any valid token will do.
#[utoipa::path(
    get, path = "/account", tag = "account", operation_id = "get_account",
    security(("token" = [])),
    responses(
        (status = 200, description = "The account", body = AccountDto),
        super::CommonProblems,
    ),
)]
pub async fn get(caller: Anyone) -> Json<AccountDto> {
    Json(caller.account.into())
}
