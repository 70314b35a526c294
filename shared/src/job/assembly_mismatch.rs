//! A job whose file is of another assembly than its reference.

use crate::reference::ReferenceId;
use serde::{Deserialize, Serialize};

/// Why a file was rejected because of its assembly, and which references would fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssemblyMismatch {
    /// The assembly of the file, such as `GRCh38`.
    pub found: String,
    /// The reference of the job.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub chosen: ReferenceId,
    /// The references of the file's assembly that new jobs could choose when the job failed.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub fitting: Vec<ReferenceId>,
}
