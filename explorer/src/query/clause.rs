//! A filter in the index's own numbers.

use crate::annotation::Terms;
use crate::facts::{substitution_bit, type_bit};
use crate::format::{ColumnKind, Footer};
use gas_shared::explorer::{Filter, LengthRange, NO_CONSEQUENCE, Range, Scope, contig_alias};
use std::collections::HashSet;

/// What facets are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Contig,
    Consequence,
    Impact,
    Class,
    Filter,
    Known,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 6] =
        [Self::Contig, Self::Consequence, Self::Impact, Self::Class, Self::Filter, Self::Known];

    /// The column with its values.
    pub const fn column(self) -> ColumnKind {
        match self {
            Self::Contig => ColumnKind::Contig,
            Self::Consequence => ColumnKind::Consequence,
            Self::Impact => ColumnKind::Impact,
            Self::Class => ColumnKind::Class,
            Self::Filter => ColumnKind::Filter,
            Self::Known => ColumnKind::Known,
        }
    }
}

/// One criterion. All of a filter's must hold.
#[derive(Debug)]
pub(crate) enum Clause {
    /// Contig, first and last position.
    Regions(Vec<(u32, u32, u32)>),
    /// Numbers of genes.
    Genes(HashSet<u32>),
    /// Bits of most severe terms.
    Consequences(u64),
    /// Bits of any terms; [`Terms::NONE`] for records without.
    AnyTerms(u64),
    /// Bits of impacts.
    Impacts(u8),
    /// Bits of kinds.
    Types(u16),
    /// The bit of a class of substitutions.
    Substitution(u16),
    /// Whether there is a dbSNP number.
    Known(bool),
    /// Identifiers in lower case.
    Ids(HashSet<Vec<u8>>),
    /// Allele frequency.
    Frequency(Range),
    /// QUAL.
    Quality(Range),
    /// Length change.
    Length(LengthRange),
    /// By number of FILTER: whether it is shown.
    Filters(Vec<bool>),
    /// Part of an identifier (in lower case), or one of these genes.
    Text(Vec<u8>, HashSet<u32>),
}

impl Clause {
    /// The facet that offers other values of this criterion.
    pub const fn dimension(&self) -> Option<Dimension> {
        Some(match self {
            Self::Regions(_) => Dimension::Contig,
            Self::Consequences(_) | Self::AnyTerms(_) => Dimension::Consequence,
            Self::Impacts(_) => Dimension::Impact,
            Self::Types(_) => Dimension::Class,
            Self::Filters(_) => Dimension::Filter,
            Self::Known(_) => Dimension::Known,
            _ => return None,
        })
    }

    /// The columns to look at.
    pub const fn columns(&self) -> &'static [ColumnKind] {
        match self {
            Self::Regions(_) => &[ColumnKind::Contig, ColumnKind::Pos, ColumnKind::Span],
            Self::Genes(_) => &[ColumnKind::Genes],
            Self::Consequences(_) => &[ColumnKind::Consequence],
            Self::AnyTerms(_) => &[ColumnKind::Terms],
            Self::Impacts(_) => &[ColumnKind::Impact],
            Self::Types(_) | Self::Substitution(_) => &[ColumnKind::Class],
            Self::Known(_) => &[ColumnKind::Known],
            Self::Ids(_) => &[ColumnKind::Ids],
            Self::Frequency(_) => &[ColumnKind::Frequency, ColumnKind::MoreFrequencies],
            Self::Quality(_) => &[ColumnKind::Quality],
            Self::Length(_) => &[ColumnKind::Length, ColumnKind::MoreLengths],
            Self::Filters(_) => &[ColumnKind::Filter],
            Self::Text(..) => &[ColumnKind::Genes, ColumnKind::Ids],
        }
    }

    /// The criteria of a filter. What the file does not have matches nothing.
    pub fn of_filter(filter: &Filter, footer: &Footer) -> Vec<Self> {
        let text = lower(&filter.text);
        let ids = || filter.ids.iter().map(|id| lower(id).into_bytes()).collect();
        let lists = [
            (!filter.regions.is_empty()).then(|| regions(filter, footer)),
            (!filter.genes.is_empty()).then(|| Self::Genes(genes(filter, footer))),
            (!filter.consequences.is_empty()).then(|| consequences(filter, footer)),
            (!filter.impacts.is_empty()).then(|| Self::Impacts(impacts(filter))),
            (!filter.types.is_empty()).then(|| Self::Types(types(filter))),
            filter.substitution.map(|class| Self::Substitution(substitution_bit(class))),
            filter.known.map(Self::Known),
            (!filter.ids.is_empty()).then(|| Self::Ids(ids())),
            filter.frequency.map(Self::Frequency),
            filter.quality.map(Self::Quality),
            filter.length.map(Self::Length),
            (!filter.filters.is_empty()).then(|| Self::Filters(filters(filter, footer))),
            (!text.is_empty()).then(|| {
                let genes = genes_with(footer, |gene| gene.contains(&text));
                Self::Text(text.clone().into_bytes(), genes)
            }),
        ];
        lists.into_iter().flatten().collect()
    }
}

fn impacts(filter: &Filter) -> u8 {
    filter.impacts.iter().fold(0, |bits, impact| bits | 1 << *impact as u8)
}

fn types(filter: &Filter) -> u16 {
    filter.types.iter().fold(0, |bits, kind| bits | type_bit(*kind))
}

fn consequences(filter: &Filter, footer: &Footer) -> Clause {
    let bits = terms(&filter.consequences, footer);
    match filter.scope {
        Scope::MostSevere => Clause::Consequences(bits),
        Scope::AnyTranscript => Clause::AnyTerms(bits),
    }
}

fn lower(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

fn genes(filter: &Filter, footer: &Footer) -> HashSet<u32> {
    let wanted: HashSet<String> = filter.genes.iter().map(|gene| lower(gene)).collect();
    genes_with(footer, |gene| wanted.contains(gene))
}

fn genes_with(footer: &Footer, holds: impl Fn(&str) -> bool) -> HashSet<u32> {
    let numbered = (0..).zip(&footer.genes);
    numbered.filter(|(_, gene)| holds(&gene.to_ascii_lowercase())).map(|(n, _)| n).collect()
}

fn regions(filter: &Filter, footer: &Footer) -> Clause {
    let aliases: Vec<String> = footer.contigs.iter().map(|name| contig_alias(name)).collect();
    let mut regions = Vec::new();
    for region in &filter.regions {
        let alias = contig_alias(&region.contig);
        let (start, end) = region.span.unwrap_or((0, u32::MAX));
        let contigs = (0..).zip(&aliases).filter(|(_, name)| **name == alias);
        regions.extend(contigs.map(|(contig, _)| (contig, start, end)));
    }
    Clause::Regions(regions)
}

fn terms(names: &[String], footer: &Footer) -> u64 {
    let known = Terms::from_names(footer.terms.clone());
    names.iter().fold(0, |bits, name| match name.trim() {
        NO_CONSEQUENCE => bits | 1 << Terms::NONE,
        "other" => bits | 1 << Terms::OTHER,
        name if footer.terms.iter().any(|term| term == name) => {
            bits | 1 << known.find(name.as_bytes())
        }
        _ => bits,
    })
}

fn filters(filter: &Filter, footer: &Footer) -> Vec<bool> {
    let shown = |name: &str| filter.filters.iter().any(|wanted| wanted.trim() == name);
    footer.filters.iter().map(|names| names.split(';').any(shown)).collect()
}
