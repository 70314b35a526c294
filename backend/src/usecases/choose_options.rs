//! The options of a job: checks whether a job can have them, and remembers what a user has chosen.

use super::private_references::{is_outdated, private_choices};
use crate::Gas;
use crate::chain;
use crate::ports::{PortError, PortResult};
use gas_shared::job_options::{OptionConflict, Transcripts};
use gas_shared::reference::{ReferenceChoices, ReferenceId};
use gas_shared::source::{SourceChoice, SourceChoices, SourceId};
use gas_shared::{Account, JobOptions, Plan, UserId};
use std::fmt;
use std::sync::Arc;

/// The most references that an error names.
const MAX_NAMED: usize = 8;

/// The reason why a job cannot have some options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// There is no such reference, or it is retired.
    #[error("there is no reference {id}; {known}")]
    UnknownReference {
        /// The identifier.
        id: ReferenceId,
        /// What can be chosen.
        known: KnownReferences,
    },
    /// The reference is a private one, and the user is not on Premium.
    #[error("the private reference {0} can be used on the Premium plan only")]
    NeedsPremium(ReferenceId),
    /// The reference is a private one that this version cannot read.
    #[error(
        "the private reference {0} was built for another version of GAS; delete it and add it again"
    )]
    OutdatedReference(ReferenceId),
    /// The reference has no transcripts that are marked as MANE or canonical.
    #[error(
        "the reference {0} marks no transcripts as MANE or canonical; choose the transcripts all or \
         coding, or another reference"
    )]
    NoMarkedTranscripts(ReferenceId),
    /// There is no such source, or it is retired.
    #[error("there is no source {id}; {known}")]
    UnknownSource {
        /// The identifier.
        id: SourceId,
        /// What can be chosen.
        known: KnownSources,
    },
    /// A source is of another assembly than the reference.
    #[error("the source {id} is not of {assembly}, the assembly of the reference; {known}")]
    SourceOfOtherAssembly {
        /// The identifier.
        id: SourceId,
        /// The assembly of the reference.
        assembly: String,
        /// What can be chosen.
        known: KnownSources,
    },
    /// Two sources have a column of the same name.
    #[error("the sources {one} and {other} both have the column {column}; choose one of them")]
    SameColumn {
        /// A source.
        one: SourceId,
        /// The other one.
        other: SourceId,
        /// The column.
        column: String,
    },
    /// The options exclude each other.
    #[error(transparent)]
    Conflict(#[from] OptionConflict),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The references that a user can choose, for an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownReferences(Vec<ReferenceId>);

impl fmt::Display for KnownReferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("leave it out, since no reference can be chosen here"),
            [one] => write!(f, "leave it out, or use {one}, the only one"),
            ids => {
                let named: Vec<&str> =
                    ids.iter().take(MAX_NAMED).map(ReferenceId::as_str).collect();
                write!(f, "choose one of {}", named.join(", "))?;
                match ids.len().saturating_sub(MAX_NAMED) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// The sources that a user can choose, for an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSources(Vec<SourceId>);

impl fmt::Display for KnownSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("leave sources out, since none can be chosen here");
        }
        let named: Vec<&str> = self.0.iter().take(MAX_NAMED).map(SourceId::as_str).collect();
        write!(f, "choose of {}", named.join(", "))?;
        match self.0.len().saturating_sub(MAX_NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Checks that a job can have these options.
///
/// # Errors
/// [`OptionsError`].
pub(super) async fn check_options(
    gas: &Gas,
    account: &Account,
    options: &JobOptions,
) -> Result<(), OptionsError> {
    options.check()?;
    let is_marked = options.transcripts == Transcripts::ManeCanonical;
    let sources = options.sources.as_deref().unwrap_or_default();
    if options.reference.is_none() && !is_marked && sources.is_empty() {
        return Ok(());
    }
    let references = references(gas, account).await?;
    let choice = references.find(options.reference.as_ref());
    if !sources.is_empty() {
        let assembly = choice.map(|choice| choice.assembly.as_str());
        check_sources(&*gas.sources.choices().await?, sources, assembly)?;
    }
    match (choice, &options.reference) {
        (Some(choice), _) if is_marked && !choice.transcripts.has_mane_or_canonical() => {
            Err(OptionsError::NoMarkedTranscripts(choice.id.clone()))
        }
        (None, Some(id)) if id.is_private() && account.plan == Plan::Free => {
            Err(OptionsError::NeedsPremium(id.clone()))
        }
        (None, Some(id)) if id.is_private() && is_outdated(gas, account.id, id).await? => {
            Err(OptionsError::OutdatedReference(id.clone()))
        }
        (None, Some(id)) => {
            let known = references.choices.iter().map(|choice| choice.id.clone()).collect();
            Err(OptionsError::UnknownReference { id: id.clone(), known: KnownReferences(known) })
        }
        _ => Ok(()),
    }
}

/// Checks that a job with a reference of an assembly, if it is known, can have these sources.
fn check_sources(
    choices: &SourceChoices,
    ids: &[SourceId],
    assembly: Option<&str>,
) -> Result<(), OptionsError> {
    let known = || {
        let fits =
            |choice: &&SourceChoice| assembly.is_none_or(|name| choice.id.fits_assembly(name));
        let fitting = choices.choices.iter().filter(fits);
        KnownSources(fitting.map(|choice| choice.id.clone()).collect())
    };
    let mut chosen: Vec<&SourceChoice> = Vec::new();
    for id in ids {
        let Some(choice) = choices.find(id) else {
            return Err(OptionsError::UnknownSource { id: id.clone(), known: known() });
        };
        if let Some(assembly) = assembly.filter(|name| !id.fits_assembly(name)) {
            let assembly = assembly.to_owned();
            let known = known();
            return Err(OptionsError::SourceOfOtherAssembly { id: id.clone(), assembly, known });
        }
        let common = |other: &&SourceChoice| {
            Some((other.id.clone(), other.common_column(choice)?.to_owned()))
        };
        if let Some((one, column)) = chosen.iter().find_map(common) {
            return Err(OptionsError::SameColumn { one, other: id.clone(), column });
        }
        chosen.push(choice);
    }
    Ok(())
}

/// The sources that jobs can choose.
///
/// # Errors
/// If the catalog cannot be read.
pub async fn sources(gas: &Gas) -> PortResult<Arc<SourceChoices>> {
    gas.sources.choices().await
}

/// The references that jobs of a user can choose: those of the catalog, and their own.
///
/// # Errors
/// If the catalog or the table of private references cannot be read.
pub async fn references(gas: &Gas, account: &Account) -> PortResult<Arc<ReferenceChoices>> {
    let (shared, own) = tokio::try_join!(gas.references.choices(), private_choices(gas, account))?;
    if own.is_empty() {
        return Ok(shared);
    }
    let mut all = ReferenceChoices::clone(&shared);
    all.choices.extend(own);
    Ok(Arc::new(all))
}

/// Remembers what a user has chosen for the next file. A failure is only logged, since the upload does not depend on it.
pub(super) async fn remember_options(gas: &Gas, user: UserId, options: &JobOptions) {
    if let Err(error) = gas.accounts.set_job_options(user, options).await {
        tracing::warn!(error = %chain(&error), "chosen options not remembered");
    }
}

/// What the user chose last, for the next file; the defaults at first. A reference that is not there any
/// more, and options of a newer version, are left out; a release of a source that is not there any more is replaced by the newest.
///
/// # Errors
/// If a service fails.
pub async fn default_options(gas: &Gas, account: &Account) -> PortResult<JobOptions> {
    let mut options = gas.accounts.job_options(account.id).await?.unwrap_or_default();
    if options.reference.is_some()
        && references(gas, account).await?.find(options.reference.as_ref()).is_none()
    {
        options.reference = None;
    }
    if let Some(chosen) = &options.sources {
        options.sources = gas.sources.choices().await?.renewed(chosen);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{begin_parts, request_upload};
    use gas_shared::job_options::{Layout, Selection};
    use gas_shared::reference::TranscriptCounts;
    use gas_shared::upload::NewUpload;

    const GRCH37: &str = "homo_sapiens/GRCh37/ensembl-87";
    const GRCH38: &str = "homo_sapiens/GRCh38/ensembl-115";

    fn of(reference: &str) -> JobOptions {
        JobOptions { reference: Some(reference.parse().unwrap()), ..JobOptions::default() }
    }

    async fn rejection(test: &TestGas, options: &JobOptions) -> String {
        check_options(&test.gas, &test.user("eve", Plan::Free), options)
            .await
            .unwrap_err()
            .to_string()
    }

    #[tokio::test]
    async fn an_unknown_reference_is_rejected_with_what_can_be_chosen() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        assert!(check_options(&test.gas, &ada, &JobOptions::default()).await.is_ok());
        insta::assert_snapshot!(rejection(&test, &of(GRCH38)).await, @"there is no reference homo_sapiens/GRCh38/ensembl-115; leave it out, since no reference can be chosen here");
        let grch37 = test.references.add(GRCH37);
        insta::assert_snapshot!(rejection(&test, &of(GRCH38)).await, @"there is no reference homo_sapiens/GRCh38/ensembl-115; leave it out, or use homo_sapiens/GRCh37/ensembl-87, the only one");
        test.references.add("mus_musculus/GRCm39/ensembl-115");
        insta::assert_snapshot!(rejection(&test, &of(GRCH38)).await, @"there is no reference homo_sapiens/GRCh38/ensembl-115; choose one of homo_sapiens/GRCh37/ensembl-87, mus_musculus/GRCm39/ensembl-115");
        assert!(check_options(&test.gas, &ada, &of(GRCH37)).await.is_ok());
        test.references.retire(&grch37.id);
        assert!(check_options(&test.gas, &ada, &of(GRCH37)).await.is_err());
        for release in 1..=10 {
            test.references.add(&format!("homo_sapiens/GRCh38/gencode-{release}"));
        }
        assert!(rejection(&test, &of(GRCH38)).await.ends_with("gencode-7 and 3 more"));
    }

    #[tokio::test]
    async fn options_that_the_engine_would_reject_are_rejected_before_the_upload() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let grch37 = test.references.add(GRCH37);
        let marked =
            JobOptions { transcripts: Transcripts::ManeCanonical, ..JobOptions::default() };
        assert!(check_options(&test.gas, &ada, &marked).await.is_ok(), "one is canonical");
        test.references.change(&grch37.id, |choice| {
            choice.transcripts = TranscriptCounts { all: 2, ..TranscriptCounts::default() };
        });
        assert!(rejection(&test, &marked).await.contains("marks no transcripts as MANE"));
        let haplotypes = JobOptions {
            layout: Layout::Bcsq,
            selection: Selection::Pick,
            ..JobOptions::default()
        };
        assert!(rejection(&test, &haplotypes).await.contains("bcsq"));
    }

    #[tokio::test]
    async fn sources_that_a_job_cannot_have_are_rejected_with_what_can_be_chosen() {
        let test = TestGas::new();
        test.references.add(GRCH37);
        let with = |ids: &[&str]| JobOptions {
            sources: Some(ids.iter().map(|id| id.parse().unwrap()).collect()),
            ..of(GRCH37)
        };
        let clinvar = "clinvar/GRCh37/2026-11";
        insta::assert_snapshot!(rejection(&test, &with(&[clinvar])).await, @"there is no source clinvar/GRCh37/2026-11; leave sources out, since none can be chosen here");
        for id in [clinvar, "clinvar/GRCh38/2026-11", "constraint/any/4.1"] {
            test.sources.add(id);
        }
        insta::assert_snapshot!(rejection(&test, &with(&["dbsnp/GRCh37/157"])).await, @"there is no source dbsnp/GRCh37/157; choose of clinvar/GRCh37/2026-11, constraint/any/4.1");
        insta::assert_snapshot!(rejection(&test, &with(&["clinvar/GRCh38/2026-11"])).await, @"the source clinvar/GRCh38/2026-11 is not of GRCh37, the assembly of the reference; choose of clinvar/GRCh37/2026-11, constraint/any/4.1");
        insta::assert_snapshot!(rejection(&test, &with(&[clinvar, "constraint/any/4.1"])).await, @"the sources clinvar/GRCh37/2026-11 and constraint/any/4.1 both have the column AF; choose one of them");
        let ada = test.user("ada", Plan::Premium);
        for ids in [&[][..], &[clinvar]] {
            assert!(check_options(&test.gas, &ada, &with(ids)).await.is_ok());
        }
        let many: Vec<String> = (0..40).map(|n| format!("a/any/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(rejection(&test, &with(&many)).await.contains("at most 32 sources"));
        let new = NewUpload::new("a.vcf", 20).with(with(&[clinvar]));
        let ticket = request_upload(&test.gas, &ada, &new).await.unwrap();
        assert_eq!(test.job(ticket.job_id).options.known(), Some(&with(&[clinvar])));
        assert_eq!(default_options(&test.gas, &ada).await.unwrap(), with(&[clinvar]));
    }

    #[tokio::test]
    async fn the_last_chosen_options_are_the_default_of_their_user() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Premium), test.user("eve", Plan::Free));
        let grch37 = test.references.add(GRCH37);
        assert_eq!(default_options(&test.gas, &ada).await.unwrap(), JobOptions::default());
        let chosen = JobOptions { selection: Selection::PerGene, ..of(GRCH37) };
        let new = NewUpload::new("a.vcf", 20).with(chosen.clone());
        let ticket = request_upload(&test.gas, &ada, &new).await.unwrap();
        assert_eq!(test.job(ticket.job_id).options.known(), Some(&chosen));
        assert_eq!(default_options(&test.gas, &ada).await.unwrap(), chosen);
        assert_eq!(default_options(&test.gas, &eve).await.unwrap(), JobOptions::default());

        test.references.retire(&grch37.id);
        let left = JobOptions { reference: None, ..chosen };
        assert_eq!(default_options(&test.gas, &ada).await.unwrap(), left);
        let rejected = request_upload(&test.gas, &ada, &new).await.unwrap_err();
        assert!(rejected.to_string().contains("there is no reference"), "{rejected}");
        assert_eq!(test.jobs.len(), 1);

        let large = NewUpload::new("a.vcf", 20);
        let parts = begin_parts(&test.gas, &ada, &large).await.unwrap();
        assert!(test.job(parts.job_id).options.is_default());
        assert_eq!(default_options(&test.gas, &ada).await.unwrap(), JobOptions::default());
    }
}
