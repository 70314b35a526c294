//! `/api/v1/account`: the account that owns the token.

use super::caller::AnyToken;
use axum::Json;
use gas_shared::{Account, Plan};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The account that owns the token.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountDto {
    /// The user's id at the identity provider.
    pub id: Uuid,
    /// The user's full name.
    pub name: String,
    /// The user's email address.
    pub email: String,
    /// The user's plan.
    pub plan: PlanDto,
    /// How users get Premium.
    pub billing: BillingDto,
    /// The largest file that the plan allows, in bytes.
    pub max_upload_bytes: u64,
}

/// How users get Premium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Billing)]
#[serde(rename_all = "snake_case")]
pub enum BillingDto {
    /// They subscribe to it on the billing page.
    Stripe,
    /// Every user of this service has it.
    None,
}

/// A user's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Plan)]
#[serde(rename_all = "snake_case")]
pub enum PlanDto {
    /// Small files. Results can be downloaded for a short time, then they are archived.
    Free,
    /// Large files. Results can be downloaded at any time.
    Premium,
}

impl AccountDto {
    /// The account as this service shows it.
    pub fn new(account: Account, billing: BillingDto) -> Self {
        Self {
            billing,
            id: account.id.as_uuid(),
            max_upload_bytes: account.plan.max_upload_bytes(),
            plan: match account.plan {
                Plan::Free => PlanDto::Free,
                Plan::Premium => PlanDto::Premium,
            },
            name: account.name,
            email: account.email,
        }
    }
}

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
