//! The help page about consequences and their impact.

use super::{entry_class, entry_id};
use crate::components::{ImpactBadge, ScrollTable};
use dioxus::prelude::*;
use gas_shared::explorer::IMPACT;
use gas_shared::variant::SoTerm;

/// The accession and the definition of a term in the Sequence Ontology, release of 18 November 2024 (CC BY 4.0,
/// <https://github.com/The-Sequence-Ontology/SO-Ontologies>).
const fn definition(term: SoTerm) -> (&'static str, &'static str) {
    match term {
        SoTerm::TranscriptAblation => (
            "SO:0001893",
            "A feature ablation whereby the deleted region includes a transcript feature.",
        ),
        SoTerm::SpliceAcceptor => (
            "SO:0001574",
            "A splice variant that changes the 2 base region at the 3' end of an intron.",
        ),
        SoTerm::SpliceDonor => (
            "SO:0001575",
            "A splice variant that changes the 2 base pair region at the 5' end of an intron.",
        ),
        SoTerm::StopGained => (
            "SO:0001587",
            "A sequence variant whereby at least one base of a codon is changed, resulting in a premature stop codon, leading to a shortened polypeptide.",
        ),
        SoTerm::Frameshift => (
            "SO:0001589",
            "A sequence variant which causes a disruption of the translational reading frame, because the number of nucleotides inserted or deleted is not a multiple of three.",
        ),
        SoTerm::StopLost => (
            "SO:0001578",
            "A sequence variant where at least one base of the terminator codon (stop) is changed, resulting in an elongated transcript.",
        ),
        SoTerm::StartLost => (
            "SO:0002012",
            "A codon variant that changes at least one base of the canonical start codon.",
        ),
        SoTerm::TranscriptAmplification => {
            ("SO:0001889", "A feature amplification of a region containing a transcript.")
        }
        SoTerm::FeatureElongation => (
            "SO:0001907",
            "A sequence variant that causes the extension of a genomic feature, with regard to the reference sequence.",
        ),
        SoTerm::FeatureTruncation => (
            "SO:0001906",
            "A sequence variant that causes the reduction of a genomic feature, with regard to the reference sequence.",
        ),
        SoTerm::GeneFusion => {
            ("SO:0001565", "A sequence variant whereby a two genes have become joined.")
        }
        SoTerm::BidirectionalGeneFusion => (
            "SO:0002086",
            "A sequence variant whereby two genes, on alternate strands have become joined.",
        ),
        SoTerm::InframeInsertion => (
            "SO:0001821",
            "An inframe non synonymous variant that inserts bases into in the coding sequence.",
        ),
        SoTerm::InframeDeletion => (
            "SO:0001822",
            "An inframe non synonymous variant that deletes bases from the coding sequence.",
        ),
        SoTerm::Missense => (
            "SO:0001583",
            "A sequence variant, that changes one or more bases, resulting in a different amino acid sequence but where the length is preserved.",
        ),
        SoTerm::ProteinAltering => (
            "SO:0001818",
            "A sequence_variant which is predicted to change the protein encoded in the coding sequence.",
        ),
        SoTerm::SpliceDonor5thBase => (
            "SO:0001787",
            "A sequence variant that causes a change at the 5th base pair after the start of the intron in the orientation of the transcript.",
        ),
        SoTerm::SpliceRegion => (
            "SO:0001630",
            "A sequence variant in which a change has occurred within the region of the splice site, either within 1-3 bases of the exon or 3-8 bases of the intron.",
        ),
        SoTerm::SpliceDonorRegion => (
            "SO:0002170",
            "A sequence variant that falls in the region between the 3rd and 6th base after splice junction (5' end of intron).",
        ),
        SoTerm::SplicePolypyrimidine => (
            "SO:0002169",
            "A sequence variant that falls in the polypyrimidine tract at 3' end of intron between 17 and 3 bases from the end (acceptor -3 to acceptor -17).",
        ),
        SoTerm::IncompleteTerminalCodon => (
            "SO:0001626",
            "A sequence variant where at least one base of the final codon of an incompletely annotated transcript is changed.",
        ),
        SoTerm::StartRetained => (
            "SO:0002019",
            "A sequence variant where at least one base in the start codon is changed, but the start remains.",
        ),
        SoTerm::StopRetained => (
            "SO:0001567",
            "A sequence variant where at least one base in the terminator codon is changed, but the terminator remains.",
        ),
        SoTerm::Synonymous => (
            "SO:0001819",
            "A sequence variant where there is no resulting change to the encoded amino acid.",
        ),
        SoTerm::CodingSequence => {
            ("SO:0001580", "A sequence variant that changes the coding sequence.")
        }
        SoTerm::MatureMirna => {
            ("SO:0001620", "A transcript variant located with the sequence of the mature miRNA.")
        }
        SoTerm::FivePrimeUtr => ("SO:0001623", "A UTR variant of the 5' UTR."),
        SoTerm::ThreePrimeUtr => ("SO:0001624", "A UTR variant of the 3' UTR."),
        SoTerm::NonCodingExon => (
            "SO:0001792",
            "A sequence variant that changes non-coding exon sequence in a non-coding transcript.",
        ),
        SoTerm::Intron => ("SO:0001627", "A transcript variant occurring within an intron."),
        SoTerm::NmdTranscript => (
            "SO:0001621",
            "A variant in a transcript that is the target of nonsense-mediated mRNA decay.",
        ),
        SoTerm::NonCodingTranscript => {
            ("SO:0001619", "A transcript variant of a non coding RNA gene.")
        }
        SoTerm::CodingTranscript => {
            ("SO:0001968", "A transcript variant of a protein coding gene.")
        }
        SoTerm::Upstream => ("SO:0001631", "A sequence variant located 5' of a gene."),
        SoTerm::Downstream => ("SO:0001632", "A sequence variant located 3' of a gene."),
        SoTerm::Intergenic => {
            ("SO:0001628", "A sequence variant located in the intergenic region, between genes.")
        }
        SoTerm::Sequence => (
            "SO:0001060",
            "A sequence_variant is a non exact copy of a sequence_feature or genome exhibiting one or more sequence_alteration.",
        ),
    }
}

