//! Converts BCF (binary VCF, version 2) to the lines of text that the pipeline reads.
//!
//! The format is in section 6 of the VCF specification 4.5. Nothing is allocated by what the file
//! claims: a record's bytes are read as far as they exist, and the text of a record ends at the limit
//! for a line. The header is text, so that it has the same reader as that of a VCF file.

mod values;

use crate::error::{Error, InputError};
use gas_shared::vcf::{
    BCF_MAGIC, Code, Definition, Diagnostic, InputLimits, LINE_ADVICE, Severity,
};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use values::{Bytes, Value, write_float};

/// Bytes of a record in BCF per byte of its text: `.` and a separator take up to five bytes.
const BYTES_PER_TEXT_BYTE: usize = 8;

/// The reason why a record is rejected.
enum Problem {
    /// The bytes are no record.
    Damaged(&'static str),
    /// The text of the record is too long.
    TooLong,
}

impl From<&'static str> for Problem {
    fn from(what: &'static str) -> Self {
        Self::Damaged(what)
    }
}

/// Reads a decompressed BCF file as text.
#[derive(Debug)]
pub(super) struct BcfReader<R> {
    reader: R,
    limits: InputLimits,
    contigs: Dictionary,
    strings: Dictionary,
    samples: usize,
    /// The text of the header or of the last record, and how much of it has been read.
    text: Vec<u8>,
    at: usize,
    /// The bytes of the last record.
    record: Vec<u8>,
    records: u64,
}

