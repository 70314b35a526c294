//! Builds the private references of users: takes the two files of a reference from S3, builds it in the
//! sandbox, and stores it in the catalog of its owner.
//!
//! A message that is delivered again, or to two workers, leads to the same reference. The row decides: what
//! is not to be built anymore is left alone.

use crate::dead_letters::DeadLetterHandler;
use crate::engine::{EngineError, ReferenceBuilderProgram, ReferenceTask};
use crate::outage::MaybeOutage;
use crate::run_file::RunFile;
use crate::scratch::{ScratchAdmission, ScratchRoot};
use crate::utility::consume::{ConsumeError, Consumer, Handled};
use async_trait::async_trait;
use gas_backend::AnnotateGas;
use gas_backend::catalog::checksum;
use gas_backend::messages::ReferenceBuild;
use gas_backend::ports::{Message, PortError, Queue};
use gas_backend::references::{PrivateReferences, UnusableReference, private_manifest};
use gas_backend::usecases::{
    ChangeError, ReferenceError, built_private_reference, conclude_private_build,
    discard_private_build, failed_private_reference, private_reference_to_build,
};
use gas_shared::catalog::CatalogFile;
use gas_shared::private_reference::{PrivateReference, SourceRole};
use gas_shared::reference::ReferenceManifest;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

const MIB: u64 = 1024 * 1024;

/// The engine's own manifest.
const MANIFEST: &str = "manifest.json";

/// Far more than a manifest has.
const MAX_MANIFEST_BYTES: u64 = 64 * MIB;

/// The expected bases and gene models as a multiple of the bytes of a file that may be compressed. The human
/// genome has 4.
const GROWTH: u64 = 5;

/// The most that a file of the reference may have in comparison with the uploaded files: transcripts overlap,
/// so their sequences together have more bases than the contigs.
const MAX_GROWTH: u64 = 20;

/// The smallest limit of a file of the reference.
const MIN_FILE_BYTES: u64 = 256 * MIB;

/// For each second, a build has this many bytes of input. An estimate: no genome of human size was measured.
const BYTES_A_SECOND: u64 = 256 * 1024;

/// The most seconds that a build may have more. SQS hides a message for 12 hours at most.
const MAX_MORE_SECS: u64 = 4 * 3_600;

/// The delay of a build for which the disk has no space.
const NO_SPACE_DELAY: Duration = Duration::from_secs(120);

/// The reason that the owner reads if all attempts failed for reasons other than the files.
const SERVICE_FAILURE: &str = "the reference was not built because of a problem on our side; add it again, \
     and contact us if it still fails";

/// Builds references, one at a time.
#[derive(Clone)]
pub(crate) struct ReferenceBuilder {
    pub(crate) gas: AnnotateGas,
    pub(crate) private: PrivateReferences,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) program: ReferenceBuilderProgram,
    pub(crate) scratch: ScratchRoot,
}

/// Why a reference was not built.
#[derive(Debug, thiserror::Error)]
enum BuildError {
    /// Its owner can read why.
    #[error("{0}")]
    Rejected(String),
    /// The disk has too little space now.
    #[error("the disk has no space for the build")]
    NoSpace,
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Catalog(#[from] ReferenceError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("a file of the build failed")]
    File(#[from] io::Error),
    #[error("the engine's manifest is invalid: {0}")]
    Manifest(String),
}

impl MaybeOutage for BuildError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Catalog(ReferenceError::Port(error)) | Self::Port(error) => error.is_outage(),
            _ => false,
        }
    }
}

