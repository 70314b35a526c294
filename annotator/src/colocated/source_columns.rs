//! What a source file writes: the columns of its rows, and the quotients that are computed from them.

use gas_shared::source::{SourceColumn, SourceColumnKind};
use gas_sources::{ColumnKind, Matching, SourceDescription};

/// The column whose values are identifiers of known variants, in VEP's field of this name.
pub(super) const IDENTIFIERS: &str = "Existing_variation";

/// Populations of 1000 Genomes whose frequencies VEP names without the data set (`AFR_AF`).
const POPULATIONS: [&str; 6] = ["AFR", "AMR", "ASN", "EAS", "EUR", "SAS"];

/// Groups of gnomAD that are no populations.
const NO_POPULATIONS: [&str; 7] = ["XX", "XY", "GRPMAX", "POPMAX", "FAFMAX", "RAW", "ADJ"];

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenColumn {
    /// What the header states about it.
    pub(super) column: SourceColumn,
    /// Where its values are from.
    pub(super) from: ValueFrom,
    /// The population whose frequency it has, as VEP's MAX_AF_POPS names it.
    pub(super) population: Option<String>,
    /// Whether a value can be a list with semicolons, as FILTER of a VCF file.
    pub(super) is_list: bool,
}

/// Where a value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueFrom {
    /// A column of the source, by its number.
    Column(usize),
    /// The quotient of two columns.
    Quotient {
        /// The numerator.
        numerator: usize,
        /// The denominator.
        denominator: usize,
    },
}

impl WrittenColumn {
    /// Whether the values are texts, of which an allele can have several.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.column.kind, SourceColumnKind::Category | SourceColumnKind::Text)
    }

    /// Whether its values are identifiers of known variants.
    pub(super) fn is_identifier(&self) -> bool {
        self.column.name == IDENTIFIERS
    }
}

/// Name and version of a source.
pub(super) fn label(source: &SourceDescription) -> String {
    let label = format!("{} {}", source.name, source.version);
    label.trim().to_owned()
}

/// The columns that a result has of a source, as its header declares them.
pub fn columns_of_source(source: &SourceDescription) -> Vec<SourceColumn> {
    written_columns(source).into_iter().map(|written| written.column).collect()
}

/// The columns that a source writes. Numerators and denominators are left out, except those of the first quotient: the
/// frequency in a population says what they do.
pub(super) fn written_columns(source: &SourceDescription) -> Vec<WrittenColumn> {
    let label = label(source);
    let number = |name: &str| source.columns.iter().position(|column| column.name == name);
    let parts = |n: usize| [&source.quotients[n].numerator, &source.quotients[n].denominator];
    let is_part = |name: &String, n: usize| parts(n).contains(&name);
    let is_left_out =
        |name: &String| (1..source.quotients.len()).any(|n| is_part(name, n)) && !is_part(name, 0);
    let is_key = |n: usize| source.matching == Matching::TranscriptAndAllele && n == 0;
    let mut written: Vec<WrittenColumn> = Vec::new();
    let mut add = |name: &str, kind, description: &str, from| {
        written.push(WrittenColumn {
            population: population(name),
            is_list: name.ends_with("FILTER"),
            column: SourceColumn {
                name: name.to_owned(),
                source: label.clone(),
                kind,
                description: description.to_owned(),
            },
            from,
        });
    };
    for (n, column) in source.columns.iter().enumerate() {
        if is_key(n) || is_left_out(&column.name) {
            continue;
        }
        let kind = match column.kind {
            // `rs7` is a text.
            ColumnKind::Integer | ColumnKind::Decimal { .. } if column.prefix.is_some() => {
                SourceColumnKind::Text
            }
            ColumnKind::Integer => SourceColumnKind::Integer,
            ColumnKind::Decimal { .. } => SourceColumnKind::Float,
            ColumnKind::Flag => SourceColumnKind::Flag,
            ColumnKind::Category => SourceColumnKind::Category,
            ColumnKind::Text => SourceColumnKind::Text,
        };
        add(&column.name, kind, &column.description, ValueFrom::Column(n));
    }
    for quotient in &source.quotients {
        let columns = number(&quotient.numerator).zip(number(&quotient.denominator));
        let Some((numerator, denominator)) = columns else { continue };
        let parts = format!("{} / {}", quotient.numerator, quotient.denominator);
        // Pages show the description as a label, which the formula alone is not.
        let description = if quotient.name.ends_with("AF") {
            format!("Allele frequency, {parts}")
        } else {
            parts
        };
        let from = ValueFrom::Quotient { numerator, denominator };
        add(&quotient.name, SourceColumnKind::Float, &description, from);
    }
    written
}

/// The population of a column with its frequency: `AFR` of `AFR_AF`, `gnomADe_AFR` of `gnomADe_AFR_AF`. `None` for
/// frequencies in all samples of a data set, and in other data sets than VEP's.
fn population(name: &str) -> Option<String> {
    let population = name.strip_suffix("_AF")?;
    let is_population = match population.split_once('_') {
        Some((data_set, group)) => {
            data_set.starts_with("gnomAD") && !NO_POPULATIONS.contains(&group)
        }
        None => POPULATIONS.contains(&population),
    };
    is_population.then(|| population.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn populations_are_those_of_vep() {
        for (name, expected) in [
            ("gnomADe_AFR_AF", Some("gnomADe_AFR")),
            ("gnomADg_REMAINING_AF", Some("gnomADg_REMAINING")),
            ("EUR_AF", Some("EUR")),
            ("AF", None),
            ("gnomADe_AF", None),
            ("gnomADj_XX_AF", None),
            ("cohort_AF", None),
            ("my_AFR_AF", None),
            ("gnomADe_AFR_AC", None),
        ] {
            assert_eq!(population(name).as_deref(), expected, "{name}");
        }
    }
}