impl<R: Read> BcfReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`InputError`] if it is damaged or too large.
    pub(super) fn new(mut reader: R, limits: InputLimits) -> Result<Self, Error> {
        let mut start = [0; 9];
        reader.read_exact(&mut start).map_err(|e| damaged_header(&e))?;
        if !start.starts_with(BCF_MAGIC) {
            return Err(damaged_header(&"it is not BCF version 2"));
        }
        let length = u32::from_le_bytes([start[5], start[6], start[7], start[8]]);
        if length as usize > limits.header_bytes.saturating_mul(2) {
            let most = limits.header_bytes;
            let message = format!(
                "the header has more than {most} bytes; remove definitions that no record uses"
            );
            return Err(error_at(1, Code::HeaderTooLarge, message).into());
        }
        let mut header = Vec::new();
        reader
            .by_ref()
            .take(length.into())
            .read_to_end(&mut header)
            .map_err(|e| damaged_header(&e))?;
        if header.len() < length as usize {
            return Err(damaged_header(&"it ends early"));
        }
        let end = header.iter().position(|b| *b == 0).unwrap_or(header.len());
        header.truncate(end);
        let mut new = Self {
            reader,
            limits,
            contigs: Dictionary::default(),
            strings: Dictionary::default(),
            samples: 0,
            text: Vec::new(),
            at: 0,
            record: Vec::new(),
            records: 0,
        };
        // The filter PASS has number 0 whether it is defined or not (section 6.2.1).
        new.strings.names.push(Some(Name { text: b"PASS".to_vec(), is_flag: false }));
        new.strings.numbers.insert(b"PASS".to_vec(), 0);
        for line in header.split(|b| *b == b'\n') {
            new.read_header_line(line).map_err(|what| damaged_header(&what))?;
        }
        Ok(new)
    }

    /// Adds a line to the text of the header, without the numbers that only BCF has.
    fn read_header_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with(b"#CHROM") {
            self.samples = memchr::memchr_iter(b'\t', line).count().saturating_sub(8);
        }
        let definition = Definition::parse(line).filter(|d| d.is_unique() && d.is_structured());
        let kind = definition.map(|d| (d, d.key)).filter(|(_, key)| *key != b"ALT");
        let mut number = None;
        if let Some((definition, key)) = kind
            && let Some(id) = definition.id()
        {
            number = definition.field(b"IDX");
            let index = number.map(|text| {
                let text = std::str::from_utf8(text).ok();
                text.and_then(|text| text.parse().ok()).ok_or("an IDX is not a number")
            });
            let is_flag = key == b"INFO" && definition.field(b"Type") == Some(b"Flag");
            let names = if key == b"contig" { &mut self.contigs } else { &mut self.strings };
            names.define(id, index.transpose()?, is_flag, self.limits.header_lines)?;
        }
        let suffix = number.map(|number| [b",IDX=", number].concat());
        match suffix.and_then(|field| Some((memchr::memmem::rfind(line, &field)?, field.len()))) {
            Some((start, length)) => {
                self.text.extend_from_slice(&line[..start]);
                self.text.extend_from_slice(&line[start + length..]);
            }
            None => self.text.extend_from_slice(line),
        }
        self.text.push(b'\n');
        Ok(())
    }

    /// Reads text into `out`; 0 at the end of the file.
    ///
    /// # Errors
    /// [`InputError`] with the number of the record if it is damaged or too long.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if self.at == self.text.len() {
            self.text.clear();
            self.at = 0;
            if !self.next_record()? {
                return Ok(0);
            }
        }
        let rest = &self.text[self.at..];
        let read = rest.len().min(out.len());
        out[..read].copy_from_slice(&rest[..read]);
        self.at += read;
        Ok(read)
    }

    /// Converts the next record to a line; `false` at the end of the file.
    fn next_record(&mut self) -> Result<bool, Error> {
        let mut start = [0; 8];
        let most = start.len() as u64;
        let mut bytes = Vec::with_capacity(start.len());
        self.reader.by_ref().take(most).read_to_end(&mut bytes).map_err(|e| self.unreadable(e))?;
        if bytes.is_empty() {
            return Ok(false);
        }
        self.records += 1;
        if bytes.len() < start.len() {
            return Err(self.damaged("the file ends within the record"));
        }
        start.copy_from_slice(&bytes);
        let length = |at: usize| {
            u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]) as usize
        };
        let (shared, individual) = (length(0), length(4));
        let most = self.limits.line_bytes.saturating_mul(BYTES_PER_TEXT_BYTE);
        if shared.saturating_add(individual) > most {
            return Err(self.too_long());
        }
        self.record.clear();
        let all = (shared + individual) as u64;
        let mut record = std::mem::take(&mut self.record);
        let read = self.reader.by_ref().take(all).read_to_end(&mut record);
        self.record = record;
        read.map_err(|e| self.unreadable(e))?;
        if (self.record.len() as u64) < all {
            return Err(self.damaged("the file ends within the record"));
        }
        let mut text = std::mem::take(&mut self.text);
        let (shared, individual) = self.record.split_at(shared);
        let written = self.write_record(Bytes(shared), Bytes(individual), &mut text);
        self.text = text;
        match written {
            Ok(()) => Ok(true),
            Err(Problem::Damaged(what)) => Err(self.damaged(what)),
            Err(Problem::TooLong) => Err(self.too_long()),
        }
    }

    fn write_record(
        &self,
        mut shared: Bytes<'_>,
        mut individual: Bytes<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let contig = shared.i32()?;
        let pos = i64::from(shared.i32()?) + 1;
        // The length on the reference follows from REF and INFO/END.
        let _ = shared.i32()?;
        let quality = shared.u32()?;
        let (info_fields, alleles) = shared.two_u16()?;
        let counts = shared.u32()?;
        let (samples, keys) = (counts & 0x00ff_ffff, counts >> 24);
        if samples as usize != self.samples {
            return Err("it has another number of samples than the header".into());
        }
        if pos < 0 {
            return Err("its position is negative".into());
        }
        out.extend_from_slice(&self.contigs.name(contig)?.text);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "\t{pos}\t");
        shared.value()?.write(out)?;
        self.check_length(out)?;
        out.push(b'\t');
        if alleles == 0 {
            return Err("it has no REF".into());
        }
        for n in 0..alleles {
            if n > 0 {
                out.push(if n == 1 { b'\t' } else { b',' });
            }
            shared.value()?.write(out)?;
            self.check_length(out)?;
        }
        if alleles == 1 {
            out.extend_from_slice(b"\t.");
        }
        out.push(b'\t');
        write_float(quality, out);
        out.push(b'\t');
        self.write_filters(shared.value()?, out)?;
        out.push(b'\t');
        if info_fields == 0 {
            out.push(b'.');
        }
        for n in 0..info_fields {
            if n > 0 {
                out.push(b';');
            }
            let name = self.strings.name(shared.integer()?)?;
            out.extend_from_slice(&name.text);
            let value = shared.value()?;
            if !name.is_flag && value.count > 0 {
                out.push(b'=');
                value.write(out)?;
            }
            self.check_length(out)?;
        }
        if !shared.0.is_empty() {
            return Err("bytes follow its last INFO field".into());
        }
        self.write_samples(&mut individual, keys, out)?;
        out.push(b'\n');
        Ok(())
    }

    fn write_filters(&self, filters: Value<'_>, out: &mut Vec<u8>) -> Result<(), Problem> {
        if filters.count == 0 {
            out.push(b'.');
            return Ok(());
        }
        for (n, filter) in filters.integers()?.enumerate() {
            if n > 0 {
                out.push(b';');
            }
            let number = filter.ok_or("a filter is missing")?;
            out.extend_from_slice(&self.strings.name(number)?.text);
            self.check_length(out)?;
        }
        Ok(())
    }

    fn write_samples(
        &self,
        individual: &mut Bytes<'_>,
        keys: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        if self.samples == 0 {
            return Ok(());
        }
        let mut fields = Vec::new();
        out.push(b'\t');
        for n in 0..keys {
            if n > 0 {
                out.push(b':');
            }
            let name = self.strings.name(individual.integer()?)?;
            out.extend_from_slice(&name.text);
            let (kind, count) = individual.descriptor()?;
            let each = count.checked_mul(kind.width()).ok_or("a value is too long")?;
            let all = each.checked_mul(self.samples).ok_or("the values are too long")?;
            let values = individual.take(all)?;
            fields.push((name.text == b"GT", kind, count, each, values));
        }
        if keys == 0 {
            out.push(b'.');
        }
        for sample in 0..self.samples {
            out.push(b'\t');
            if keys == 0 {
                out.push(b'.');
            }
            for (n, (is_genotype, kind, count, each, values)) in fields.iter().enumerate() {
                if n > 0 {
                    out.push(b':');
                }
                let bytes = &values[sample * each..(sample + 1) * each];
                let value = Value { kind: *kind, count: *count, bytes };
                if *is_genotype && kind.is_integer() {
                    value.write_genotype(out)?;
                } else {
                    value.write(out)?;
                }
            }
            self.check_length(out)?;
        }
        Ok(())
    }

    /// Stops at the limit for a line.
    fn check_length(&self, text: &[u8]) -> Result<(), Problem> {
        if text.len() > self.limits.line_bytes { Err(Problem::TooLong) } else { Ok(()) }
    }

    fn damaged(&self, what: &str) -> Error {
        InputError::Damaged(format!("BCF record {}: {what}", self.records)).into()
    }

    fn unreadable(&self, error: io::Error) -> Error {
        let next = format!("BCF record {}: {error}", self.records.max(1));
        match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => InputError::Damaged(next).into(),
            _ => Error::file("input")(error),
        }
    }

    fn too_long(&self) -> Error {
        let most = self.limits.line_bytes;
        let message = format!("the text of the record is longer than {most} bytes; {LINE_ADVICE}");
        InputError::Record(diagnostic(self.records, Code::LineTooLong, message)).into()
    }
}

