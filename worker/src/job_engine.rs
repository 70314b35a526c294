//! The engine for a job: its reference, its sources, and the arguments for its options.

use crate::attempt_error::AttemptError;
use crate::engine::Engine;
use crate::outage::Intake;
use crate::references::{OpenReference, References};
use crate::report::Report;
use crate::sources::{OpenSource, Sources};
use gas_shared::{Job, JobOptions, Layout, Provenance, Selection, Transcripts};
use std::sync::Arc;

/// The engine, the reference and the sources of a job, which stay in the cache as long as this value lives.
pub(crate) struct JobEngine {
    pub(crate) engine: Engine,
    reference: Arc<OpenReference>,
    sources: Vec<OpenSource>,
}

impl JobEngine {
    /// Takes the reference and the sources of a job from the cache or the catalog.
    ///
    /// # Errors
    /// If the job cannot have its reference, its sources or its options.
    pub(crate) async fn of(
        engine: &Engine,
        references: &References,
        sources: &Sources,
        intake: &Intake,
        job: &Job,
        report: &Report,
    ) -> Result<Self, AttemptError> {
        let options = job.options.known().ok_or(AttemptError::NewerOptions)?;
        let id = options.reference.as_ref();
        let template = &engine.template;
        let others = JobOptions { reference: None, ..options.clone() };
        if !(template.takes_options() || others.is_default())
            || !(template.names_reference() || id.is_none() || id == references.default_id())
        {
            return Err(AttemptError::NoOptions);
        }
        let reference = intake.retry(|| references.acquire(job.owner, id)).await?;
        let mut arguments = arguments(options);
        if let Some(provenance) = &reference.provenance {
            arguments.extend(provenance_arguments(provenance));
            report.note(&format!(
                "reference {provenance}, SHA-256 of its manifest: {}",
                provenance.reference_sha256
            ));
        }
        let assembly = reference.provenance.as_ref().map(|found| found.assembly.as_str());
        let wanted = options.sources.as_deref();
        // An annotator that takes no options takes no sources.
        let sources = if template.takes_options() {
            intake.retry(|| sources.acquire(wanted, assembly)).await?
        } else {
            Vec::new()
        };
        for source in &sources {
            arguments.extend(["--source".to_owned(), source.argument.clone()]);
            let used = &source.used;
            report.note(&format!(
                "source {} ({}), SHA-256 of its manifest: {}",
                used.label, used.id, used.sha256
            ));
        }
        let folders = sources.iter().map(|source| source.folder().to_owned()).collect();
        let engine = engine.for_job(reference.folder(), folders, arguments);
        Ok(Self { engine, reference, sources })
    }

    /// What the result states, with the engine's name for itself.
    pub(crate) fn provenance(&self, engine: Option<String>) -> Option<Provenance> {
        let found = self.reference.provenance.clone()?;
        let sources = self.sources.iter().map(|source| source.used.clone()).collect();
        Some(Provenance { engine, sources, ..found })
    }
}

/// The arguments of `gas-annotate annotate` for options that are not the default ones.
fn arguments(options: &JobOptions) -> Vec<String> {
    let JobOptions { reference: _, transcripts, selection, layout, hgvs, sources: _ } = options;
    let mut arguments = Vec::new();
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    if *transcripts != Transcripts::default() {
        add("--transcripts", transcripts.to_string());
    }
    if *selection != Selection::default() {
        add("--select", selection.to_string());
    }
    if *layout != Layout::default() {
        add("--layout", layout.to_string());
    }
    if *layout == Layout::Bcsq {
        add("--mode", "csq".to_owned());
    }
    if !hgvs {
        arguments.push("--no-hgvs".to_owned());
    }
    arguments
}

/// The arguments with which the engine states the reference in its output.
fn provenance_arguments(provenance: &Provenance) -> Vec<String> {
    let Provenance { reference, reference_sha256, gene_set, assembly: _, engine: _, sources: _ } =
        provenance;
    let named = [
        ("--reference-id", Some(reference.to_string())),
        ("--manifest-sha256", Some(reference_sha256.to_string())),
        ("--gene-set", gene_set.as_ref().map(ToString::to_string)),
    ];
    let given = named.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?]));
    given.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_that_differ_from_the_defaults_are_arguments() {
        assert_eq!(arguments(&JobOptions::default()), [""; 0]);
        let options = JobOptions {
            transcripts: Transcripts::ManeCanonical,
            selection: Selection::FlagPick,
            layout: Layout::Ann,
            hgvs: false,
            reference: None,
            sources: None,
        };
        let expected =
            "--transcripts mane-canonical --select flag-pick --layout ann --no-hgvs".to_owned();
        assert_eq!(arguments(&options).join(" "), expected);
        let haplotypes = JobOptions { layout: Layout::Bcsq, ..JobOptions::default() };
        assert_eq!(arguments(&haplotypes).join(" "), "--layout bcsq --mode csq");
    }
}
