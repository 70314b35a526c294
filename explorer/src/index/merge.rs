//! Merges the indexes of the shards of a result, without reading its records. The bytes are those of the index of the
//! whole result.
//!
//! The records of a block come from several shards, and each shard numbers its texts by itself, so that the columns are
//! decoded, numbered again and compressed again.

use super::block::RecordFeatures;
use super::shard_index::ShardIndex;
use super::{Builder, IndexSize, OTHER, Options, Stopped, write_index};
use crate::Error;
use crate::format::{BlockOffset, NO_GENE};
use crate::source::Source;
use std::io::Write;

/// Bytes of the empty block at the end of a BGZF file (SAM specification, section 4.1.2).
const END_BYTES: u64 = 28;

/// Merges indexes into that of the result. Each is that of the same header, as BGZF, with a shard of the records, without
/// the block that marks the end.
///
/// # Errors
/// [`Error::OtherShards`] if they are not the indexes of such shards, [`Error`] if they cannot be read, or if the result
/// cannot be indexed.
pub fn merge(
    shards: &[&dyn Source],
    index: impl Write + Send,
    options: Options,
) -> Result<IndexSize, Error> {
    write_index(index, options, |builder| {
        let mut merger = Merger::default();
        for (n, source) in shards.iter().enumerate() {
            let shard = ShardIndex::open(*source)?;
            if n == 0 {
                merger.begin(builder, &shard)?;
            }
            merger.add(builder, &shard)?;
        }
        merger.finish(builder)
    })
}

/// The state between two shards.
#[derive(Default)]
struct Merger {
    /// Where the next shard begins.
    end: BlockOffset,
    /// Where the next record begins in the text.
    text: u64,
    /// The BGZF blocks whose text is not completely in the blocks of the index.
    offsets: Vec<BlockOffset>,
    records: u64,
}

impl Merger {
    /// Takes the header from the first shard.
    fn begin(&mut self, builder: &mut Builder, shard: &ShardIndex<'_>) -> Result<(), Error> {
        let header = &shard.footer;
        let end = header.header_offsets.iter().find(|offset| offset.text == header.header_bytes);
        self.end = *end.ok_or(Error::OtherShards("the header and a record share a block"))?;
        self.text = header.header_bytes;
        builder.block_start = header.header_bytes;
        builder.footer.header_bytes = header.header_bytes;
        builder.footer.header_offsets.clone_from(&header.header_offsets);
        builder.footer.bgzf = true;
        builder.samples = header.samples().to_vec();
        builder.begin_columns(&shard.column_set());
        Ok(())
    }

    fn add(&mut self, builder: &mut Builder, shard: &ShardIndex<'_>) -> Result<(), Stopped> {
        self.check(builder, shard)?;
        let maps = NumberMaps::new(builder, shard)?;
        let text = shard.text()?;
        let start = self.end;
        let shifted = |offset: &BlockOffset| BlockOffset {
            packed: start.packed + offset.packed,
            text: start.text + offset.text,
        };
        self.offsets.extend(text.offsets.iter().map(shifted));
        self.end = shifted(&text.size);
        let mut features = RecordFeatures::new(&builder.sources);
        shard.for_each_record(&mut features, |features, bytes| {
            if builder.is_block_full() {
                self.flush(builder)?;
            }
            maps.apply(features, &mut builder.categories)?;
            std::mem::swap(features, &mut builder.features);
            self.records += 1;
            self.text += u64::from(bytes);
            builder.add_record(bytes, self.records)
        })
    }

    /// Checks that a shard has the header and the columns of the first one.
    fn check(&self, builder: &Builder, shard: &ShardIndex<'_>) -> Result<(), Error> {
        let (own, other) = (&builder.footer, &shard.footer);
        let categories = builder.sources.own_categories().map(|(column, _)| &*column.name);
        if own.header_bytes != other.header_bytes || builder.samples != other.samples() {
            return Err(Error::OtherShards("the headers differ"));
        }
        if own.numeric != other.numeric
            || builder.sources.set != shard.column_set()
            || !categories.eq(other.categories.iter().map(|known| known.name.as_str()))
        {
            return Err(Error::OtherShards("one has the columns of another version"));
        }
        Ok(())
    }

