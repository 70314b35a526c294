//! Imports: jobs whose file the service copies from a URL of the user.

use crate::job_options::JobOptions;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest URL of a file, in bytes. A presigned URL of S3 with the token of a role has 1,500 to 4,000.
pub const MAX_SOURCE_URL_BYTES: usize = 8192;

/// The largest file that is copied from a URL or in the background for another run, in bytes: 500 GiB. Its parts fit into the memory of the utility node.
pub const MAX_IMPORT_BYTES: u64 = 500 << 30;

/// The most files that are copied, or wait to be copied, for one user.
pub const MAX_IMPORTS: u16 = 20;

/// A file at a URL to annotate.
// Its `Debug` form does not contain the URL, which may be a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = NewJobFromUrl))]
pub struct NewImport {
    /// The file: a presigned URL of S3 for GET, or another https URL whose server supports ranges and sends an ETag or
    /// Last-Modified. It must be valid until the file is copied. At most 8,192 bytes.
    #[cfg_attr(
        feature = "openapi",
        schema(
            format = "uri",
            max_length = 8192,
            write_only,
            example = "https://lab-bucket.s3.eu-central-1.amazonaws.com/patient-7.vcf.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        )
    )]
    pub url: String,
    /// The file's name. Must end with `.vcf`, `.vcf.gz`, `.vcf.bgz` or `.bcf`. By default, the last part of the path of
    /// the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "patient-7.vcf.gz"))]
    pub file_name: Option<String>,
    /// What to annotate the file with, and what to write. All options have defaults.
    #[serde(default, skip_serializing_if = "JobOptions::is_default")]
    pub options: JobOptions,
}

impl fmt::Debug for NewImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, file_name, options } = self;
        f.debug_struct("NewImport")
            .field("file_name", file_name)
            .field("options", options)
            .finish_non_exhaustive()
    }
}

impl NewImport {
    /// A file with the name that its URL has, and the default options.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), file_name: None, options: JobOptions::default() }
    }

    /// Sets the options.
    #[must_use]
    pub fn with(self, options: JobOptions) -> Self {
        Self { options, ..self }
    }

    /// Sets the name of the file.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { file_name: Some(name.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_contain_the_url() {
        let new = NewImport::new("https://lab.example.org/a.vcf?token=s3cret").named("b.vcf");
        let text = format!("{new:?}");
        assert!(text.contains("b.vcf") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn only_the_url_is_required() {
        let json = r#"{"url":"https://lab.example.org/a.vcf"}"#;
        let new: NewImport = serde_json::from_str(json).unwrap();
        assert_eq!(new, NewImport::new("https://lab.example.org/a.vcf"));
        assert_eq!(serde_json::to_string(&new).unwrap(), json);
    }
}
