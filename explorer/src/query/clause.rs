//! A filter, resolved to the numbers of an index.

use super::category::CategoryColumn;
use super::regions::Regions;
use crate::annotation::SoTerms;
use crate::format::{ColumnKind, Footer};
use crate::record_features::{CLASSES, substitution_bit, type_bit};
use crate::selection::Bits;
use gas_shared::explorer::{Filter, LengthRange, NO_CONSEQUENCE, NumericColumn, Range, Scope};
use std::collections::HashSet;

/// A criterion of a filter. A record matches the filter if it meets all of them.
#[derive(Debug)]
pub(crate) enum Clause {
    /// Regions.
    Regions(Regions),
    /// Numbers of genes.
    Genes(Bits),
    /// Values of a category column.
    Categories {
        /// The column.
        column: CategoryColumn,
        /// By value: whether it matches.
        accepted: Vec<bool>,
        /// Whether the column's facet offers other values of this criterion.
        is_facet: bool,
    },
    /// Bits of any terms; [`SoTerms::NONE`] for records without a term.
    AnyTerms(u64),
    /// Identifiers in lower case.
    Ids(HashSet<Vec<u8>>),
    /// Range of a numeric column.
    Numbers {
        /// The number of the column in the index; `None` if the index does not have it, so that
        /// every record lacks a value.
        column: Option<u8>,
        /// The range.
        range: Range,
    },
    /// Range of length changes.
    Length(LengthRange),
    /// Part of an identifier, in lower case, or one of these genes.
    Text(Vec<u8>, Bits),
}

impl Clause {
    /// The category column whose facet offers other values of this criterion.
    pub const fn facet(&self) -> Option<CategoryColumn> {
        match self {
            Self::Regions(_) => Some(CategoryColumn::Contig),
            Self::AnyTerms(_) => Some(CategoryColumn::Consequence),
            Self::Categories { column, is_facet: true, .. } => Some(*column),
            _ => None,
        }
    }

    /// The columns that the criterion is evaluated on.
    pub fn columns(&self) -> Vec<ColumnKind> {
        match self {
            Self::Regions(_) => vec![ColumnKind::Contig, ColumnKind::Pos, ColumnKind::Span],
            Self::Genes(_) => vec![ColumnKind::Genes],
            Self::Categories { column, .. } => vec![column.kind()],
            Self::AnyTerms(_) => vec![ColumnKind::Terms],
            Self::Ids(_) => vec![ColumnKind::Ids],
            Self::Numbers { column: None, .. } => Vec::new(),
            Self::Numbers { column: Some(n), .. } => {
                vec![ColumnKind::Number(*n), ColumnKind::MoreNumbers(*n)]
            }
            Self::Length(_) => vec![ColumnKind::Length, ColumnKind::MoreLengths],
            Self::Text(..) => vec![ColumnKind::Genes, ColumnKind::Ids],
        }
    }

    /// The criteria of a filter. Names that the index does not have match nothing.
    pub fn of_filter(filter: &Filter, footer: &Footer) -> Vec<Self> {
        let text = lower(&filter.text);
        let ids = || filter.ids.iter().map(|id| lower(id).into_bytes()).collect();
        let criteria = [
            (!filter.regions.is_empty())
                .then(|| Self::Regions(Regions::of(&filter.regions, &footer.contigs))),
            (!filter.genes.is_empty()).then(|| Self::Genes(genes(filter, footer))),
            (!filter.consequences.is_empty()).then(|| consequences(filter, footer)),
            (!filter.impacts.is_empty()).then(|| impacts(filter, footer)),
            (!filter.types.is_empty()).then(|| types(filter)),
            filter.substitution.map(|class| {
                let accepted = classes_with(substitution_bit(class));
                Self::Categories { column: CategoryColumn::Class, accepted, is_facet: false }
            }),
            filter.known.map(|known| {
                let accepted = vec![!known, known];
                Self::Categories { column: CategoryColumn::Known, accepted, is_facet: true }
            }),
            (!filter.ids.is_empty()).then(|| Self::Ids(ids())),
            filter.length.map(Self::Length),
            (!filter.filters.is_empty()).then(|| filters(filter, footer)),
            (!text.is_empty()).then(|| {
                let genes = genes_with(footer, |gene| gene.contains(&text));
                Self::Text(text.clone().into_bytes(), genes)
            }),
        ];
        let ranges = filter.ranges.iter();
        let ranges =
            ranges.map(|(column, range)| Self::Numbers { column: footer.number_of(column), range });
        criteria.into_iter().flatten().chain(ranges).collect()
    }
}

impl Footer {
    /// The number of a numeric column in this index.
    pub fn number_of(&self, column: &NumericColumn) -> Option<u8> {
        (0..).zip(&self.numeric).find(|(_, name)| *name == column.name).map(|(n, _)| n)
    }
}

fn impacts(filter: &Filter, footer: &Footer) -> Clause {
    let column = CategoryColumn::Impact;
    let mut accepted = vec![false; column.values(footer)];
    filter.impacts.iter().for_each(|impact| accepted[*impact as usize] = true);
    Clause::Categories { column, accepted, is_facet: true }
}

fn types(filter: &Filter) -> Clause {
    let bits = filter.types.iter().fold(0, |bits, kind| bits | type_bit(*kind));
    let accepted = classes_with(bits);
    Clause::Categories { column: CategoryColumn::Class, accepted, is_facet: true }
}

/// By allele class: whether it has one of some bits.
fn classes_with(bits: u16) -> Vec<bool> {
    (0..CLASSES).map(|class| class & usize::from(bits) != 0).collect()
}

fn consequences(filter: &Filter, footer: &Footer) -> Clause {
    let bits = terms(&filter.consequences, footer);
    match filter.scope {
        Scope::MostSevere => {
            let column = CategoryColumn::Consequence;
            let accepted = (0..column.values(footer)).map(|term| bits >> term & 1 != 0).collect();
            Clause::Categories { column, accepted, is_facet: true }
        }
        Scope::AnyTranscript => Clause::AnyTerms(bits),
    }
}

fn lower(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

fn genes(filter: &Filter, footer: &Footer) -> Bits {
    let wanted: HashSet<String> = filter.genes.iter().map(|gene| lower(gene)).collect();
    genes_with(footer, |gene| wanted.contains(gene))
}

fn genes_with(footer: &Footer, holds: impl Fn(&str) -> bool) -> Bits {
    let genes = &footer.genes;
    Bits::of(genes.len(), |n| holds(&genes[n].to_ascii_lowercase()))
}

fn terms(names: &[String], footer: &Footer) -> u64 {
    let known = SoTerms::from_names(footer.terms.clone());
    names.iter().fold(0, |bits, name| match name.trim() {
        NO_CONSEQUENCE => bits | 1 << SoTerms::NONE,
        "other" => bits | 1 << SoTerms::OTHER,
        name if footer.terms.iter().any(|term| term == name) => {
            bits | 1 << known.find(name.as_bytes())
        }
        _ => bits,
    })
}

fn filters(filter: &Filter, footer: &Footer) -> Clause {
    let wanted: HashSet<&str> = filter.filters.iter().map(|name| name.trim()).collect();
    let is_wanted = |name: &str| wanted.contains(name);
    let accepted = footer.filters.iter().map(|names| names.split(';').any(is_wanted)).collect();
    Clause::Categories { column: CategoryColumn::Filter, accepted, is_facet: true }
}
