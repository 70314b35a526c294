//! Footers of version 1, in which the numeric columns were fixed: frequency and quality.

use super::footer::{
    BlockEntry, BlockOffset, ContigStats, Footer, LengthStats, NumberStats, Stats,
};
use super::{ColumnCounts, ColumnKind, Segment};
use crate::bounded::list;
use crate::limits::FOOTER_TEXTS;
use serde::Deserialize;

/// Postcard has no field names, so fields are in the order of version 1.
#[derive(Deserialize)]
pub(super) struct FooterV1 {
    rows: u64,
    block_rows: u32,
    sorted: bool,
    result_bytes: u64,
    text_bytes: u64,
    header_bytes: u64,
    bgzf: bool,
    header_offsets: Vec<BlockOffset>,
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    terms: Vec<String>,
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    contigs: Vec<String>,
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    filters: Vec<String>,
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    genes: Vec<String>,
    blocks: Vec<BlockEntryV1>,
}

#[derive(Deserialize)]
struct BlockEntryV1 {
    rows: u32,
    offset: u64,
    text_start: u64,
    segments: Vec<Segment>,
    stats: StatsV1,
}

#[derive(Deserialize)]
struct StatsV1 {
    contigs: Vec<ContigStats>,
    consequences: Vec<(u8, u32)>,
    impacts: Vec<(u8, u32)>,
    classes: Vec<(u16, u32)>,
    filters: Vec<(u16, u32)>,
    with_rs_id: u32,
    terms: u64,
    genes: Option<(u32, u32)>,
    quality: NumberStats,
    frequency: NumberStats,
    length: LengthStats,
}

/// The names of the numeric columns, in the order of version 1.
const NUMERIC: [&str; 2] = ["frequency", "quality"];

/// The position of the column that version 1 lacks: further values of QUAL.
const MORE_QUALITIES: ColumnKind = ColumnKind::MoreNumbers(1);

impl From<FooterV1> for Footer {
    fn from(footer: FooterV1) -> Self {
        Self {
            rows: footer.rows,
            block_rows: footer.block_rows,
            sorted: footer.sorted,
            result_bytes: footer.result_bytes,
            text_bytes: footer.text_bytes,
            header_bytes: footer.header_bytes,
            bgzf: footer.bgzf,
            header_offsets: footer.header_offsets,
            numeric: NUMERIC.map(str::to_owned).to_vec(),
            terms: footer.terms,
            contigs: footer.contigs,
            filters: footer.filters,
            genes: footer.genes,
            blocks: footer.blocks.into_iter().map(BlockEntry::from).collect(),
            categories: Vec::new(),
            chunks: None,
            declared: None,
        }
    }
}

impl From<BlockEntryV1> for BlockEntry {
    fn from(block: BlockEntryV1) -> Self {
        let mut segments = block.segments;
        let at = MORE_QUALITIES.index(ColumnCounts {
            numeric: NUMERIC.len(),
            categories: 0,
            samples: 0,
            of_rows: None,
        });
        // An empty column has no bytes, so the offsets of the others do not change.
        if at <= segments.len() {
            segments.insert(at, Segment::Constant(0));
        }
        let stats = block.stats;
        Self {
            rows: block.rows,
            offset: block.offset,
            text_start: block.text_start,
            segments,
            stats: Stats {
                contigs: stats.contigs,
                consequences: stats.consequences,
                impacts: stats.impacts,
                classes: stats.classes,
                filters: stats.filters,
                with_rs_id: stats.with_rs_id,
                terms: stats.terms,
                genes: stats.genes,
                numbers: vec![stats.frequency, stats.quality],
                length: stats.length,
                categories: Vec::new(),
            },
        }
    }
}
