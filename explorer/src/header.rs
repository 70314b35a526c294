//! The parts of a result's VCF header that the explorer needs.
//!
//! A header may have any size, so it is read in pieces and never kept: an open result holds the
//! annotation format, a limited number of descriptions, the names of the first samples, and the
//! lengths of the contigs.

use crate::Error;
use crate::annotation::AnnotationDefinition;
use crate::bounded::start;
use crate::format::{Footer, text_weight};
use crate::limits::{
    DESCRIPTION_BYTES, DESCRIPTIONS, HEADER_BYTES, HEADER_LINE_BYTES, PIECE_BYTES, SAMPLES,
};
use crate::source::Source;
use crate::text::read_text;
use crate::yield_now::yield_now;
use std::collections::HashMap;

/// The parts of a header that queries and the record drawer need.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// The annotation format. The columns of its fields are assigned when the result is opened.
    pub format: Option<AnnotationDefinition>,
    /// Descriptions by INFO key.
    descriptions: HashMap<String, String>,
    /// INFO keys whose descriptions are not kept.
    pub undescribed: u64,
    /// The names of the first samples.
    pub samples: Vec<String>,
    /// By number of a contig: its length; 0 if the header does not state it.
    lengths: Vec<u64>,
}

impl Header {
    /// Reads the header of a result.
    ///
    /// # Errors
    /// [`Error::ReadLimit`] if it has more than [`HEADER_BYTES`], or if the definition of the
    /// annotation has more than [`HEADER_LINE_BYTES`].
    pub async fn read(result: &dyn Source, footer: &Footer) -> Result<Self, Error> {
        let (found, limit) = (footer.header_bytes, HEADER_BYTES);
        if found > limit {
            return Err(Error::ReadLimit { what: "the header of the result", found, limit });
        }
        let mut reader = Reader::new(&footer.contigs);
        for piece in pieces(0..footer.header_bytes) {
            let text = read_text(result, &footer.header_offsets, footer.bgzf, piece).await?;
            reader.push(&text)?;
            yield_now().await;
        }
        reader.finish()
    }

    /// The description of an INFO key.
    pub fn description(&self, key: &str) -> Option<&String> {
        self.descriptions.get(key)
    }

    /// The length of a contig, by its number.
    pub fn length(&self, contig: usize) -> Option<u64> {
        self.lengths.get(contig).copied().filter(|length| *length > 0)
    }

    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let fields = self.format.iter().flat_map(|format| &format.fields);
        let texts = self.descriptions.iter().flat_map(|(key, text)| [key, text]);
        let texts = texts.chain(&self.samples).chain(fields).map(|text| text_weight(text));
        texts.sum::<u64>() + size_of_val(&*self.lengths) as u64
    }
}