fn damaged_header(what: &dyn std::fmt::Display) -> Error {
    InputError::Damaged(format!("header of the BCF file: {what}")).into()
}

fn diagnostic(line: u64, code: Code, message: String) -> Diagnostic {
    Diagnostic { line, column: None, severity: Severity::Error, code, message }
}

fn error_at(line: u64, code: Code, message: String) -> InputError {
    diagnostic(line, code, message).into()
}

/// The names of the header by number.
#[derive(Debug, Default)]
struct Dictionary {
    names: Vec<Option<Name>>,
    numbers: HashMap<Vec<u8>, usize>,
}

#[derive(Clone, Debug)]
struct Name {
    text: Vec<u8>,
    /// Whether it is an INFO key without a value.
    is_flag: bool,
}

impl Dictionary {
    /// Adds a definition. One without a number has the number of its ID, or the next one.
    fn define(
        &mut self,
        id: &[u8],
        number: Option<usize>,
        is_flag: bool,
        limit: usize,
    ) -> Result<(), &'static str> {
        // A tab in a name would move columns.
        if id.is_empty() || id.iter().any(|b| *b <= b' ') {
            return Err("the ID of a definition is not a name");
        }
        let known = self.numbers.get(id).copied();
        let number = number.or(known).unwrap_or(self.names.len());
        if number > limit {
            return Err("the number of a definition is too large");
        }
        if self.names.len() <= number {
            self.names.resize(number + 1, None);
        }
        self.numbers.insert(id.to_vec(), number);
        let name = self.names[number].get_or_insert_with(|| Name { text: id.to_vec(), is_flag });
        name.is_flag |= is_flag;
        Ok(())
    }

    fn name(&self, number: i32) -> Result<&Name, &'static str> {
        let name = usize::try_from(number).ok().and_then(|number| self.names.get(number)?.as_ref());
        name.ok_or("it uses a name that the header does not define")
    }
}

