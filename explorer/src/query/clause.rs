//! A filter, resolved to the numbers of an index.

use super::regions::Regions;
use super::trio::Trio;
use crate::Error;
use crate::annotation::TermNumbers;
use crate::category::{Category, substitution_name};
use crate::format::{ColumnKind, Footer};
use crate::selection::{Bits, Matches};
use gas_shared::explorer::{
    CHROMOSOME, CONSEQUENCE, CategoryColumn, ColumnSet, Filter, InheritanceMode, LengthRange,
    NO_VALUE, OTHER_VALUE, Range, Scope, Sex, VARIANT_TYPE,
};
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
        column: Category,
        /// By numbered value: whether it matches.
        accepted: Vec<bool>,
        /// Whether the column's facet offers other values of this criterion.
        is_facet: bool,
    },
    /// Values of a category column that the index does not have, so that every record lacks a value:
    /// whether records without a value match.
    NoCategory(bool),
    /// Bits of any terms; [`TermNumbers::NONE`] for records without a term.
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
    /// By number of a genotype of a sample: whether it matches.
    Genotype {
        /// The number of the sample.
        sample: u8,
        accepted: Vec<bool>,
    },
    /// Inclusive bounds of a number of a sample's call, and whether a call without the number matches.
    Sample { kind: ColumnKind, bounds: [u32; 2], or_missing: bool },
    /// Inheritance that each record decides for itself.
    Trio { trio: Trio, mode: InheritanceMode, sex: Sex },
    /// Regions that belong to another criterion than that of regions.
    Within(Regions),
    /// By block: rows that are already selected.
    Rows(Vec<Matches>),
}

impl Clause {
    /// The category column whose facet offers other values of this criterion.
    pub fn facet(&self) -> Option<&CategoryColumn> {
        match self {
            Self::Regions(_) => Some(&CHROMOSOME),
            Self::AnyTerms(_) => Some(&CONSEQUENCE),
            Self::Categories { column, is_facet: true, .. } => Some(&column.column),
            _ => None,
        }
    }

    /// The columns that the criterion is evaluated on.
    pub fn columns(&self) -> Vec<ColumnKind> {
        match self {
            Self::Regions(_) | Self::Within(_) => {
                vec![ColumnKind::Contig, ColumnKind::Pos, ColumnKind::Span]
            }
            Self::Genes(_) => vec![ColumnKind::Genes],
            Self::Categories { column, .. } => vec![column.kind()],
            Self::NoCategory(_) => Vec::new(),
            Self::AnyTerms(_) => vec![ColumnKind::Terms],
            Self::Ids(_) => vec![ColumnKind::Ids],
            Self::Numbers { column: None, .. } => Vec::new(),
            Self::Numbers { column: Some(n), .. } => {
                vec![ColumnKind::Number(*n), ColumnKind::MoreNumbers(*n)]
            }
            Self::Length(_) => vec![ColumnKind::Length, ColumnKind::MoreLengths],
            Self::Text(..) => vec![ColumnKind::Genes, ColumnKind::Ids],
            Self::Genotype { sample, .. } => vec![ColumnKind::Genotype(*sample)],
            Self::Sample { kind, .. } => vec![*kind],
            Self::Trio { trio, .. } => trio.columns(),
            Self::Rows(_) => Vec::new(),
        }
    }

    /// The criteria of a filter about a result with some columns. Values that the index does not have match nothing.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`], or [`Error::Filter`] if a column cannot have a value.
    pub fn of_filter(
        filter: &Filter,
        columns: &ColumnSet,
        categories: &[Category],
        footer: &Footer,
    ) -> Result<Vec<Self>, Error> {
        let text = lower(&filter.text);
        let ids = || filter.ids.iter().map(|id| lower(id).into_bytes()).collect();
        let criteria = [
            (!filter.regions.is_empty())
                .then(|| Self::Regions(Regions::of(&filter.regions, &footer.contigs))),
            (!filter.genes.is_empty()).then(|| Self::Genes(genes(filter, footer))),
            filter.substitution.map(|class| {
                let names = [substitution_name(class).to_owned()];
                Self::of_values(&VARIANT_TYPE, &names, false, categories, footer)
            }),
            (!filter.ids.is_empty()).then(|| Self::Ids(ids())),
            filter.length.map(Self::Length),
            (!text.is_empty()).then(|| {
                let genes = genes_with(footer, |gene| gene.contains(&text));
                Self::Text(text.clone().into_bytes(), genes)
            }),
        ];
        let mut clauses: Vec<Self> = criteria.into_iter().flatten().collect();
        for (name, values) in filter.categories.iter() {
            let column = columns.category(name).filter(|column| column.name == *name);
            let column = column.ok_or_else(|| Error::UnknownColumn { name: name.to_string() })?;
            column.check_values(values)?;
            clauses.push(match filter.scope {
                Scope::AnyTranscript if *column.name == *CONSEQUENCE.name => {
                    Self::AnyTerms(terms(values, footer))
                }
                _ => Self::of_values(column, values, true, categories, footer),
            });
        }
        for (name, range) in filter.ranges.iter() {
            let column = columns.number(name);
            let column = column.ok_or_else(|| Error::UnknownColumn { name: name.to_string() })?;
            clauses.push(Self::Numbers { column: footer.number_of(&column.name), range: *range });
        }
        Ok(clauses)
    }

    /// The criterion that a record has one of some values of a column.
    fn of_values(
        column: &CategoryColumn,
        names: &[String],
        is_facet: bool,
        categories: &[Category],
        footer: &Footer,
    ) -> Self {
        let wanted: HashSet<&str> = names.iter().map(|name| name.trim()).collect();
        let Some(column) = categories.iter().find(|known| *known.column == *column).cloned() else {
            return Self::NoCategory(wanted.contains(NO_VALUE));
        };
        let is_accepted = |number: usize| {
            let mut accepted = false;
            column.for_each_name(footer, number, |name| accepted |= wanted.contains(name));
            accepted
        };
        let accepted = (0..column.len(footer)).map(is_accepted).collect();
        Self::Categories { column, accepted, is_facet }
    }
}

impl Footer {
    /// The number of a numeric column in this index.
    pub fn number_of(&self, column: &str) -> Option<u8> {
        (0..=u8::MAX).zip(&self.numeric).find(|(_, name)| *name == column).map(|(n, _)| n)
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
    let known = TermNumbers::from_names(footer.terms.clone());
    names.iter().fold(0, |bits, name| match name.trim() {
        NO_VALUE => bits | 1 << TermNumbers::NONE,
        OTHER_VALUE => bits | 1 << TermNumbers::OTHER,
        name if footer.terms.iter().any(|term| term == name) => {
            bits | 1 << known.find(name.as_bytes())
        }
        _ => bits,
    })
}