/// What an impact means, by its name in [`IMPACT`].
const IMPACTS: [(&str, &str); 4] = [
    (
        "high",
        "Probably disrupts the protein: it is cut short, loses its function or is not made. Look at these first.",
    ),
    ("moderate", "Changes the protein without disrupting it; it may work less well."),
    ("low", "Unlikely to change what the protein does."),
    (
        "modifier",
        "In a region without a known effect on a protein, such as an intron or between genes, where predictions are difficult.",
    ),
];

/// Each impact, and each term with its definition.
#[component]
pub fn Consequences(
    /// The term or impact that the address names.
    entry: String,
) -> Element {
    rsx! {
        p {
            "For each allele and each transcript that it overlaps or is near, GAS reports terms of the "
            a { href: "http://www.sequenceontology.org", target: "_blank", rel: "noreferrer", "Sequence Ontology" }
            ". Each term has an impact, the same as Ensembl VEP's; a variant has that of its most severe term. The impact is \
             a prediction from the position alone. It says nothing about a disease."
        }
        h2 { "Impact" }
        dl { class: "help-impacts",
            for (name , text) in IMPACTS {
                dt { key: "{name}", id: entry_id(name), class: entry_class(entry == name), ImpactBadge { name } }
                dd { "{text}" }
            }
        }
        h2 { "Terms, the most severe first" }
        ScrollTable {
            label: "Sequence Ontology terms",
            caption: "Sequence Ontology terms with impact and definition",
            class: "help-table",
            columns: ["Term", "Impact", "Definition"].map(str::to_owned).to_vec(),
            for term in SoTerm::ALL.iter().copied() {
                Term { key: "{term.as_str()}", term, is_named: entry == term.as_str() }
            }
        }
        p { class: "muted",
            "Definitions: Sequence Ontology, release of 18 November 2024, "
            a { href: "https://creativecommons.org/licenses/by/4.0/", target: "_blank", rel: "noreferrer", "CC BY 4.0" }
            "."
        }
    }
}

#[component]
fn Term(term: SoTerm, is_named: bool) -> Element {
    let name = term.as_str();
    let (accession, definition) = definition(term);
    rsx! {
        tr { id: entry_id(name), class: entry_class(is_named),
            th { scope: "row",
                "{name}"
                a {
                    class: "help-accession",
                    href: "http://www.sequenceontology.org/browser/current_release/term/{accession}",
                    target: "_blank",
                    rel: "noreferrer",
                    "{accession}"
                }
            }
            td { ImpactBadge { name: IMPACT.listed()[term.impact() as usize].name } }
            td { "{definition}" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_term_has_its_own_accession_and_definition() {
        let mut accessions = HashSet::new();
        for term in SoTerm::ALL {
            let (accession, definition) = definition(*term);
            let digits = accession.strip_prefix("SO:").unwrap();
            assert!(digits.len() == 7 && digits.parse::<u32>().is_ok(), "{accession}");
            assert!(accessions.insert(accession), "{accession} is of two terms");
            assert!(definition.ends_with('.'), "{definition}");
        }
    }

    #[test]
    fn every_impact_is_explained() {
        let names: Vec<_> = IMPACT.listed().iter().map(|value| value.name).collect();
        assert_eq!(IMPACTS.map(|(name, _)| name).to_vec(), names);
    }
}
