//! Labels of columns of sources. They always name the source.

use crate::source::SourceColumn;

/// Labels of columns whose names do not say what they have. Those of populations (`AFR_AF`) do.
const LABELS: [(&str, &str); 11] = [
    ("MAX_AF", "Highest AF"),
    ("MAX_AF_POPS", "Population of highest AF"),
    ("CLIN_SIG", "Clinical significance"),
    ("CADD_PHRED", "Phred score"),
    ("CADD_RAW", "Raw score"),
    ("am_class", "Class"),
    ("am_pathogenicity", "Pathogenicity"),
    ("SpliceAI_pred_DS_AG", "Acceptor gain"),
    ("SpliceAI_pred_DS_AL", "Acceptor loss"),
    ("SpliceAI_pred_DS_DG", "Donor gain"),
    ("SpliceAI_pred_DS_DL", "Donor loss"),
];

/// The heading of a column: what it has, and its source, such as `AFR AF (gnomAD exomes 4.1)`.
pub(super) fn label_of_source(column: &SourceColumn) -> String {
    with_source(content(column), column)
}

/// The label of a filter of a column: `AFR AF at most (gnomAD exomes 4.1)`. Pages may cut off the end.
pub(super) fn filter_label_of_source(column: &SourceColumn, words: &str) -> String {
    with_source(format!("{} {words}", content(column)), column)
}

fn with_source(text: String, column: &SourceColumn) -> String {
    if column.source.is_empty() { text } else { format!("{text} ({})", column.source) }
}

/// What a column has, without its source.
fn content(column: &SourceColumn) -> String {
    match LABELS.iter().find(|(name, _)| *name == column.name) {
        Some((_, label)) => (*label).to_owned(),
        None => without_source(column).replace('_', " "),
    }
}

/// The label with what the header says about the column.
pub(super) fn long_label_of_source(column: &SourceColumn) -> String {
    let description = column.description.trim();
    match (description.is_empty(), column.source.is_empty()) {
        (true, _) => label_of_source(column),
        (false, true) => description.to_owned(),
        (false, false) => format!("{description} ({})", column.source),
    }
}

/// The name without the abbreviation of the source that many names start with: `gnomADe_AF` of `gnomAD exomes 4.1`.
fn without_source(column: &SourceColumn) -> &str {
    let name = column.name.as_str();
    let Some((prefix, rest)) = name.split_once('_') else { return name };
    let source: String = column.source.split_whitespace().collect();
    let is_abbreviation = source.get(..prefix.len()).is_some_and(|start| start == prefix);
    if is_abbreviation && !rest.is_empty() { rest } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceColumnKind;

    fn column(name: &str, source: &str) -> SourceColumn {
        SourceColumn {
            name: name.to_owned(),
            source: source.to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        }
    }

    #[test]
    fn names_that_say_nothing_have_labels() {
        let pops = column("MAX_AF_POPS", "1000 Genomes, Europeans phase-3");
        let label = "Population of highest AF (1000 Genomes, Europeans phase-3)";
        assert_eq!([label_of_source(&pops), long_label_of_source(&pops)], [label, label]);
        let gain = column("SpliceAI_pred_DS_AG", "SpliceAI");
        assert_eq!(label_of_source(&gain), "Acceptor gain (SpliceAI)");
    }

    #[test]
    fn the_words_of_a_filter_are_before_the_source() {
        let highest = column("MAX_AF", "1000 Genomes, Europeans phase-3");
        assert_eq!(
            filter_label_of_source(&highest, "at most"),
            "Highest AF at most (1000 Genomes, Europeans phase-3)"
        );
        assert_eq!(filter_label_of_source(&column("own_AF", ""), "at most"), "own AF at most");
    }

    #[test]
    fn labels_name_the_source_once() {
        let label = |name: &str, source: &str| label_of_source(&column(name, source));
        assert_eq!(label("gnomADe_AFR_AF", "gnomAD exomes 4.1"), "AFR AF (gnomAD exomes 4.1)");
        assert_eq!(label("am_class", "AlphaMissense 2023"), "Class (AlphaMissense 2023)");
        assert_eq!(label("ClinVar", "ClinVar 2025-11"), "ClinVar (ClinVar 2025-11)");
        assert_eq!(label("own_AF", ""), "own AF");
    }
}
