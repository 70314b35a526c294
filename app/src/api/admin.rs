//! Server functions of operators. The caller must be one.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::UserId;
use gas_shared::operations::{
    AuditItem, Intake, QueueName, ServiceMode, ServiceState, UsageReport, UserAction, UserRecord,
};

/// The state of the service: jobs, queues and runs.
#[get("/api/admin/state")]
pub async fn service_state() -> ApiResult<RawJson<ServiceState>> {
    let (web, operator) = crate::server::caller::operator().await?;
    let (queues, prices) = (&*web.queues, &web.prices);
    let state = gas_backend::usecases::service_state(&web.gas, queues, prices, operator).await?;
    Ok(RawJson::of(&state))
}

/// Changes whether jobs are accepted and started.
#[post("/api/admin/intake")]
pub async fn set_intake(intake: Intake) -> ApiResult<RawJson<ServiceMode>> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(RawJson::of(&gas_backend::usecases::set_intake(&web.gas, operator, intake).await?))
}

/// Changes the text that every page shows; an empty text removes it.
#[post("/api/admin/banner")]
pub async fn set_banner(text: String) -> ApiResult<RawJson<ServiceMode>> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(RawJson::of(&gas_backend::usecases::set_banner(&web.gas, operator, &text).await?))
}

/// Moves dead letters back to their queue, and returns their number.
#[post("/api/admin/redrive")]
pub async fn redrive_queue(queue: QueueName) -> ApiResult<u64> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(gas_backend::usecases::redrive_queue(&web.gas, &*web.queues, operator, queue).await?)
}

/// Users whose name, email address, institution or id contains a text.
#[get("/api/admin/users?search")]
pub async fn find_users(search: String) -> ApiResult<RawJson<Vec<UserRecord>>> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(RawJson::of(&gas_backend::usecases::find_users(&web.gas, operator, &search).await?))
}

/// Blocks or unblocks a user, grants Premium or takes it back.
#[post("/api/admin/users/act")]
pub async fn act_on_user(user: UserId, action: UserAction) -> ApiResult<()> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(crate::server::operate::act_on_user(&web, operator, user, action).await?)
}

/// The newest entries of the audit log, before the entry with the number `before`; an empty text for the newest of all.
#[get("/api/admin/audit?before")]
pub async fn audit_items(before: String) -> ApiResult<RawJson<Vec<AuditItem>>> {
    let (web, operator) = crate::server::caller::operator().await?;
    let before = before.parse().ok();
    Ok(RawJson::of(&gas_backend::usecases::audit_items(&web.gas, operator, None, before).await?))
}

/// How much the service is used, and what that costs.
#[get("/api/admin/statistics")]
pub async fn statistics() -> ApiResult<RawJson<UsageReport>> {
    let (web, operator) = crate::server::caller::operator().await?;
    Ok(RawJson::of(&gas_backend::usecases::statistics(&web.gas, &web.prices, operator).await?))
}
