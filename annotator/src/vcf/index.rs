//! The tabix index of a bgzipped file.
//!
//! The index needs contig, position and length of the records only, so that no header line and no
//! value that other readers accept can stop it.

use super::bgzf::BlockReader;
use super::output::PartialFile;
use crate::Error;
use gas_shared::vcf::{Definition, parse_record};
use noodles_bgzf::VirtualPosition;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_vcf::Index;
use noodles_vcf::index::Indexer;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The last position of a tabix index (SAM specification, section 5.2).
const TABIX_MAX_POSITION: usize = 1 << 29;

/// The last position that a record can have: it has at most 12 digits.
const MAX_POSITION: usize = 999_999_999_999;

/// Writes `FILE.gz.tbi` for a sorted bgzipped VCF file, or `FILE.gz.csi` if a contig is too long
/// for tabix, and returns the path.
///
/// # Errors
/// [`Error::File`] if the file is not valid and sorted, or if the index cannot be written.
pub fn write_index(path: &Path) -> Result<PathBuf, Error> {
    let index = match index(path, 0) {
        // A wrong position must not prevent the index of the other records.
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => index(path, MAX_POSITION),
        result => result,
    };
    let index = index.map_err(Error::file(path))?;
    let mut name = path.to_owned().into_os_string();
    name.push(match index {
        Index::Tabix(_) => ".tbi",
        Index::Csi(_) => ".csi",
    });
    let target = PathBuf::from(name);
    let partial = PartialFile::new(&target);
    let written = match &index {
        Index::Tabix(index) => noodles_tabix::fs::write(&target, index),
        Index::Csi(index) => noodles_csi::fs::write(&target, index),
    };
    written.map_err(Error::file(&target))?;
    partial.keep();
    Ok(target)
}

/// Indexes a file whose contigs have at least `longest` bases.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] if a record is beyond the contigs and the end of a tabix index.
fn index(path: &Path, mut longest: usize) -> io::Result<Index> {
    let mut reader = BlockReader::new(BufReader::new(File::open(path)?));
    let mut line = Vec::new();
    let mut indexer = None;
    loop {
        let start = VirtualPosition::from(reader.virtual_position());
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let end = VirtualPosition::from(reader.virtual_position());
        let line = super::trimmed(&line);
        if line.starts_with(b"#") {
            longest = longest.max(contig_length(line));
            continue;
        }
        let indexer = match &mut indexer {
            Some(indexer) => indexer,
            None => indexer.insert(indexer_for(longest)?),
        };
        let record = parse_record(line).map_err(|error| invalid(error.at(0)))?;
        let first = position(record.pos.max(1))?;
        let most = longest.max(TABIX_MAX_POSITION) as u64;
        if record.pos > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let last = last_base(record.pos, record.reference, record.info);
        let last = position(last.min(most))?;
        indexer
            .add_record(&String::from_utf8_lossy(record.chrom), first, last, Chunk::new(start, end))
            .map_err(invalid)?;
    }
    let indexer = indexer.map_or_else(|| indexer_for(longest), Ok)?;
    Ok(indexer.build())
}

fn indexer_for(longest_contig: usize) -> io::Result<Indexer> {
    let mut builder = Indexer::builder();
    if let Some(position) = Position::new(longest_contig) {
        builder = builder.set_max_position_hint(position);
    }
    builder.build().map_err(invalid)
}

/// The length that a `##contig` line states; 0 for other lines.
fn contig_length(line: &[u8]) -> usize {
    let definition = Definition::parse(line).filter(|definition| definition.key == b"contig");
    let length = definition.and_then(|definition| definition.field(b"length"));
    let length = length.and_then(|text| std::str::from_utf8(text).ok()?.parse::<usize>().ok());
    length.unwrap_or(0).min(MAX_POSITION)
}

/// The last base of a record, as tabix and bcftools have it: that of REF, or INFO/END if it is
/// greater.
fn last_base(pos: u64, reference: &[u8], info: &[u8]) -> u64 {
    let pos = pos.max(1);
    let last = pos.saturating_add(reference.len() as u64).saturating_sub(1).max(pos);
    let mut fields = info.split(|b| *b == b';');
    let end = fields.find_map(|field| field.strip_prefix(b"END="));
    let end = end.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    end.map_or(last, |end: u64| end.max(last))
}

fn position(number: u64) -> io::Result<Position> {
    let number = usize::try_from(number).ok().and_then(Position::new);
    number.ok_or_else(|| invalid("a position is too large"))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
