//! The reference in a folder, of a deployment without a catalog.

use super::engine_manifest::EngineManifest;
use crate::catalog::checksum;
use crate::ports::{PortError, PortResult, References};
use async_trait::async_trait;
use gas_shared::reference::{
    OtherFormat, ReferenceChoice, ReferenceChoices, ReferenceId, Sha256, longest,
};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The engine's manifest of a reference.
const MANIFEST: &str = "manifest.json";

/// The digits of the digest that an id has.
const ID_DIGITS: usize = 12;

/// The reference in a folder; none if the deployment names no folder.
#[derive(Debug)]
pub struct Bundle {
    folder: Option<PathBuf>,
    choices: OnceCell<Arc<ReferenceChoices>>,
}

impl Bundle {
    /// The reference in a folder.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, choices: OnceCell::new() }
    }
}

#[async_trait]
impl References for Bundle {
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>> {
        let Some(folder) = self.folder.clone() else { return Ok(Arc::default()) };
        let read = || async {
            let action = format!("read the reference in {}", folder.display());
            let read = tokio::task::spawn_blocking(move || describe_bundle(&folder)).await;
            let choice = match read.map_err(|error| PortError::new(action.clone(), error))? {
                Ok(choice) => choice,
                Err(BundleError::OtherFormat(reason)) => {
                    tracing::warn!(action, %reason, "reference not offered to users; build it again");
                    None
                }
                Err(error) => return Err(PortError::new(action, error)),
            };
            let default = choice.as_ref().map(|choice| choice.id.clone());
            Ok(Arc::new(ReferenceChoices { default, choices: choice.into_iter().collect() }))
        };
        self.choices.get_or_try_init(read).await.cloned()
    }
}

/// Why the reference in a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Its manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] io::Error),
    /// It has another format.
    #[error("{0}; build it again")]
    OtherFormat(OtherFormat),
}

/// Describes the reference in a folder. `None` if the folder has no manifest of the engine. The id is
/// `local/<assembly>/bundle-<first digits of the manifest's digest>`, so that it stands for one content.
///
/// # Errors
/// [`BundleError`].
pub fn describe_bundle(folder: &Path) -> Result<Option<ReferenceChoice>, BundleError> {
    let path = folder.join(MANIFEST);
    let (_, sha256) = match checksum(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let manifest: EngineManifest =
        serde_json::from_slice(&std::fs::read(path)?).map_err(io::Error::from)?;
    OtherFormat::check(manifest.format).map_err(BundleError::OtherFormat)?;
    let transcripts = manifest.transcripts();
    Ok(Some(ReferenceChoice {
        id: id(&manifest.assembly, &sha256)?,
        sha256,
        species: String::new(),
        assembly: manifest.assembly,
        gene_set: None,
        genes: manifest.genes,
        transcripts,
        contig_count: manifest.contigs.len() as u64,
        contigs: longest(manifest.contigs),
        attribution: None,
        license: None,
    }))
}

/// An id for a reference that no catalog has named.
fn id(assembly: &str, sha256: &Sha256) -> io::Result<ReferenceId> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let assembly: String =
        assembly.chars().take(64).map(|c| if is_safe(c) { c } else { '-' }).collect();
    let assembly = assembly.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let assembly = if assembly.is_empty() { "unnamed" } else { assembly };
    let digits = sha256.as_str().get(..ID_DIGITS).unwrap_or_default();
    format!("local/{assembly}/bundle-{digits}").parse().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST_JSON: &[u8] = br#"{"format":3,"assembly":"GRCh37 (demo)","contigs":[{"name":"20",
        "offset":0,"length":5000000}],"genes":3,"transcripts":7,"tagged":{"canonical":2,"mane_select":0,
        "mane_plus_clinical":0},"tracks":[],"sources":[],"files":[],"notes":[]}"#;

    #[tokio::test]
    async fn the_reference_in_a_folder_is_the_only_choice() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MANIFEST), MANIFEST_JSON).unwrap();
        let found = Bundle::new(Some(folder.path().to_owned())).choices().await.unwrap();
        let choice = found.find(None).unwrap();
        assert_eq!(found.choices.len(), 1);
        let digits = &choice.sha256.as_str()[..ID_DIGITS];
        assert_eq!(choice.id.as_str(), format!("local/GRCh37--demo-/bundle-{digits}"));
        assert_eq!((choice.assembly.as_str(), choice.transcripts.canonical), ("GRCh37 (demo)", 2));
        assert_eq!((choice.contigs[0].name.as_str(), choice.contigs[0].length), ("20", 5_000_000));
    }

    #[tokio::test]
    async fn a_reference_of_another_format_is_not_offered() {
        let folder = tempfile::tempdir().unwrap();
        let earlier =
            String::from_utf8_lossy(MANIFEST_JSON).replace(r#""format":3"#, r#""format":2"#);
        std::fs::write(folder.path().join(MANIFEST), earlier).unwrap();
        let found = Bundle::new(Some(folder.path().to_owned())).choices().await.unwrap();
        assert_eq!(*found, ReferenceChoices::default());
        let error = describe_bundle(folder.path()).unwrap_err().to_string();
        assert!(error.contains("format 2") && error.ends_with("build it again"), "{error}");
    }

    #[tokio::test]
    async fn without_a_folder_or_a_manifest_nothing_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path().to_owned())] {
            assert_eq!(*Bundle::new(folder).choices().await.unwrap(), ReferenceChoices::default());
        }
        std::fs::write(folder.path().join(MANIFEST), "{").unwrap();
        assert!(Bundle::new(Some(folder.path().to_owned())).choices().await.is_err());
    }
}
