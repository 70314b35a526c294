//! The category columns, by which records are filtered and counted.
//!
//! A category column is declared here once: its index column, its number of values, and its
//! statistics. Filters, block skipping and facets iterate the declarations.

use crate::Error;
use crate::block_columns::BlockColumns;
use crate::format::{BlockEntry, ColumnKind, Footer, NO_IMPACT};
use crate::record_features::CLASSES;

/// A column with a small number of values, which are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CategoryColumn {
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
    Known,
}

/// The values of a category column by row.
pub(crate) enum Values<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

impl CategoryColumn {
    /// Every category column.
    pub const ALL: [Self; 6] =
        [Self::Contig, Self::Consequence, Self::Impact, Self::Class, Self::Filter, Self::Known];

    /// The column of the index.
    pub const fn kind(self) -> ColumnKind {
        match self {
            Self::Contig => ColumnKind::Contig,
            Self::Consequence => ColumnKind::Consequence,
            Self::Impact => ColumnKind::Impact,
            Self::Class => ColumnKind::Class,
            Self::Filter => ColumnKind::Filter,
            Self::Known => ColumnKind::Known,
        }
    }

    /// The number of values.
    pub const fn values(self, footer: &Footer) -> usize {
        match self {
            Self::Contig => footer.contigs.len(),
            Self::Consequence => 64,
            Self::Impact => NO_IMPACT as usize + 1,
            Self::Class => CLASSES,
            Self::Filter => footer.filters.len(),
            Self::Known => 2,
        }
    }

    /// Calls back with the values of a block and their numbers of records, from the statistics.
    pub fn for_each_count(self, block: &BlockEntry, mut call: impl FnMut(usize, u32)) {
        let stats = &block.stats;
        match self {
            Self::Contig => stats.contigs.iter().for_each(|c| call(c.contig as usize, c.rows)),
            Self::Consequence => stats.consequences.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Self::Impact => stats.impacts.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Self::Class => stats.classes.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Self::Filter => stats.filters.iter().for_each(|(n, c)| call((*n).into(), *c)),
            Self::Known => {
                call(1, stats.known);
                call(0, block.rows.saturating_sub(stats.known));
            }
        }
    }

    /// The values of a block's rows.
    pub fn rows(self, block: &BlockColumns) -> Result<Values<'_>, Error> {
        let kind = self.kind();
        Ok(match self {
            Self::Contig => Values::U32(block.u32s(kind)?),
            Self::Class | Self::Filter => Values::U16(block.u16s(kind)?),
            Self::Consequence | Self::Impact | Self::Known => Values::U8(block.u8s(kind)?),
        })
    }
}
