//! Labels of columns of sources. They always name the source.

use crate::source::SourceColumn;

/// The heading of a column: what it has, and its source, such as `AFR AF (gnomAD exomes 4.1)`.
pub(super) fn label_of_source(column: &SourceColumn) -> String {
    let name = without_source(column).replace('_', " ");
    if column.source.is_empty() { name } else { format!("{name} ({})", column.source) }
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

    #[test]
    fn labels_name_the_source_once() {
        let label = |name: &str, source: &str| {
            let column = SourceColumn {
                name: name.to_owned(),
                source: source.to_owned(),
                kind: SourceColumnKind::Float,
                description: String::new(),
            };
            label_of_source(&column)
        };
        assert_eq!(label("gnomADe_AFR_AF", "gnomAD exomes 4.1"), "AFR AF (gnomAD exomes 4.1)");
        assert_eq!(label("am_class", "AlphaMissense 2023"), "am class (AlphaMissense 2023)");
        assert_eq!(label("ClinVar", "ClinVar 2025-11"), "ClinVar (ClinVar 2025-11)");
        assert_eq!(label("own_AF", ""), "own AF");
    }
}