/// Splits a range into pieces of at most [`PIECE_BYTES`].
pub(crate) fn pieces(
    range: std::ops::Range<u64>,
) -> impl Iterator<Item = std::ops::Range<u64>> + use<> {
    let mut rest = range;
    std::iter::from_fn(move || {
        let end = rest.end.min(rest.start.saturating_add(PIECE_BYTES));
        let piece = std::mem::replace(&mut rest.start, end)..end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Collects the parts of a header, line by line.
struct Reader<'a> {
    header: Header,
    contigs: HashMap<&'a [u8], usize>,
    definitions: Vec<u8>,
    /// The start of a line whose end is not read yet.
    line: Vec<u8>,
    /// Bytes of that line.
    line_bytes: usize,
}

impl<'a> Reader<'a> {
    fn new(contigs: &'a [String]) -> Self {
        let numbered = contigs.iter().enumerate();
        let header = Header { lengths: vec![0; contigs.len()], ..Header::default() };
        Self {
            header,
            contigs: numbered.map(|(n, name)| (name.as_bytes(), n)).collect(),
            definitions: Vec::new(),
            line: Vec::new(),
            line_bytes: 0,
        }
    }

    fn push(&mut self, mut text: &[u8]) -> Result<(), Error> {
        while let Some(end) = memchr::memchr(b'\n', text) {
            self.extend(&text[..end]);
            self.end_line()?;
            text = &text[end + 1..];
        }
        self.extend(text);
        Ok(())
    }

    fn extend(&mut self, text: &[u8]) {
        let room = HEADER_LINE_BYTES - self.line.len();
        self.line.extend_from_slice(&text[..text.len().min(room)]);
        self.line_bytes += text.len();
    }

    fn end_line(&mut self) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        let bytes = std::mem::take(&mut self.line_bytes);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        if let Some(fields) = text.strip_prefix(b"##INFO=<ID=") {
            if fields.starts_with(b"CSQ,") || fields.starts_with(b"ANN,") {
                if bytes > line.len() {
                    let (what, limit) = ("the header's definition of CSQ or ANN", line.len());
                    let (found, limit) = (bytes as u64, limit as u64);
                    return Err(Error::ReadLimit { what, found, limit });
                }
                // A repeated definition is ignored, so that its bytes are bounded.
                if self.definitions.len() < 2 * HEADER_LINE_BYTES {
                    self.definitions.extend_from_slice(text);
                    self.definitions.push(b'\n');
                }
            }
            self.read_description(fields);
        } else if let Some(fields) = text.strip_prefix(b"##contig=<") {
            self.read_contig(fields);
        } else if text.starts_with(b"#CHROM") {
            let samples = text.split(|b| *b == b'\t').skip(9).take(SAMPLES);
            self.header.samples = samples.map(|name| cut(name, DESCRIPTION_BYTES)).collect();
        }
        // The allocation is used for the next line.
        self.line = line;
        self.line.clear();
        Ok(())
    }

    fn read_description(&mut self, fields: &[u8]) {
        let descriptions = &mut self.header.descriptions;
        let Some(end) = memchr::memchr(b',', fields) else { return };
        let (key, fields) = fields.split_at(end);
        let Some(start) = memchr::memmem::find(fields, b"Description=\"") else { return };
        let text = &fields[start + b"Description=\"".len()..];
        let text = &text[..memchr::memchr(b'"', text).unwrap_or(text.len())];
        if descriptions.len() >= DESCRIPTIONS || key.len() > DESCRIPTION_BYTES {
            self.header.undescribed += 1;
            return;
        }
        let key = String::from_utf8_lossy(key).into_owned();
        descriptions.entry(key).or_insert_with(|| cut(text, DESCRIPTION_BYTES));
    }

    fn read_contig(&mut self, fields: &[u8]) {
        let fields = fields.strip_suffix(b">").unwrap_or(fields);
        let fields = || fields.split(|b| *b == b',');
        let number = fields().find_map(|field| self.contigs.get(field.strip_prefix(b"ID=")?));
        let length = fields().find_map(|field| {
            std::str::from_utf8(field.strip_prefix(b"length=")?).ok()?.parse().ok()
        });
        if let (Some(number), Some(length)) = (number, length) {
            let known = &mut self.header.lengths[*number];
            *known = if *known == 0 { length } else { *known };
        }
    }

    fn finish(mut self) -> Result<Header, Error> {
        self.end_line()?;
        self.header.format = AnnotationDefinition::of_header(&self.definitions);
        Ok(self.header)
    }
}

/// A text of at most `limit` bytes. A longer one ends with its length.
pub(crate) fn cut(text: &[u8], limit: usize) -> String {
    match start(text, limit) {
        (whole, false) => String::from_utf8_lossy(whole).into_owned(),
        (start, true) => {
            format!("{}… ({} characters)", String::from_utf8_lossy(start), text.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &[u8], contigs: &[String], piece: usize) -> Result<Header, Error> {
        let mut reader = Reader::new(contigs);
        for piece in text.chunks(piece) {
            reader.push(piece)?;
        }
        reader.finish()
    }

    #[test]
    fn a_header_is_read_in_pieces_of_any_size() {
        let contigs = ["20", "MT", "2", "0"].map(str::to_owned);
        let text = b"##fileformat=VCFv4.2\r\n##contig=<ID=20,length=63025520,assembly=b37>\n\
            ##contig=<length=16569,ID=MT>\n##contig=<ID=2>\n\
            ##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth, total\">\n\
            ##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|IMPACT\">\n\
            #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\r\n";
        for piece in [1, 7, 1000] {
            let header = header(text, &contigs, piece).unwrap();
            let lengths: Vec<_> = (0..5).map(|n| header.length(n)).collect();
            assert_eq!(lengths, [Some(63_025_520), Some(16_569), None, None, None]);
            assert_eq!(header.description("DP").unwrap(), "Depth, total");
            assert_eq!(header.samples, ["A", "B"]);
            assert_eq!(header.format.unwrap().fields, ["Allele", "IMPACT"]);
        }
    }

    #[test]
    fn the_memory_of_a_header_does_not_grow_with_its_lines() {
        let mut text = b"##x=".to_vec();
        text.resize(8 << 20, b'A');
        for n in 0..200_000 {
            text.extend_from_slice(format!("\n##INFO=<ID=K{n},Description=\"d\">").as_bytes());
        }
        let header = header(&text, &[], 1 << 20).unwrap();
        assert_eq!(header.undescribed, 200_000 - DESCRIPTIONS as u64);
        assert!(header.weight() < 2 << 20, "{}", header.weight());
        let mut long = b"##INFO=<ID=CSQ,Description=\"Format: a|".to_vec();
        long.resize(HEADER_LINE_BYTES + 1, b'b');
        let error = super::tests::header(&long, &[], 1 << 20).unwrap_err();
        assert!(matches!(error, Error::ReadLimit { .. }), "{error}");
    }
}
