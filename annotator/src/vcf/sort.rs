//! Sorts the records of a VCF file in bounded memory: an external merge sort.
//!
//! The numbers of the lines in the user's file are kept, so that errors in the sorted copy name them.

use super::input::{AFTER_ANY_LINE, Chunk, InputFile};
use super::old_alleles::position_in_vcf_4;
use super::partial_file::PartialFile;
use crate::Error;
use crate::reference::Reference;
use gas_shared::vcf::{is_blank, trimmed};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that are sorted in memory.
const RUN_BYTES: usize = 64 << 20;
/// Lines that are sorted in memory. Each takes 24 bytes in addition to its text.
const RUN_LINES: usize = 1 << 20;
/// Bytes of a line number in a file.
const NUMBER_BYTES: usize = size_of::<u64>();

/// The sort key of a record: the number of its contig, in order of first occurrence, and POS.
/// Records with equal keys keep their order.
type Key = (u32, u64);

/// A sorted copy of the records of a file, without its header. It is removed on drop.
#[derive(Debug)]
pub(crate) struct SortedFile {
    path: PathBuf,
    /// The file with the line numbers.
    numbers: PathBuf,
    _partial: [PartialFile; 2],
}

impl SortedFile {
    /// The path of the records.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The numbers in the user's file of `lines` lines of the sorted copy from `first` on. All numbers
    /// count from 1.
    ///
    /// # Errors
    /// [`Error::File`] if they cannot be read.
    pub(crate) fn original_lines(&self, first: u64, lines: usize) -> Result<Vec<u64>, Error> {
        let read = || {
            let mut file = File::open(&self.numbers)?;
            file.seek(SeekFrom::Start(first.saturating_sub(1) * NUMBER_BYTES as u64))?;
            let mut bytes = vec![0; lines * NUMBER_BYTES];
            file.read_exact(&mut bytes)?;
            let (numbers, _) = bytes.as_chunks();
            Ok(numbers.iter().map(|number| u64::from_le_bytes(*number)).collect())
        };
        read().map_err(Error::file(&self.numbers))
    }
}

/// Sorts the records of `input`, whose header has been read, into temporary files next to `output`. The
/// alleles of VCF 3.3 are kept, but the position is that of VCF 4 if `old_alleles` is the reference for
/// their conversion.
///
/// # Errors
/// [`Error`] if a file cannot be read or written.
pub(crate) fn sort_file(
    input: InputFile,
    output: &Path,
    old_alleles: Option<&Reference>,
) -> Result<SortedFile, Error> {
    sort_in_runs(input, output, RUN_BYTES, old_alleles)
}

fn sort_in_runs(
    mut input: InputFile,
    output: &Path,
    run_bytes: usize,
    old_alleles: Option<&Reference>,
) -> Result<SortedFile, Error> {
    let mut runs = Runs { output, old_alleles, contigs: HashMap::new(), files: Vec::new() };
    let mut text = Vec::new();
    let mut lines = 0;
    let mut first_line = 0;
    let mut chunk = Chunk::default();
    while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        if text.is_empty() {
            first_line = chunk.first_line;
        }
        text.extend_from_slice(&chunk.bytes);
        lines += memchr::memchr_iter(b'\n', &chunk.bytes).count();
        if text.len() >= run_bytes || lines >= RUN_LINES {
            runs.write(&text, first_line)?;
            text.clear();
            lines = 0;
        }
    }
    runs.write(&text, first_line)?;
    drop(text);
    runs.merge()
}

/// The path of a temporary file next to the output.
fn temporary_path(output: &Path, name: &str) -> PathBuf {
    output.with_added_extension(format!("{name}.tmp"))
}

struct Runs<'a> {
    output: &'a Path,
    /// The reference for the conversion of VCF 3.3.
    old_alleles: Option<&'a Reference>,
    contigs: HashMap<Vec<u8>, u32>,
    files: Vec<(PathBuf, PartialFile)>,
}