    fn flush(&mut self, builder: &mut Builder) -> Result<(), Stopped> {
        let end = self.text;
        let all = self.offsets.iter().copied().chain([self.end]);
        let mut taken: Vec<BlockOffset> = Vec::new();
        for offset in all {
            if taken.last().is_none_or(|last| last.text < end) {
                taken.push(offset);
            }
        }
        // The next block of the index begins in the block with the end of this one.
        let next = self.offsets.iter().skip(1).chain([&self.end]);
        let done = next.take_while(|next| next.text <= end).count();
        self.offsets.drain(..done.min(self.offsets.len()));
        builder.flush(end, taken)
    }

    fn finish(mut self, builder: &mut Builder) -> Result<BlockOffset, Stopped> {
        if builder.block.rows() > 0 {
            self.flush(builder)?;
        }
        Ok(BlockOffset { packed: self.end.packed + END_BYTES, text: self.end.text })
    }
}

/// By number in a shard: the number in the result.
struct NumberMaps {
    contigs: Vec<u32>,
    filters: Vec<u32>,
    genes: Vec<u32>,
    categories: Vec<Vec<u32>>,
    genotypes: Vec<u32>,
}

impl NumberMaps {
    /// Numbers the texts of a shard. New ones get the numbers that they get when the records are read, because their
    /// order in the shard is that of their appearance.
    fn new(builder: &mut Builder, shard: &ShardIndex<'_>) -> Result<Self, Error> {
        let footer = &shard.footer;
        let terms = footer.terms.iter().map(|term| builder.terms.add(term.as_bytes()));
        if !terms.eq(0..footer.terms.len() as u8) {
            return Err(Error::OtherShards("unknown consequences have other numbers"));
        }
        let numbers = |dictionary: &mut super::Dictionary, texts: &[String]| {
            let texts = texts.iter().map(|text| dictionary.number(text.as_bytes()));
            texts.collect::<Result<Vec<_>, _>>()
        };
        let numbers_or_other = |dictionary: &mut super::Dictionary, texts: &[String]| {
            texts.iter().map(|text| dictionary.number_or(text.as_bytes(), OTHER)).collect()
        };
        let categories = builder.categories.iter_mut().zip(&footer.categories);
        let categories = categories.map(|(known, shard)| numbers_or_other(known, &shard.values));
        Ok(Self {
            categories: categories.collect(),
            contigs: numbers(&mut builder.contigs, &footer.contigs)?,
            filters: numbers(&mut builder.filters, &footer.filters)?,
            genes: numbers(&mut builder.genes, &footer.genes)?,
            genotypes: numbers_or_other(&mut builder.genotypes, footer.genotypes()),
        })
    }

    /// Gives a record the numbers of the result.
    fn apply(
        &self,
        features: &mut RecordFeatures,
        categories: &mut [super::Dictionary],
    ) -> Result<(), Error> {
        let number = |map: &[u32], number: u32| {
            map.get(number as usize).copied().ok_or(Error::Damaged("a text is missing"))
        };
        features.contig = number(&self.contigs, features.contig)?;
        // The limits of the dictionaries keep these numbers within 16 bits.
        features.filter = number(&self.filters, features.filter.into())? as u16;
        for gene in features.genes.iter_mut().filter(|gene| **gene != NO_GENE) {
            *gene = number(&self.genes, *gene)?;
        }
        let texts = features.values.categories.iter().zip(categories);
        let values = features.categories.iter_mut().zip(&self.categories).zip(texts);
        for ((value, map), ((_, text), known)) in values {
            *value = match u32::from(*value) {
                // The dictionary of the shard is full, but that of the result may have the value.
                OTHER => known.number_or(text, OTHER) as u16,
                value => number(map, value)? as u16,
            };
        }
        for (genotype, _) in &mut features.calls {
            *genotype = number(&self.genotypes, (*genotype).into())? as u16;
        }
        Ok(())
    }
}
