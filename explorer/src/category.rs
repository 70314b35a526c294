//! The category columns of an open index, by which records are filtered and counted.
//!
//! Filters, block skipping, facets and sort orders iterate the columns, and see of each its numbered
//! values, their names, and its statistics.

use crate::Error;
use crate::annotation::TermNumbers;
use crate::block_columns::BlockColumns;
use crate::columns::{Categories, Sources};
use crate::format::{BlockEntry, ColumnKind, Footer, NO_IMPACT};
use crate::record_features::{CLASSES, substitution_bit, type_bit};
use gas_shared::explorer::{
    CategoryColumn, IMPACT, NO_VALUE, OTHER_VALUE, Substitution, VARIANT_TYPE, VariantType,
};
use std::sync::Arc;

/// A category column that the index has.
#[derive(Clone, Debug)]
pub(crate) struct Category {
    /// Its declaration.
    pub column: Arc<CategoryColumn>,
    /// How the index stores it.
    stored: Stored,
}

/// How an index stores a category column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    /// By number of the contig.
    Contig,
    /// By number of the most severe term.
    Consequence,
    /// By [`Impact`](gas_shared::explorer::Impact), or [`NO_IMPACT`].
    Impact,
    /// By bits of allele types and substitution classes.
    Class,
    /// By number of the FILTER value.
    Filter,
    /// 1 for records with a dbSNP identifier, 0 for others.
    HasRsId,
    /// By number in the dictionary of this number.
    Own(u8),
}

/// The values of a category column by row.
pub(crate) enum Values<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

/// The names of a substitution class, beside those of the types of alleles.
pub(crate) const fn substitution_name(class: Substitution) -> &'static str {
    match class {
        Substitution::Transition => "transition",
        Substitution::Transversion => "transversion",
    }
}

impl Category {
    /// The columns that an index has, in their order.
    pub fn all(sources: &Sources, footer: &Footer) -> Vec<Self> {
        let stored = |source: &crate::columns::CategorySource| match source.values {
            Categories::Chrom => Some(Stored::Contig),
            Categories::MostSevereConsequence => Some(Stored::Consequence),
            Categories::HighestImpact => Some(Stored::Impact),
            Categories::AlleleTypes => Some(Stored::Class),
            Categories::Filter => Some(Stored::Filter),
            Categories::HasRsId => Some(Stored::HasRsId),
            Categories::Fields(_) => {
                let mut numbered = (0..).zip(&footer.categories);
                let found = numbered.find(|(_, known)| known.name == source.column.name);
                found.map(|(n, _)| Stored::Own(n))
            }
        };
        let columns = sources.categories.iter();
        columns
            .filter_map(|source| {
                Some(Self { column: source.column.clone(), stored: stored(source)? })
            })
            .collect()
    }

    /// The column of the index.
    pub const fn kind(&self) -> ColumnKind {
        match self.stored {
            Stored::Contig => ColumnKind::Contig,
            Stored::Consequence => ColumnKind::Consequence,
            Stored::Impact => ColumnKind::Impact,
            Stored::Class => ColumnKind::Class,
            Stored::Filter => ColumnKind::Filter,
            Stored::HasRsId => ColumnKind::HasRsId,
            Stored::Own(n) => ColumnKind::Category(n),
        }
    }

    /// The number of numbered values.
    pub fn len(&self, footer: &Footer) -> usize {
        match self.stored {
            Stored::Contig => footer.contigs.len(),
            Stored::Consequence => 64,
            Stored::Impact => NO_IMPACT as usize + 1,
            Stored::Class => CLASSES,
            Stored::Filter => footer.filters.len(),
            Stored::HasRsId => 2,
            Stored::Own(n) => footer.categories[usize::from(n)].values.len(),
        }
    }

    /// Calls back with the names of a numbered value, of which a record may have several.
    pub fn for_each_name<'a>(
        &self,
        footer: &'a Footer,
        number: usize,
        mut call: impl FnMut(&'a str),
    ) {
        match self.stored {
            Stored::Contig => call(&footer.contigs[number]),
            Stored::Consequence if number == usize::from(TermNumbers::NONE) => call(NO_VALUE),
            Stored::Consequence if number == usize::from(TermNumbers::OTHER) => call(OTHER_VALUE),
            Stored::Consequence => footer.terms.get(number).into_iter().for_each(|term| call(term)),
            Stored::Impact => call(IMPACT.listed().get(number).map_or(NO_VALUE, |i| i.name)),
            Stored::Class => {
                let has = |bit: u16| number & usize::from(bit) != 0;
                let types = VARIANT_TYPE.listed().iter().zip(VariantType::ALL);
                types.filter(|(_, kind)| has(type_bit(*kind))).for_each(|(v, _)| call(v.name));
                let classes = [Substitution::Transition, Substitution::Transversion].into_iter();
                let classes = classes.filter(|class| has(substitution_bit(*class)));
                classes.for_each(|class| call(substitution_name(class)));
            }
            Stored::Filter => footer.filters[number].split(';').for_each(call),
            Stored::HasRsId => call(if number == 1 { "yes" } else { "no" }),
            Stored::Own(n) => match footer.categories[usize::from(n)].values[number].as_str() {
                "" => call(NO_VALUE),
                values => values.split(';').for_each(call),
            },
        }
    }

    /// Calls back with the values of a block and their numbers of records, from the statistics.
    pub fn for_each_count(&self, block: &BlockEntry, mut call: impl FnMut(usize, u32)) {
        let stats = &block.stats;
        match self.stored {
            Stored::Contig => stats.contigs.iter().for_each(|c| call(c.contig as usize, c.rows)),
            Stored::Consequence => {
                stats.consequences.iter().for_each(|(n, c)| call((*n).into(), *c));
            }
            Stored::Impact => stats.impacts.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Stored::Class => stats.classes.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Stored::Filter => stats.filters.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Stored::HasRsId => {
                call(1, stats.with_rs_id);
                call(0, block.rows.saturating_sub(stats.with_rs_id));
            }
            Stored::Own(n) => {
                stats.categories[usize::from(n)].iter().for_each(|(n, c)| call((*n).into(), *c));
            }
        }
    }

    /// The values of a block's rows.
    pub fn rows<'a>(&self, block: &'a BlockColumns) -> Result<Values<'a>, Error> {
        let kind = self.kind();
        Ok(match self.stored {
            Stored::Contig => Values::U32(block.u32s(kind)?),
            Stored::Class | Stored::Filter | Stored::Own(_) => Values::U16(block.u16s(kind)?),
            Stored::Consequence | Stored::Impact | Stored::HasRsId => Values::U8(block.u8s(kind)?),
        })
    }
}
