//! The form for the options of a job.

use super::source_fields::SourceFields;
use dioxus::prelude::*;
use gas_shared::assembly::FileAssembly;
use gas_shared::job_options::{JobOptions, Layout, Selection, Transcripts};
use gas_shared::reference::{ReferenceChoice, ReferenceChoices};

const TRANSCRIPTS: [(Transcripts, &str); 3] = [
    (Transcripts::All, "All"),
    (Transcripts::ManeCanonical, "MANE and canonical"),
    (Transcripts::Coding, "With a coding sequence"),
];

const SELECTIONS: [(Selection, &str); 5] = [
    (Selection::All, "One for every transcript"),
    (Selection::FlagPick, "One for every transcript, the preferred one marked"),
    (Selection::PerGene, "The preferred transcript of each gene"),
    (Selection::Pick, "The preferred transcript"),
    (Selection::MostSevere, "The most severe consequence"),
];

const LAYOUTS: [(Layout, &str); 3] = [
    (Layout::Csq, "CSQ, as Ensembl VEP"),
    (Layout::Ann, "ANN, as SnpEff"),
    (Layout::Bcsq, "BCSQ, haplotypes as bcftools csq"),
];

/// The options in one line, for a folded form: `all transcripts · CSQ · no HGVS`.
pub fn describe_options(options: &JobOptions) -> String {
    // The reference is shown by its own name, elsewhere.
    let JobOptions { reference: _, transcripts, selection, layout, hgvs, sources } = options;
    let transcripts = match transcripts {
        Transcripts::All => "all transcripts",
        Transcripts::ManeCanonical => "MANE and canonical transcripts",
        Transcripts::Coding => "coding transcripts",
    };
    let selection = match selection {
        Selection::All => None,
        Selection::Pick => Some("preferred transcript"),
        Selection::FlagPick => Some("preferred transcript marked"),
        Selection::PerGene => Some("preferred transcript per gene"),
        Selection::MostSevere => Some("most severe consequence"),
    };
    let layout = layout.to_string().to_uppercase();
    let hgvs = if *hgvs { None } else { Some("no HGVS") };
    let sources = sources.as_ref().map(|sources| match sources.len() {
        0 => "no sources".to_owned(),
        1 => "1 source".to_owned(),
        n => format!("{n} sources"),
    });
    let parts = [Some(transcripts), selection, Some(&layout), hgvs, sources.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The fields for the options of a job.
#[component]
pub fn OptionsForm(
    /// The beginning of the ids of the fields.
    id: String,
    /// The options.
    options: JobOptions,
    /// The references that can be chosen.
    references: ReferenceChoices,
    /// The assembly of the file. References that do not fit it cannot be chosen.
    #[props(default)]
    file: Option<FileAssembly>,
    /// The label of the choice that names no reference.
    #[props(default)]
    automatic: Option<&'static str>,
    /// Whether only the reference is shown at first.
    #[props(default)]
    folded: bool,
    /// Receives the options after each change.
    onchange: EventHandler<JobOptions>,
) -> Element {
    let before = options.clone();
    let set_reference = move |value: String| {
        // Sources are of an assembly.
        let reference = value.parse().ok();
        onchange.call(JobOptions { reference, sources: None, ..before.clone() });
    };
    rsx! {
        if references.choices.len() > 1 {
            Choice {
                id: "{id}-reference",
                label: "Reference",
                entries: reference_entries(&references.choices, file.as_ref(), automatic),
                value: options.reference.as_ref().map(ToString::to_string).unwrap_or_default(),
                onchange: set_reference,
            }
        }
        if folded {
            details { class: "options-folded",
                summary { "Options: {describe_options(&options)}" }
                Fields { id, options: options.clone(), references, onchange }
            }
        } else {
            Fields { id, options: options.clone(), references, onchange }
        }
    }
}

/// The fields besides that of the reference.
#[component]
fn Fields(
    id: String,
    options: JobOptions,
    references: ReferenceChoices,
    onchange: EventHandler<JobOptions>,
) -> Element {
    let has_marks = references
        .find(options.reference.as_ref())
        .is_none_or(|chosen| chosen.transcripts.has_mane_or_canonical());
    // While the reference is detected for each file, its assembly is not known.
    let is_known = options.reference.is_some() || references.choices.len() == 1;
    let reference = references.find(options.reference.as_ref()).filter(|_| is_known);
    // Remembered sources can be changed for the files of their assembly.
    let assembly = match reference {
        Some(reference) => Some(reference.assembly.clone()),
        None => options.assembly_of_sources().map(str::to_owned),
    };
    let is_haplotypes = options.layout == Layout::Bcsq;
    let before = options.clone();
    let set_transcripts = move |value: String| {
        let transcripts = value.parse().unwrap_or_default();
        onchange.call(JobOptions { transcripts, ..before.clone() });
    };
    let before = options.clone();
    let set_selection = move |value: String| {
        let selection = value.parse().unwrap_or_default();
        onchange.call(JobOptions { selection, ..before.clone() });
    };
    let before = options.clone();
    let set_layout = move |value: String| {
        let layout = value.parse().unwrap_or_default();
        // Haplotypes are described as a whole, so none of them can be selected.
        let selection = if layout == Layout::Bcsq { Selection::All } else { before.selection };
        onchange.call(JobOptions { layout, selection, ..before.clone() });
    };
    let before = options.clone();
    let set_hgvs = move |event: Event<FormData>| {
        onchange.call(JobOptions { hgvs: event.checked(), ..before.clone() });
    };
    rsx! {
        div { class: "options",
            Choice {
                id: "{id}-transcripts",
                label: "Transcripts",
                entries: entries(&TRANSCRIPTS, |value| *value == Transcripts::ManeCanonical && !has_marks),
                value: options.transcripts.to_string(),
                onchange: set_transcripts,
            }
            Choice {
                id: "{id}-selection",
                label: "Annotations per variant",
                entries: entries(&SELECTIONS, |value| *value != Selection::All && is_haplotypes),
                value: options.selection.to_string(),
                onchange: set_selection,
            }
            Choice {
                id: "{id}-layout",
                label: "Format",
                entries: entries(&LAYOUTS, |_| false),
                value: options.layout.to_string(),
                onchange: set_layout,
            }
            label { class: "choice options-hgvs",
                input { id: "{id}-hgvs", r#type: "checkbox", checked: options.hgvs, onchange: set_hgvs }
                "HGVS descriptions"
            }
            if let Some(assembly) = assembly {
                SourceFields { id: id.clone(), options: options.clone(), assembly, onchange }
            }
            if matches!(options.selection, Selection::Pick | Selection::FlagPick | Selection::PerGene) {
                p { class: "muted options-order",
                    "The preferred transcript is found as Ensembl VEP does: by MANE Select, MANE Plus Clinical, \
                     canonical, biotype, severity of the consequence and length, in this order. Each \
                     criterion decides between the transcripts that are equal by those before it."
                }
            }
        }
    }
}

/// An entry of a [`Choice`].
#[derive(Clone, PartialEq)]
struct Entry {
    value: String,
    label: String,
    disabled: bool,
}

/// A labeled list of values.
#[component]
fn Choice(
    id: String,
    label: &'static str,
    entries: Vec<Entry>,
    value: String,
    onchange: EventHandler<String>,
) -> Element {
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            select { id: "{id}", onchange: move |event| onchange.call(event.value()),
                for entry in entries {
                    option {
                        key: "{entry.value}",
                        value: "{entry.value}",
                        selected: entry.value == value,
                        disabled: entry.disabled,
                        "{entry.label}"
                    }
                }
            }
        }
    }
}

fn entries<T: ToString>(values: &[(T, &str)], is_disabled: impl Fn(&T) -> bool) -> Vec<Entry> {
    let entry = |(value, label): &(T, &str)| Entry {
        value: value.to_string(),
        label: (*label).to_owned(),
        disabled: is_disabled(value),
    };
    values.iter().map(entry).collect()
}

fn reference_entries(
    choices: &[ReferenceChoice],
    file: Option<&FileAssembly>,
    automatic: Option<&'static str>,
) -> Vec<Entry> {
    let of_choice = |choice: &ReferenceChoice| {
        let disabled = file.is_some_and(|file| choice.fit(file).is_rejected());
        let why = if disabled { " (does not fit this file)" } else { "" };
        Entry { value: choice.id.to_string(), label: choice.label() + why, disabled }
    };
    let automatic = automatic.map(|label| Entry {
        value: String::new(),
        label: label.to_owned(),
        disabled: false,
    });
    automatic.into_iter().chain(choices.iter().map(of_choice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_described_in_one_line() {
        let default = JobOptions::default();
        assert_eq!(describe_options(&default), "all transcripts · CSQ");
        let other = JobOptions {
            transcripts: Transcripts::ManeCanonical,
            selection: Selection::PerGene,
            layout: Layout::Ann,
            hgvs: false,
            sources: Some(Vec::new()),
            ..default
        };
        assert_eq!(
            describe_options(&other),
            "MANE and canonical transcripts · preferred transcript per gene · ANN · no HGVS · no sources"
        );
    }
}
