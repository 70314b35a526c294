//! Server functions of what anyone can download.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::program::ProgramDownload;

/// The program `gas-cli` of this service. `None` if it is not offered.
#[get("/api/downloads")]
pub async fn program_download() -> ApiResult<RawJson<Option<ProgramDownload>>> {
    let (web, _) = crate::server::caller::stranger()?;
    let program = web.downloads.program().await;
    program
        .map(|program| RawJson::of(&program))
        .map_err(|error| crate::server::errors::internal(&error))
}
