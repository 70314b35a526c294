//! Server functions of saved filters and gene panels. Each that changes something returns everything that the caller has saved.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::SavedId;
use gas_shared::saved::{NewGenePanel, NewSavedFilter, Saved};

/// Everything that the caller has saved.
#[get("/api/saved")]
pub async fn saved() -> ApiResult<RawJson<Saved>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Saves a filter, which replaces one of the same name.
#[post("/api/saved/filters")]
pub async fn save_filter(new: NewSavedFilter) -> ApiResult<RawJson<Saved>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::save_filter(&web.gas, account.id, new).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Renames a saved filter.
#[post("/api/saved/filters/{id}/rename")]
pub async fn rename_filter(id: SavedId, name: String) -> ApiResult<RawJson<Saved>> {
    use gas_backend::ports::SavedKind;
    let (web, account) = crate::server::caller::account().await?;
    let kind = SavedKind::Filter;
    gas_backend::usecases::rename_saved(&web.gas, account.id, id, kind, &name).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Deletes a saved filter.
#[post("/api/saved/filters/{id}/delete")]
pub async fn delete_filter(id: SavedId) -> ApiResult<RawJson<Saved>> {
    use gas_backend::ports::SavedKind;
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::delete_saved(&web.gas, account.id, id, SavedKind::Filter).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Saves a gene panel, which replaces one of the same name.
#[post("/api/saved/panels")]
pub async fn save_panel(new: NewGenePanel) -> ApiResult<RawJson<Saved>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::save_panel(&web.gas, account.id, new).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Renames a gene panel.
#[post("/api/saved/panels/{id}/rename")]
pub async fn rename_panel(id: SavedId, name: String) -> ApiResult<RawJson<Saved>> {
    use gas_backend::ports::SavedKind;
    let (web, account) = crate::server::caller::account().await?;
    let kind = SavedKind::Panel;
    gas_backend::usecases::rename_saved(&web.gas, account.id, id, kind, &name).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}

/// Deletes a gene panel.
#[post("/api/saved/panels/{id}/delete")]
pub async fn delete_panel(id: SavedId) -> ApiResult<RawJson<Saved>> {
    use gas_backend::ports::SavedKind;
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::delete_saved(&web.gas, account.id, id, SavedKind::Panel).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_saved(&web.gas, account.id).await?))
}