impl Runs<'_> {
    fn key(&mut self, line: &[u8]) -> Key {
        let line = trimmed(line);
        let mut columns = line.split(|b| *b == b'\t');
        let name = columns.next().unwrap_or_default();
        let pos = columns.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let converted = |reference| position_in_vcf_4(line, reference);
        let pos = self.old_alleles.and_then(converted).or(pos);
        let next = self.contigs.len() as u32;
        let contig = match self.contigs.get(name) {
            Some(contig) => *contig,
            None => *self.contigs.entry(name.to_vec()).or_insert(next),
        };
        // Annotation rejects lines that are not records.
        (contig, pos.unwrap_or(0))
    }

    /// Writes a sorted run: for each record its line number in the user's file and its line.
    fn write(&mut self, text: &[u8], first_line: u64) -> Result<(), Error> {
        let mut lines: Vec<(Key, u32, u32)> = Vec::new();
        let mut start = 0;
        for (number, line) in text.split(|b| *b == b'\n').enumerate() {
            if !is_blank(line) {
                lines.push((self.key(line), start as u32, number as u32));
            }
            start += line.len() + 1;
        }
        // The start of the line keeps records with equal keys in order, without the memory of a
        // stable sort.
        lines.sort_unstable();
        let path = temporary_path(self.output, &format!("run{}", self.files.len()));
        let partial = PartialFile::new(&path);
        let write = || {
            let mut out = BufWriter::new(File::create(&path)?);
            for (_, start, number) in lines {
                let line = &text[start as usize..];
                let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
                out.write_all(&(first_line + u64::from(number)).to_le_bytes())?;
                out.write_all(line)?;
                out.write_all(b"\n")?;
            }
            out.flush()
        };
        write().map_err(Error::file(&path))?;
        self.files.push((path, partial));
        Ok(())
    }

    fn merge(&mut self) -> Result<SortedFile, Error> {
        let path = temporary_path(self.output, "sorted");
        let numbers = temporary_path(self.output, "lines");
        let partial = [PartialFile::new(&path), PartialFile::new(&numbers)];
        let create = |path| File::create(path).map(BufWriter::new).map_err(Error::file(path));
        let (mut out, mut out_numbers) = (create(&path)?, create(&numbers)?);
        let mut readers = Vec::new();
        for (path, _) in &self.files {
            readers.push(BufReader::new(File::open(path).map_err(Error::file(path))?));
        }
        let mut heap = BinaryHeap::new();
        for (n, reader) in readers.iter_mut().enumerate() {
            if let Some((number, line)) = next_line(reader)? {
                heap.push(Reverse((self.key(&line), n, number, line)));
            }
        }
        while let Some(Reverse((_, n, number, line))) = heap.pop() {
            out.write_all(&line).map_err(Error::file(&path))?;
            out_numbers.write_all(&number.to_le_bytes()).map_err(Error::file(&numbers))?;
            if let Some((number, line)) = next_line(&mut readers[n])? {
                heap.push(Reverse((self.key(&line), n, number, line)));
            }
        }
        out.flush().map_err(Error::file(&path))?;
        out_numbers.flush().map_err(Error::file(&numbers))?;
        Ok(SortedFile { path, numbers, _partial: partial })
    }
}

/// Reads the next line of a run and its number; `None` at the end.
fn next_line(reader: &mut impl BufRead) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let mut number = [0; NUMBER_BYTES];
    match reader.read_exact(&mut number) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        result => result.map_err(Error::file("a sorted run"))?,
    }
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).map_err(Error::file("a sorted run"))?;
    Ok(Some((u64::from_le_bytes(number), line)))
}

#[cfg(test)]
mod tests {
    use super::super::read_header;
    use super::*;
    use gas_shared::vcf::InputLimits;

    #[test]
    fn a_file_is_sorted_in_runs_that_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
        let header = "##fileformat=VCFv4.2\n##x=1\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        let record =
            |contig: &str, pos: u32, id: &str| format!("{contig}\t{pos}\t{id}\tA\tC\t.\t.\t.\n");
        let mut text = header.to_owned() + " \n";
        for n in 0..30_000u32 {
            let contig = if n % 3 == 0 { "2" } else { "1" };
            text += &record(contig, (n * 7919) % 10_007 + 1, &n.to_string());
        }
        std::fs::write(&input, &text).unwrap();
        let mut file = InputFile::open(&input, InputLimits::DEFAULT).unwrap();
        read_header(&mut file).unwrap();
        let sorted = sort_in_runs(file, &output, 100_000, None).unwrap();
        let found = std::fs::read_to_string(sorted.path()).unwrap();
        let key = |line: &str| {
            let columns: Vec<&str> = line.split('\t').collect();
            (
                columns[0] == "1",
                columns[1].parse::<u32>().unwrap(),
                columns[2].parse::<u32>().unwrap(),
            )
        };
        let keys: Vec<_> = found.lines().map(key).collect();
        assert_eq!(keys.len(), 30_000);
        assert!(keys.is_sorted());
        for (n, (_, _, id)) in keys.iter().enumerate().step_by(997) {
            // Line 4 is blank, and the record with identifier 0 is in line 5.
            let number = u64::from(*id) + 5;
            assert_eq!(sorted.original_lines(n as u64 + 1, 1).unwrap(), [number]);
        }
        drop(sorted);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
