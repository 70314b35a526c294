//! What a result was made with, in its header and in its summary.

use super::{Mode, Options};
use crate::annotation_format::AnnotationFormat;
use crate::csq::Phase;
use crate::reference::Reference;
use gas_shared::summary::RunProvenance;
use gas_shared::{JobOptions, Layout, Selection};

/// What a run with these options makes results with.
pub fn provenance(reference: &Reference, options: &Options) -> RunProvenance {
    let annotations = &options.annotations;
    let picks =
        matches!(annotations.selection, Selection::Pick | Selection::FlagPick | Selection::PerGene);
    let order = annotations.pick_order.iter().filter(|_| picks);
    RunProvenance {
        options: JobOptions {
            reference: options.reference_id.clone(),
            transcripts: annotations.transcripts,
            selection: annotations.selection,
            layout: match options.mode {
                Mode::Full(AnnotationFormat::Csq) => Layout::Csq,
                Mode::Full(AnnotationFormat::Ann) => Layout::Ann,
                Mode::Csq(_) => Layout::Bcsq,
            },
            hgvs: annotations.hgvs,
            sources: options.sources.ids(),
        },
        pick_order: order.map(ToString::to_string).collect(),
        manifest_sha256: options.manifest_sha256.clone(),
        gene_set: options.gene_set.clone(),
        sequence_sha256: reference.sequence_sha256().to_owned(),
        models_sha256: reference.models_sha256().to_owned(),
        sources: options.sources.provenance(),
    }
}

/// The line of the header that names the engine, the reference and all options that the annotations depend on.
pub(super) fn header_line(reference: &Reference, options: &Options) -> String {
    let RunProvenance {
        options: job,
        pick_order,
        manifest_sha256,
        gene_set,
        sequence_sha256,
        models_sha256,
        sources: _,
    } = provenance(reference, options);
    let mut line =
        format!("##gas-annotate=<ID=annotation,Version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let mut add = |key: &str, value: &str| {
        // The assembly and the gene set are texts of the operator.
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        line.push_str(&format!(",{key}=\"{value}\""));
    };
    if let Some(id) = &job.reference {
        add("Reference", id.as_str());
    }
    if let Some(digest) = &manifest_sha256 {
        add("ManifestSHA256", digest.as_str());
    }
    add("Assembly", &reference.manifest.assembly);
    if let Some(gene_set) = &gene_set {
        add("GeneSet", gene_set);
    }
    add("SequenceSHA256", &sequence_sha256);
    add("ModelsSHA256", &models_sha256);
    add("Transcripts", job.transcripts.into());
    add("Select", job.selection.into());
    if !pick_order.is_empty() {
        add("PickOrder", &pick_order.join(","));
    }
    add("Layout", job.layout.into());
    match options.mode {
        Mode::Full(_) => {
            let predicted = options.hgvsp_predicted;
            let hgvs = if job.hgvs && predicted { "predicted" } else { "yes" };
            add("HGVS", if job.hgvs { hgvs } else { "no" });
        }
        Mode::Csq(csq) => {
            add("Haplotypes", if csq.local { "no" } else { "yes" });
            let phase = match csq.phase {
                Phase::Alone => "l",
                Phase::AsIs => "a",
                Phase::Merge => "m",
                Phase::Require => "r",
                Phase::NonReference => "R",
                Phase::Skip => "s",
            };
            add("Phase", phase);
        }
    }
    if options.annotate_mismatches {
        add("RefMismatches", "annotated");
    }
    line.push('>');
    line
}
