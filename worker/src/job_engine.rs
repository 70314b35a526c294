//! The engine for a job: its reference, and the arguments for its options.

use crate::attempt_error::AttemptError;
use crate::engine::Engine;
use crate::outage::Intake;
use crate::references::{OpenReference, References};
use crate::report::Report;
use gas_shared::{Job, JobOptions, Layout, Provenance, Selection, Transcripts};
use std::sync::Arc;

/// The engine and the reference of a job. The reference stays in the cache as long as this value lives.
pub(crate) struct JobEngine {
    pub(crate) engine: Engine,
    pub(crate) reference: Arc<OpenReference>,
}

impl JobEngine {
    /// Takes the reference of a job from the cache or the catalog.
    ///
    /// # Errors
    /// If the job cannot have its reference or its options.
    pub(crate) async fn of(
        engine: &Engine,
        references: &References,
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
        let reference = intake.retry(|| references.acquire(id)).await?;
        let mut arguments = arguments(options);
        if let Some(provenance) = &reference.provenance {
            arguments.extend(provenance_arguments(provenance));
            report.note(&format!(
                "reference {provenance}, SHA-256 of its manifest: {}",
                provenance.reference_sha256
            ));
        }
        Ok(Self { engine: engine.for_job(reference.folder(), arguments), reference })
    }
}

/// The arguments of `gas-annotate annotate` for options that are not the default ones.
fn arguments(options: &JobOptions) -> Vec<String> {
    let JobOptions { reference: _, transcripts, selection, layout, hgvs } = options;
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
    let Provenance { reference, reference_sha256, gene_set, assembly: _, engine: _ } = provenance;
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
        };
        let expected =
            "--transcripts mane-canonical --select flag-pick --layout ann --no-hgvs".to_owned();
        assert_eq!(arguments(&options).join(" "), expected);
        let haplotypes = JobOptions { layout: Layout::Bcsq, ..JobOptions::default() };
        assert_eq!(arguments(&haplotypes).join(" "), "--layout bcsq --mode csq");
    }
}
