//! Sorts a VCF file in bounded memory: an external merge sort.

use super::header::HeaderText;
use super::input::{AFTER_ANY_LINE, Chunk, InputFile};
use super::output::PartialFile;
use super::read_header;
use crate::Error;
use gas_shared::vcf::InputLimits;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes that are sorted in memory.
const RUN_BYTES: usize = 64 << 20;
/// Lines that are sorted in memory. Each takes 24 bytes in addition to its text.
const RUN_LINES: usize = 1 << 20;

/// The sort key of a record: the number of its contig, in order of first occurrence, and POS.
/// Records with equal keys keep their order.
type Key = (u32, u64);

/// A sorted copy of a file, which is removed on drop.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) path: PathBuf,
    _partial: PartialFile,
}

/// Sorts `input` into a temporary file next to `output`.
///
/// # Errors
/// [`Error`] if a file cannot be read or written.
pub(crate) fn sort_file(input: &Path, output: &Path, limits: InputLimits) -> Result<Sorted, Error> {
    sort_in_runs(input, output, limits, RUN_BYTES)
}

fn sort_in_runs(
    input: &Path,
    output: &Path,
    limits: InputLimits,
    run_bytes: usize,
) -> Result<Sorted, Error> {
    let mut source = InputFile::open(input, limits)?;
    let header = read_header(&mut source)?;
    let mut runs = Runs { output, contigs: HashMap::new(), files: Vec::new() };
    let mut text = Vec::new();
    let mut lines = 0;
    let mut chunk = Chunk::default();
    while source.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        text.extend_from_slice(&chunk.bytes);
        lines += memchr::memchr_iter(b'\n', &chunk.bytes).count();
        if text.len() >= run_bytes || lines >= RUN_LINES {
            runs.write(&text)?;
            text.clear();
            lines = 0;
        }
    }
    runs.write(&text)?;
    drop(text);
    let path = temporary_path(output, "sorted");
    let partial = PartialFile::new(&path);
    runs.merge(&header, &path)?;
    Ok(Sorted { path, _partial: partial })
}

/// The path of a temporary file next to the output.
fn temporary_path(output: &Path, name: &str) -> PathBuf {
    output.with_added_extension(format!("{name}.tmp"))
}

struct Runs<'a> {
    output: &'a Path,
    contigs: HashMap<Vec<u8>, u32>,
    files: Vec<(PathBuf, PartialFile)>,
}

impl Runs<'_> {
    fn key(&mut self, line: &[u8]) -> Key {
        let mut columns = line.split(|b| *b == b'\t');
        let name = columns.next().unwrap_or_default();
        let pos = columns.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let next = self.contigs.len() as u32;
        let contig = match self.contigs.get(name) {
            Some(contig) => *contig,
            None => *self.contigs.entry(name.to_vec()).or_insert(next),
        };
        // Annotation rejects lines that are not records.
        (contig, pos.unwrap_or(0))
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        let mut lines: Vec<(Key, u32)> = Vec::new();
        let mut start = 0;
        for line in text.split(|b| *b == b'\n') {
            if !line.is_empty() {
                lines.push((self.key(line), start as u32));
            }
            start += line.len() + 1;
        }
        // The start of the line keeps records with equal keys in order, without the memory of a
        // stable sort.
        lines.sort_unstable();
        let path = temporary_path(self.output, &format!("run{}", self.files.len()));
        let partial = PartialFile::new(&path);
        let file = File::create(&path).map_err(Error::file(&path))?;
        let mut out = BufWriter::new(file);
        for (_, start) in lines {
            let line = &text[start as usize..];
            let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
            out.write_all(line).and_then(|()| out.write_all(b"\n")).map_err(Error::file(&path))?;
        }
        out.flush().map_err(Error::file(&path))?;
        self.files.push((path, partial));
        Ok(())
    }

    fn merge(&mut self, header: &HeaderText, path: &Path) -> Result<(), Error> {
        let mut out = BufWriter::new(File::create(path).map_err(Error::file(path))?);
        let mut text = Vec::new();
        header.write_unchanged(&mut text);
        out.write_all(&text).map_err(Error::file(path))?;
        let mut readers = Vec::new();
        for (path, _) in &self.files {
            readers.push(BufReader::new(File::open(path).map_err(Error::file(path))?));
        }
        let mut heap = BinaryHeap::new();
        for (n, reader) in readers.iter_mut().enumerate() {
            if let Some(line) = next_line(reader)? {
                heap.push(Reverse((self.key(&line), n, line)));
            }
        }
        while let Some(Reverse((_, n, line))) = heap.pop() {
            out.write_all(&line).map_err(Error::file(path))?;
            if let Some(line) = next_line(&mut readers[n])? {
                heap.push(Reverse((self.key(&line), n, line)));
            }
        }
        out.flush().map_err(Error::file(path))
    }
}

fn next_line(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let mut line = Vec::new();
    let read = reader.read_until(b'\n', &mut line).map_err(Error::file("a sorted run"))?;
    Ok((read > 0).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sorted_in_runs_that_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
        let header = "##fileformat=VCFv4.2\n##x=1\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        let record =
            |contig: &str, pos: u32, id: &str| format!("{contig}\t{pos}\t{id}\tA\tC\t.\t.\t.\n");
        let mut text = header.to_owned();
        for n in 0..30_000u32 {
            let contig = if n % 3 == 0 { "2" } else { "1" };
            text += &record(contig, (n * 7919) % 10_007 + 1, &n.to_string());
        }
        std::fs::write(&input, &text).unwrap();
        let sorted = sort_in_runs(&input, &output, InputLimits::DEFAULT, 100_000).unwrap();
        let found = std::fs::read_to_string(&sorted.path).unwrap();
        assert!(found.starts_with(header));
        let key = |line: &str| {
            let columns: Vec<&str> = line.split('\t').collect();
            (
                columns[0] == "1",
                columns[1].parse::<u32>().unwrap(),
                columns[2].parse::<u32>().unwrap(),
            )
        };
        let keys: Vec<_> = found.lines().skip(3).map(key).collect();
        assert_eq!(keys.len(), 30_000);
        assert!(keys.is_sorted());
        drop(sorted);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
