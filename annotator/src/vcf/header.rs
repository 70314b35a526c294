//! Reads the header of the input and writes it with added definitions.

use super::input::{AFTER_ANY_LINE, Chunk, InputFile};
use crate::error::{Error, InputError};
use gas_shared::source::{SOURCE_COLUMN_KEY, SOURCE_KEY};
use gas_shared::vcf::{
    Definition, Header, HeaderParser, HeaderStep, InputLimits, Version, other_format,
    repair_definitions, trimmed, version_text,
};
use std::collections::HashSet;

/// The first eight columns of the `#CHROM` line.
const FIXED_COLUMNS: &[u8] = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
/// The column before the samples.
const FORMAT_COLUMN: &[u8] = b"\tFORMAT";

/// A header and its text.
#[derive(Debug)]
pub struct HeaderText {
    /// The parsed header.
    pub header: Header,
    /// The `##` lines without line endings, one definition each.
    pub meta: Vec<Vec<u8>>,
    /// The `#CHROM` line.
    pub columns: Vec<u8>,
    /// Lines of the file up to the `#CHROM` line.
    pub lines: u64,
}

/// Reads the lines of a header one after the other.
pub(crate) struct HeaderReader {
    parser: HeaderParser,
    meta: Vec<Vec<u8>>,
    lines: u64,
}

/// What is known after a line of a header.
pub(crate) enum HeaderProgress {
    /// Another line follows.
    More(HeaderReader),
    /// The line was the last one.
    Done(HeaderText),
}

impl HeaderReader {
    pub(crate) fn new(limits: InputLimits) -> Self {
        Self { parser: HeaderParser::with_limits(limits), meta: Vec::new(), lines: 0 }
    }

    /// Reads a line, with or without its line end.
    pub(crate) fn push(mut self, line: &[u8]) -> Result<HeaderProgress, InputError> {
        let line = trimmed(line);
        let lines = self.lines + 1;
        Ok(match self.parser.push(line)? {
            HeaderStep::More(parser) => {
                let definitions = repair_definitions(line).into_iter();
                self.meta.extend(definitions.map(|definition| definition.text.into_owned()));
                HeaderProgress::More(Self { parser, meta: self.meta, lines })
            }
            HeaderStep::Done(header) => {
                let columns = corrected_columns(line);
                HeaderProgress::Done(HeaderText { header, meta: self.meta, columns, lines })
            }
        })
    }

    /// The error for a file that ends here.
    pub(crate) fn unfinished(self) -> InputError {
        self.parser.unfinished().into()
    }
}

/// Reads the header. The next chunk of `input` begins after it.
///
/// # Errors
/// [`Error`] if the file cannot be read or has no valid VCF header.
pub fn read_header(input: &mut InputFile) -> Result<HeaderText, Error> {
    let mut reader = HeaderReader::new(input.limits());
    let mut chunk = Chunk::default();
    while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        if reader.lines == 0
            && let Some(problem) = other_format(&chunk.bytes)
        {
            return Err(InputError::from(problem).into());
        }
        let mut used = 0;
        while used < chunk.bytes.len() {
            let rest = &chunk.bytes[used..];
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
            used += end;
            match reader.push(&rest[..end])? {
                HeaderProgress::More(next) => reader = next,
                HeaderProgress::Done(text) => {
                    input.begin_records(&chunk.bytes[used..], text.lines);
                    return Ok(text);
                }
            }
        }
    }
    Err(reader.unfinished().into())
}

/// The `#CHROM` line with the names of the fixed columns in upper case, without tabs at its end, and
/// without FORMAT if there are no samples.
fn corrected_columns(line: &[u8]) -> Vec<u8> {
    let tabs = line.iter().rev().take_while(|b| **b == b'\t').count();
    let line = &line[..line.len() - tabs];
    match line.get(FIXED_COLUMNS.len() + FORMAT_COLUMN.len()..) {
        Some(samples @ [_, ..]) => [FIXED_COLUMNS, FORMAT_COLUMN, samples].concat(),
        _ => FIXED_COLUMNS.to_vec(),
    }
}