#[cfg(test)]
mod tests {
    use super::values::MISSING_FLOAT;
    use super::*;

    const HEADER: &str = "##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"x\",IDX=0>\n\
        ##contig=<ID=20,length=5,IDX=0>\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"d\",IDX=1>\n\
        ##INFO=<ID=DB,Number=0,Type=Flag,Description=\"d\",IDX=5>\n\
        ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"g\",IDX=3>\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n";

    /// The shared bytes of a record up to the counts.
    fn fixed(pos: i32, quality: u32, info: u16, alleles: u16, samples: u32) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&0i32.to_le_bytes());
        out.extend_from_slice(&pos.to_le_bytes());
        out.extend_from_slice(&1i32.to_le_bytes());
        out.extend_from_slice(&quality.to_le_bytes());
        out.extend_from_slice(&info.to_le_bytes());
        out.extend_from_slice(&alleles.to_le_bytes());
        out.extend_from_slice(&samples.to_le_bytes());
        out
    }

    fn file(records: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut out = b"BCF\x02\x02".to_vec();
        out.extend_from_slice(&(HEADER.len() as u32 + 1).to_le_bytes());
        out.extend_from_slice(HEADER.as_bytes());
        out.push(0);
        for (shared, individual) in records {
            out.extend_from_slice(&(shared.len() as u32).to_le_bytes());
            out.extend_from_slice(&(individual.len() as u32).to_le_bytes());
            out.extend_from_slice(shared);
            out.extend_from_slice(individual);
        }
        out
    }

    fn text_of(bytes: &[u8], limits: InputLimits) -> Result<String, String> {
        let mut reader = BcfReader::new(bytes, limits).map_err(|e| e.to_string())?;
        let mut text = Vec::new();
        let mut piece = [0; 7];
        loop {
            match reader.read(&mut piece).map_err(|e| e.to_string())? {
                0 => return Ok(String::from_utf8_lossy(&text).into_owned()),
                read => text.extend_from_slice(&piece[..read]),
            }
        }
    }

    /// A record with all types: A to C and a symbolic allele, DP, DB and two genotypes.
    fn whole() -> (Vec<u8>, Vec<u8>) {
        let mut shared = fixed(9, 30.1f32.to_bits(), 2, 3, (2 << 24) | 2);
        shared.extend_from_slice(b"\x37rs1\x17A\x17C\x57<DEL>");
        shared.extend_from_slice(&[0x11, 0]);
        shared.extend_from_slice(&[0x11, 1, 0x32, 44, 1, 0, 0x80, 7, 0]);
        shared.extend_from_slice(&[0x11, 5, 0x11, 1]);
        let mut individual = vec![0x11, 3, 0x21, 2, 5, 2, 0x81];
        individual.extend_from_slice(&[0x11, 1, 0x15]);
        individual.extend_from_slice(&MISSING_FLOAT.to_le_bytes());
        individual.extend_from_slice(&0.25f32.to_le_bytes());
        (shared, individual)
    }

    #[test]
    fn a_record_with_all_types_becomes_a_line() {
        let text = text_of(&file(&[whole()]), InputLimits::DEFAULT).unwrap();
        let (header, record) = text.split_at(text.rfind("20\t").unwrap());
        assert!(!header.contains("IDX") && header.contains("##contig=<ID=20,length=5>\n"));
        let expected = "20\t10\trs1\tA\tC,<DEL>\t30.1\tPASS\tDP=300,.,7;DB\tGT:DP\t0|1:.\t0:0.25\n";
        assert_eq!(record, expected);
    }

    #[test]
    fn a_record_without_values_has_points() {
        let mut shared = fixed(-1, MISSING_FLOAT, 0, 1, 2);
        shared.extend_from_slice(&[0x07, 0x17, b'N', 0x00]);
        let text = text_of(&file(&[(shared, Vec::new())]), InputLimits::DEFAULT).unwrap();
        assert!(text.ends_with("\n20\t0\t.\tN\t.\t.\t.\t.\t.\t.\t.\n"), "{text}");
    }

    #[test]
    fn a_file_that_ends_anywhere_within_a_record_is_damaged() {
        let bytes = file(&[whole(), whole()]);
        let one = file(&[whole()]).len();
        let header = file(&[]).len();
        for end in 0..bytes.len() {
            let result = text_of(&bytes[..end], InputLimits::DEFAULT);
            if end == header || end == one {
                assert!(result.is_ok(), "{end}");
                continue;
            }
            let error = result.unwrap_err();
            let place = match end {
                _ if end < header => "header of the BCF file",
                _ if end < one => "BCF record 1: the file ends within the record",
                _ => "BCF record 2: the file ends within the record",
            };
            assert!(error.contains(place), "{end}: {error}");
        }
    }

    #[test]
    fn no_byte_of_a_record_can_cause_more_than_an_error() {
        let bytes = file(&[whole()]);
        for at in file(&[]).len()..bytes.len() {
            for value in [0, 1, 0x0f, 0x7f, 0x80, 0xf3, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Ok(text) = text_of(&changed, InputLimits::DEFAULT) {
                    let record = text.lines().last().unwrap();
                    assert_eq!(record.split('\t').count(), 11, "{at}, {value}: {record}");
                }
            }
        }
    }

    #[test]
    fn claims_are_checked_before_memory_is_used() {
        let mut claims = file(&[]);
        claims.extend_from_slice(&[0xff; 8]);
        let error = text_of(&claims, InputLimits::DEFAULT).unwrap_err();
        let expected = "record 1: the text of the record is longer than 1048576 bytes";
        assert!(error.starts_with(expected), "{error}");
        let mut header = b"BCF\x02\x02".to_vec();
        header.extend_from_slice(&[0xff; 4]);
        let error = text_of(&header, InputLimits::DEFAULT).unwrap_err();
        assert!(error.starts_with("line 1: the header has more than 10485760 bytes"), "{error}");
        let limits = InputLimits { line_bytes: 40, ..InputLimits::DEFAULT };
        let error = text_of(&file(&[whole()]), limits).unwrap_err();
        assert!(error.starts_with("record 1: the text of the record is longer than 40"), "{error}");
        let numbered = HEADER.replace("IDX=5", "IDX=4000000000");
        let mut bytes = b"BCF\x02\x02".to_vec();
        bytes.extend_from_slice(&(numbered.len() as u32).to_le_bytes());
        bytes.extend_from_slice(numbered.as_bytes());
        let error = text_of(&bytes, InputLimits::DEFAULT).unwrap_err();
        assert!(error.contains("the number of a definition is too large"), "{error}");
    }
}