#[async_trait]
impl Consumer for ReferenceBuilder {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        let request: ReferenceBuild = serde_json::from_str(&message.body)?;
        Span::current().record("user_id", display(request.user_id));
        let Some(reference) = private_reference_to_build(&self.private, &request).await? else {
            conclude_private_build(&self.gas, &self.private, &request).await?;
            // An earlier attempt may have ended after the owner had deleted the reference.
            let ReferenceBuild { user_id, reference, .. } = &request;
            let discarded = discard_private_build(&self.private, *user_id, reference).await;
            discarded.map_err(BuildError::from)?;
            return Ok(Handled::Done);
        };
        match self.build(&reference).await {
            Ok(()) => Ok(Handled::Done),
            Err(BuildError::Rejected(reason)) => {
                failed_private_reference(&self.gas, &self.private, &reference, reason).await?;
                Ok(Handled::Done)
            }
            Err(BuildError::NoSpace) => {
                tracing::warn!("disk has no space for a reference; it returns to the queue");
                self.queue.send_later(&message.body, NO_SPACE_DELAY).await?;
                Ok(Handled::Done)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl ReferenceBuilder {
    #[tracing::instrument(name = "build_reference", skip_all, fields(reference = %reference.id))]
    async fn build(&self, reference: &PrivateReference) -> Result<(), BuildError> {
        let bytes = reference.bytes();
        let need = bytes.saturating_mul(1 + GROWTH).max(MIN_FILE_BYTES);
        let folder = match self.scratch.admit(need)? {
            ScratchAdmission::Admitted(folder) => folder,
            ScratchAdmission::Wait(_) => return Err(BuildError::NoSpace),
            ScratchAdmission::Never(_) => {
                return Err(BuildError::Rejected(
                    "the files are too large for this service; leave out contigs that you do not need"
                        .to_owned(),
                ));
            }
        };
        let folder = folder.path();
        let sources = SourceRole::ALL.map(|role| folder.join(role.as_str()));
        for (role, to) in SourceRole::ALL.into_iter().zip(&sources) {
            self.fetch(reference, role, to).await?;
        }
        let [fasta, gene_models] = &sources;
        let out = folder.join("reference");
        let limit = bytes.saturating_mul(MAX_GROWTH).max(MIN_FILE_BYTES);
        let task = ReferenceTask {
            folder,
            fasta,
            gene_models,
            assembly: reference.id.assembly(),
            out: &out,
            file_bytes: limit.min(self.private.limits.max_bytes),
            more_time: Duration::from_secs((bytes / BYTES_A_SECOND).min(MAX_MORE_SECS)),
        };
        match self.program.run(task).await {
            Ok(()) => {}
            Err(EngineError::BadInput(problem)) => {
                return Err(BuildError::Rejected(named_as_uploaded(&problem.reason, reference)));
            }
            Err(EngineError::OverLimit(reason)) => return Err(BuildError::Rejected(reason)),
            Err(EngineError::DiskFull { .. }) => return Err(BuildError::NoSpace),
            Err(error) => return Err(error.into()),
        }
        let (manifest, notes) = describe(&out, reference).await?;
        let (gas, private) = (&self.gas, &self.private);
        Ok(built_private_reference(gas, private, reference, &out, manifest, notes).await?)
    }

    /// Fetches a file of the reference.
    async fn fetch(
        &self,
        reference: &PrivateReference,
        role: SourceRole,
        to: &Path,
    ) -> Result<(), BuildError> {
        let file = self.gas.object_keys.reference_source(reference, role);
        match self.gas.objects.fetch(&file, to).await {
            Ok(info) if info.size == reference.source(role).size => Ok(()),
            Ok(_) => Err(BuildError::Rejected(format!("the {role} has changed; add it again"))),
            // Without its object, no attempt can succeed.
            Err(_) if matches!(self.gas.objects.head(&file).await, Ok(None)) => {
                Err(BuildError::Rejected(format!(
                    "the {role} is not stored anymore; delete the reference and add it again"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The engine knows the files by their role; the owner by another name.
fn named_as_uploaded(problem: &str, reference: &PrivateReference) -> String {
    for role in SourceRole::ALL {
        if let Some(rest) = problem.strip_prefix(role.as_str()) {
            return format!("{}{rest}", reference.source(role).file_name);
        }
    }
    problem.to_owned()
}

/// Reads what the engine has built. Files that are links are not followed: a hostile file may have taken
/// over the engine.
async fn describe(
    out: &Path,
    reference: &PrivateReference,
) -> Result<(ReferenceManifest, Vec<String>), BuildError> {
    let (out, reference) = (out.to_owned(), reference.clone());
    let described = tokio::task::spawn_blocking(move || {
        let manifest = RunFile::open(&out.join(MANIFEST))?;
        let size = manifest.size()?;
        if size > MAX_MANIFEST_BYTES {
            return Err(BuildError::Manifest(format!("it has {size} bytes")));
        }
        let json = manifest.read(0, size)?;
        let (bytes, sha256) = checksum(&manifest.path())?;
        let own = CatalogFile { name: MANIFEST.to_owned(), bytes, sha256 };
        let (manifest, notes) = match private_manifest(&json, own, &reference) {
            Ok(described) => described,
            Err(UnusableReference::Engine(problem)) => return Err(BuildError::Manifest(problem)),
            Err(unusable) => return Err(BuildError::Rejected(unusable.to_string())),
        };
        for file in &manifest.files {
            RunFile::open(&out.join(&file.name))?;
        }
        Ok((manifest, notes))
    });
    described.await.map_err(io::Error::other)?
}

/// Marks the references of dead letters, which no attempt could build, as failed.
pub(crate) struct BuildLetters {
    pub(crate) gas: AnnotateGas,
    pub(crate) private: PrivateReferences,
}

#[async_trait]
impl DeadLetterHandler for BuildLetters {
    type Letter = ReferenceBuild;

    const QUEUE: &'static str = "reference_builds";

    async fn handle(&self, request: ReferenceBuild) -> Result<Handled, ChangeError> {
        Span::current().record("user_id", display(request.user_id));
        let (gas, private) = (&self.gas, &self.private);
        if let Some(reference) = private_reference_to_build(private, &request).await? {
            tracing::error!(reference = %request.reference, "private reference failed after its last attempt");
            failed_private_reference(gas, private, &reference, SERVICE_FAILURE.to_owned()).await?;
        } else {
            conclude_private_build(gas, private, &request).await?;
        }
        Ok(Handled::Done)
    }
}

#[cfg(test)]
#[path = "reference_builds_tests.rs"]
mod tests;