impl HeaderText {
    /// Writes the header with added definitions before the `#CHROM` line. An existing definition of
    /// an added key is left out, because its values are replaced. If a key is defined twice, only
    /// the first definition is written. The first line is always the version.
    pub fn write(&self, definitions: &[String], out: &mut Vec<u8>) {
        let version = self.header.version.max(Version(4, 0));
        let minor = if version == self.header.version { version.1 } else { 2 };
        out.extend_from_slice(format!("##fileformat=VCFv4.{minor}\n").as_bytes());
        let added: HashSet<DefinitionKey<'_>> =
            definitions.iter().filter_map(|line| key(line.as_bytes())).collect();
        let mut seen = HashSet::new();
        for line in self.meta.iter().filter(|line| version_text(line).is_none()) {
            let written = key(line).is_none_or(|key| {
                !DECLARATIONS.contains(&key.0)
                    && !added.contains(&key)
                    && (key.1.is_none() || seen.insert(key))
            });
            if written {
                out.extend_from_slice(&upgraded(line));
                out.push(b'\n');
            }
        }
        for definition in definitions {
            out.extend_from_slice(definition.as_bytes());
            out.push(b'\n');
        }
        out.extend_from_slice(&self.columns);
        out.push(b'\n');
    }
}

/// The keys of lines that declare what a result has of sources. Those of an earlier annotation are not of this one.
const DECLARATIONS: [&[u8]; 2] = [SOURCE_KEY.as_bytes(), SOURCE_COLUMN_KEY.as_bytes()];

/// What a line defines: its key, such as `INFO`, and for the keys that define IDs the ID.
type DefinitionKey<'a> = (&'a [u8], Option<&'a [u8]>);

/// What a line defines; `None` for a unique key without an ID and for other text.
fn key(line: &[u8]) -> Option<DefinitionKey<'_>> {
    let definition = Definition::parse(line)?;
    if definition.is_unique() {
        Some((definition.key, Some(definition.id()?)))
    } else {
        Some((definition.key, None))
    }
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

    fn written(lines: &[&str], definitions: &[&str]) -> String {
        let mut parser = HeaderParser::new();
        let mut meta = Vec::new();
        for line in lines {
            match parser.push(line.as_bytes()).unwrap() {
                HeaderStep::More(next) => parser = next,
                HeaderStep::Done(header) => {
                    let columns = corrected_columns(line.as_bytes());
                    let text = HeaderText { header, meta, columns, lines: lines.len() as u64 };
                    let definitions: Vec<String> =
                        definitions.iter().map(|line| (*line).to_owned()).collect();
                    let mut out = Vec::new();
                    text.write(&definitions, &mut out);
                    return String::from_utf8(out).unwrap();
                }
            }
            meta.push(line.as_bytes().to_vec());
        }
        unreachable!("the last line is the column line");
    }

    #[test]
    fn definitions_are_compared_by_their_id_wherever_it_is() {
        let text = written(
            &[
                "##fileformat=VCFv4.3",
                "##contig=<assembly=b37,ID=20>",
                "##contig=<assembly=b37,ID=MT>",
                "##INFO=<Number=1,ID=CSQ,Type=String>",
                "##INFO=<Number=1,Type=String,ID=DP>",
                "##INFO=<ID=DP,Number=2>",
                "##gas-annotate=<Version=\"0.0.1\">",
                "##source=a",
                "##source=b",
                "#chrom\tpos\tid\tref\talt\tqual\tfilter\tinfo\tFORMAT\ts",
            ],
            &["##gas-annotate=<ID=annotation,Version=\"0.1.0\">", "##INFO=<ID=CSQ,Number=.>"],
        );
        let expected = "##fileformat=VCFv4.3\n##contig=<assembly=b37,ID=20>\n\
                        ##contig=<assembly=b37,ID=MT>\n##INFO=<Number=1,Type=String,ID=DP>\n\
                        ##source=a\n##source=b\n\
                        ##gas-annotate=<ID=annotation,Version=\"0.1.0\">\n##INFO=<ID=CSQ,Number=.>\n\
                        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_version_is_always_the_first_line() {
        const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
        let expected = |version: &str, rest: &str| format!("{version}\n{rest}{COLUMNS}\n");
        assert_eq!(written(&[COLUMNS], &[]), expected("##fileformat=VCFv4.2", ""));
        let late = ["##source=a", "##FileFormat=VCFv4.4", "##fileformat=VCFv4.1", COLUMNS];
        assert_eq!(written(&late, &[]), expected("##fileformat=VCFv4.4", "##source=a\n"));
        let old = ["##format=VCFv3.3", "##FORMAT=<ID=GT>", COLUMNS];
        assert_eq!(written(&old, &[]), expected("##fileformat=VCFv4.2", "##FORMAT=<ID=GT>\n"));
    }
}
