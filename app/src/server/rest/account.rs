//! `/api/v1/account`: the account that owns the token.

use super::caller::AnyToken;
use super::dto::{AccountDto, BillingDto};
use axum::Json;

/// Get the account.
///
/// Returns the account that owns the token and the limits of its plan. Needs no particular scope.
#[utoipa::path(
    get, path = "/account", tag = "account", operation_id = "get_account",
    security(("token" = [])),
    responses(
        (status = 200, description = "The account", body = AccountDto),
        super::CommonProblems,
    ),
)]
pub async fn get(caller: AnyToken) -> Json<AccountDto> {
    let billing = match caller.web.billing.sales() {
        Some(_) => BillingDto::Stripe,
        None => BillingDto::None,
    };
    Json(AccountDto::new(caller.account, billing))
}
