//! Reads the header of the input and writes it with added definitions.

use super::input::{AFTER_ANY_LINE, Chunk, InputFile};
use crate::error::{Error, InputError};
use gas_shared::vcf::{Header, HeaderParser, HeaderStep, Version};
use std::collections::HashSet;

/// A header and its text.
#[derive(Debug)]
pub struct HeaderText {
    /// The parsed header.
    pub header: Header,
    /// The `##` lines without line endings.
    pub meta: Vec<Vec<u8>>,
    /// The `#CHROM` line.
    pub columns: Vec<u8>,
}

/// Reads the header. The next chunk of `input` begins after it.
///
/// # Errors
/// [`Error`] if the file cannot be read or has no valid VCF header.
pub fn read_header(input: &mut InputFile) -> Result<HeaderText, Error> {
    let mut parser = HeaderParser::with_limits(input.limits());
    let mut meta = Vec::new();
    let mut chunk = Chunk::default();
    let mut lines = 0;
    while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        let mut used = 0;
        while used < chunk.bytes.len() {
            let rest = &chunk.bytes[used..];
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
            let line = trimmed(&rest[..end]);
            used += end;
            lines += 1;
            match parser.push(line).map_err(InputError::from)? {
                HeaderStep::More(next) => {
                    parser = next;
                    if !line.is_empty() {
                        meta.push(line.to_vec());
                    }
                }
                HeaderStep::Done(header) => {
                    let columns = line.to_vec();
                    input.begin_records(&chunk.bytes[used..], lines);
                    return Ok(HeaderText { header, meta, columns });
                }
            }
        }
    }
    Err(InputError::from(parser.unfinished()).into())
}

/// A line without its line ending.
pub(crate) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl HeaderText {
    /// Writes the header with added definitions before the `#CHROM` line. An existing definition of
    /// an added key is left out, because its values are replaced. If a key is defined twice, only
    /// the first definition is written.
    pub fn write(&self, definitions: &[String], out: &mut Vec<u8>) {
        let mut seen = HashSet::new();
        for (number, line) in self.meta.iter().enumerate() {
            let replaced = definitions.iter().any(|d| same_definition(line, d.as_bytes()));
            if replaced || defined(line).is_some_and(|key| !seen.insert(key)) {
                continue;
            }
            if number == 0 && self.header.version < Version(4, 0) {
                out.extend_from_slice(b"##fileformat=VCFv4.2");
            } else {
                out.extend_from_slice(&upgraded(line));
            }
            out.push(b'\n');
        }
        for definition in definitions {
            out.extend_from_slice(definition.as_bytes());
            out.push(b'\n');
        }
        out.extend_from_slice(&self.columns);
        out.push(b'\n');
    }

    /// Writes the header unchanged.
    pub(super) fn write_unchanged(&self, out: &mut Vec<u8>) {
        for line in self.meta.iter().chain([&self.columns]) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
}

/// The key that a line defines, such as `##INFO=<ID=AF`, for the kinds of lines that may define a
/// key only once.
fn defined(line: &[u8]) -> Option<&[u8]> {
    let once = [&b"##INFO=<"[..], b"##FORMAT=<", b"##FILTER=<", b"##contig=<"];
    once.iter().any(|start| line.starts_with(start)).then_some(())?;
    line.split(|b| matches!(b, b',' | b'>')).next()
}

/// Whether two lines define the same key (`##INFO=<ID=CSQ,`).
fn same_definition(line: &[u8], definition: &[u8]) -> bool {
    let prefix = |text: &[u8]| {
        let end = text.iter().position(|b| matches!(b, b',' | b'>')).unwrap_or(text.len());
        text[..end].to_vec()
    };
    line.contains(&b'<') && definition.contains(&b'<') && prefix(line) == prefix(definition)
}

/// Converts a VCF 3.3 definition, `##INFO=AF,1,Float,"…"`, to the syntax of VCF 4. Other lines are
/// unchanged.
fn upgraded(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let Some((key @ ("##INFO" | "##FORMAT" | "##FILTER"), value)) = text.split_once('=') else {
        return line.to_vec();
    };
    if value.starts_with('<') {
        return line.to_vec();
    }
    let description = |text: &str| text.trim().trim_matches('"').replace('"', "'");
    let parts: Vec<&str> = value.splitn(if key == "##FILTER" { 2 } else { 4 }, ',').collect();
    match parts.as_slice() {
        [id, text] => format!("{key}=<ID={id},Description=\"{}\">", description(text)),
        [id, number, kind, text] => {
            let number = if *number == "-1" { "." } else { number };
            format!(
                "{key}=<ID={id},Number={number},Type={kind},Description=\"{}\">",
                description(text)
            )
        }
        _ => text.into_owned(),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_vcf_3_3_are_converted() {
        assert_eq!(
            upgraded(b"##INFO=AF,-1,Float,\"Allele \"x\"\""),
            b"##INFO=<ID=AF,Number=.,Type=Float,Description=\"Allele 'x\">"
        );
        assert_eq!(upgraded(b"##FILTER=q10,\"Low\""), b"##FILTER=<ID=q10,Description=\"Low\">");
        assert_eq!(upgraded(b"##INFO=<ID=A>"), b"##INFO=<ID=A>");
    }
}
