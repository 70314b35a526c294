//! Parsing and validation of one record.

use super::alleles::{AltKind, is_bases};
use super::diagnostic::{Code, Column, Diagnostic, Severity, shown};
use super::limits::InputLimits;

/// The columns of a record, borrowed from its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Chromosome or contig name.
    pub chrom: &'a [u8],
    /// 1-based position; 0 and the contig's length + 1 denote the telomeres.
    pub pos: u64,
    /// Identifiers.
    pub id: &'a [u8],
    /// Reference allele.
    pub reference: &'a [u8],
    /// Alternate alleles, comma-separated.
    pub alt: &'a [u8],
    /// Quality.
    pub qual: &'a [u8],
    /// Filters.
    pub filter: &'a [u8],
    /// Annotations.
    pub info: &'a [u8],
    /// FORMAT and the sample columns, unparsed; `None` if the line has none.
    pub rest: Option<&'a [u8]>,
    /// The part of the line before INFO, including the tab.
    pub before_info: &'a [u8],
}

/// An error in a record; [`RecordError::at`] adds the line number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    column: Option<Column>,
    code: Code,
    message: String,
}

impl RecordError {
    pub(super) fn new(column: Column, code: Code, message: impl Into<String>) -> Self {
        Self { column: Some(column), code, message: message.into() }
    }

    /// The diagnostic for this error at a line of the file.
    pub fn at(self, line: u64) -> Diagnostic {
        Diagnostic {
            line,
            column: self.column,
            severity: Severity::Error,
            code: self.code,
            message: self.message,
        }
    }
}

/// Splits a line (without its line ending) into columns and parses the position. [`check_record`]
/// validates the other columns.
///
/// # Errors
/// [`RecordError`] for fewer than eight columns, an invalid position, or an empty CHROM, REF or ALT.
#[inline]
pub fn parse_record(line: &[u8]) -> Result<Record<'_>, RecordError> {
    let mut ends = [0usize; 8];
    let mut found = 0;
    for (i, b) in line.iter().enumerate() {
        if *b == b'\t' {
            ends[found] = i;
            found += 1;
            if found == 7 {
                break;
            }
        }
    }
    if found == 7
        && let Some(end) = end_of_info(&line[ends[6] + 1..])
    {
        ends[7] = ends[6] + 1 + end;
        found = 8;
    }
    if found < 7 {
        return Err(too_few(line, found + 1));
    }
    let info_end = if found == 8 { ends[7] } else { line.len() };
    let column = |n: usize| &line[ends[n - 1] + 1..ends[n]];
    let record = Record {
        chrom: &line[..ends[0]],
        pos: parse_position(column(1))?,
        id: column(2),
        reference: column(3),
        alt: column(4),
        qual: column(5),
        filter: column(6),
        info: &line[ends[6] + 1..info_end],
        // A tab at the end of a line is no column.
        rest: (info_end + 1 < line.len()).then(|| &line[info_end + 1..]),
        before_info: &line[..=ends[6]],
    };
    for (name, text) in
        [(Column::Chrom, record.chrom), (Column::Ref, record.reference), (Column::Alt, record.alt)]
    {
        if text.is_empty() {
            let message =
                format!("the column is empty; write \".\" where {} is unknown", name.name());
            return Err(RecordError::new(name, Code::EmptyColumn, message));
        }
    }
    Ok(record)
}

/// Where the first tab of a text is, which may be long.
fn end_of_info(text: &[u8]) -> Option<usize> {
    // The bytes of a part are compared without an early exit, so that the loop is vectorized.
    const PART: usize = 64;
    let is_tab = |b: &u8| *b == b'\t';
    let part = text.chunks(PART).position(|part| part.iter().fold(false, |any, b| any | is_tab(b)));
    let start = part? * PART;
    text[start..].iter().position(is_tab).map(|end| start + end)
}

fn parse_position(text: &[u8]) -> Result<u64, RecordError> {
    let bad = || {
        let has_exponent = text.iter().any(|b| matches!(b, b'e' | b'E'));
        let advice = if has_exponent && !text.starts_with(b"\"") {
            "; write it without an exponent"
        } else {
            advice_on_quotes(text)
        };
        let message = format!("{} is not a position{advice}", shown(text));
        RecordError::new(Column::Pos, Code::BadPosition, message)
    };
    if text.is_empty() || text.len() > 12 {
        return Err(bad());
    }
    text.iter().try_fold(0u64, |sum, b| match b {
        b'0'..=b'9' => Ok(sum * 10 + u64::from(b - b'0')),
        _ => Err(bad()),
    })
}

/// The advice for a text in quotation marks, as spreadsheets and R write them.
fn advice_on_quotes(text: &[u8]) -> &'static str {
    if text.starts_with(b"\"") { "; save the file without quotation marks" } else { "" }
}

#[cold]
fn too_few(line: &[u8], columns: usize) -> RecordError {
    let separators = [(b' ', "spaces"), (b',', "commas"), (b';', "semicolons")];
    let columns_by = |separator: u8| {
        let parts = line.split(|b| *b == separator || *b == b'\t');
        parts.filter(|part| !part.is_empty()).count()
    };
    let message = match separators.iter().find(|(separator, _)| columns_by(*separator) >= 8) {
        Some((_, what)) => format!(
            "the line has {columns} of the 8 columns; columns must be separated by tabs, not {what}"
        ),
        None => {
            format!("the line has {columns} of the 8 columns; is the file truncated?")
        }
    };
    RecordError { column: None, code: Code::TooFewColumns, message }
}

/// Validates what [`parse_record`] does not: limits, alleles, quality, INFO, and the number of samples.
///
/// # Errors
/// [`RecordError`] for the first invalid column.
#[inline]
pub fn check_record(
    record: &Record<'_>,
    samples: usize,
    limits: &InputLimits,
) -> Result<(), RecordError> {
    check_counts(record, limits)?;
    if !is_plain_bases(record.reference) {
        check_reference(record.reference)?;
    }
    if !is_plain_bases(record.alt) {
        check_alternatives(record.alt)?;
    }
    if record.qual != b"." {
        check_quality(record.qual)?;
    }
    let rest = record.rest.unwrap_or_default();
    if [record.before_info, record.info, rest].into_iter().any(has_control_character) {
        return Err(control_character(record));
    }
    check_samples(rest, samples)
}

/// Checks the numbers of values of a record. The cost of an ordinary record is a few comparisons.
///
/// # Errors
/// [`RecordError`] for the first column with too many values.
#[inline]
pub fn check_counts(record: &Record<'_>, limits: &InputLimits) -> Result<(), RecordError> {
    // `n` values have at least `n - 1` bytes, so short columns need no counting.
    let within = record.id.len() < limits.ids
        && record.alt.len() < limits.alleles
        && record.filter.len() < limits.filters
        && record.info.len() < limits.info_fields
        && record.chrom.len() <= limits.contig_name_bytes
        && record.rest.is_none_or(|rest| rest.len() < limits.format_keys);
    if within { Ok(()) } else { count_values(record, limits) }
}

#[cold]
fn count_values(record: &Record<'_>, limits: &InputLimits) -> Result<(), RecordError> {
    if record.chrom.len() > limits.contig_name_bytes {
        let (found, most) = (record.chrom.len(), limits.contig_name_bytes);
        let message = format!("the name has {found} bytes, the limit is {most}; shorten it");
        return Err(RecordError::new(Column::Chrom, Code::TooMany, message));
    }
    let format = record.rest.map(|rest| rest.split(|b| *b == b'\t').next().unwrap_or(rest));
    for (column, text, separator, most, what) in [
        (Column::Id, record.id, b';', limits.ids, "identifiers"),
        (Column::Alt, record.alt, b',', limits.alleles, "alleles"),
        (Column::Filter, record.filter, b';', limits.filters, "filters"),
        (Column::Info, record.info, b';', limits.info_fields, "fields"),
        (Column::Format, format.unwrap_or_default(), b':', limits.format_keys, "keys"),
    ] {
        if text.len() < most {
            continue;
        }
        let found = text.iter().filter(|b| **b == separator).count() + 1;
        if found > most {
            let advice = match column {
                Column::Alt => "split the record, for example with bcftools norm -m -any",
                _ => "remove those that you do not need",
            };
            let message = format!("the column has {found} {what}, the limit is {most}; {advice}");
            return Err(RecordError::new(column, Code::TooMany, message));
        }
    }
    Ok(())
}

/// Whether a text has a byte below the space other than the tab between columns. The loop has no early
/// exit, so that it is vectorized.
#[inline]
fn has_control_character(text: &[u8]) -> bool {
    text.iter().fold(false, |found, b| found | ((*b < b' ') & (*b != b'\t')))
}

/// Whether a line has nothing but white space, as editors and spreadsheets leave it at the end of a
/// file. Such lines carry no record.
#[inline]
pub fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(|b| b.is_ascii_whitespace() && line.trim_ascii().is_empty())
}

fn is_plain_bases(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b'A' | b'C' | b'G' | b'T'))
}

fn check_reference(text: &[u8]) -> Result<(), RecordError> {
    if is_bases(text) || text == b"." {
        return Ok(());
    }
    let advice = advice_on_quotes(text);
    let message = format!("{} is not a sequence of bases (A, C, G, T, N){advice}", shown(text));
    Err(RecordError::new(Column::Ref, Code::BadRef, message))
}

fn check_alternatives(text: &[u8]) -> Result<(), RecordError> {
    for allele in text.split(|b| *b == b',') {
        if AltKind::of(allele).is_none() {
            let is_bracket = |end: Option<&u8>| matches!(end, Some(b'[' | b']'));
            let advice = if is_bracket(allele.first()) && is_bracket(allele.last()) {
                "a breakend has the base at POS before or after its brackets"
            } else {
                "use bases, \"*\", \".\", <DEL> or a breakend"
            };
            let message = format!("{} is not an allele; {advice}", shown(allele));
            return Err(RecordError::new(Column::Alt, Code::BadAlt, message));
        }
    }
    Ok(())
}

fn check_quality(text: &[u8]) -> Result<(), RecordError> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if plain || std::str::from_utf8(text).is_ok_and(|t| t.parse::<f64>().is_ok()) {
        return Ok(());
    }
    let advice = if text.contains(&b',') {
        "use a point as the decimal separator"
    } else {
        "write \".\" where it is unknown"
    };
    let message = format!("{} is not a number; {advice}", shown(text));
    Err(RecordError::new(Column::Qual, Code::BadQual, message))
}

#[cold]
fn control_character(record: &Record<'_>) -> RecordError {
    const BEFORE_INFO: [Column; 7] = [
        Column::Chrom,
        Column::Pos,
        Column::Id,
        Column::Ref,
        Column::Alt,
        Column::Qual,
        Column::Filter,
    ];
    let before = record.before_info.split(|b| *b == b'\t').position(has_control_character);
    let column = before.and_then(|number| BEFORE_INFO.get(number).copied());
    let format = record.rest.and_then(|rest| rest.split(|b| *b == b'\t').next());
    let column = match (column, format) {
        (Some(column), _) => column,
        _ if has_control_character(record.info) => Column::Info,
        (None, Some(format)) if has_control_character(format) => Column::Format,
        _ => Column::Samples,
    };
    let message = "the column contains a control character; is this a text file?";
    RecordError::new(column, Code::NotText, message)
}

/// Checks FORMAT and the samples: their number, that none is empty, and that none has more values than
/// FORMAT has keys. Fewer are allowed.
#[inline]
fn check_samples(rest: &[u8], samples: usize) -> Result<(), RecordError> {
    // Sums of one byte are vectorized best; 255 bytes cannot overflow them.
    let count = |text: &[u8], byte: u8| -> usize {
        let sum = |part: &[u8]| part.iter().fold(0u8, |sum, b| sum + u8::from(*b == byte));
        text.chunks(255).map(|part| usize::from(sum(part))).sum()
    };
    let columns = count(rest, b'\t');
    if columns != samples {
        return Err(sample_count(columns, samples));
    }
    if samples == 0 {
        return Ok(());
    }
    let ends_empty = rest.starts_with(b"\t") || rest.ends_with(b"\t");
    let is_empty = |(a, b): (&u8, &u8)| (*a == b'\t') & (*b == b'\t');
    if rest.iter().zip(&rest[1..]).fold(ends_empty, |found, pair| found | is_empty(pair)) {
        return Err(empty_sample(rest));
    }
    let end = rest.iter().position(|b| *b == b'\t').unwrap_or(rest.len());
    let (format, values) = rest.split_at(end);
    let keys = count(format, b':');
    // Only if there are more separators than in FORMAT can a sample have too many.
    if count(values, b':') > keys
        && let Some(sample) = values.split(|b| *b == b'\t').find(|s| count(s, b':') > keys)
    {
        return Err(too_many_values(sample));
    }
    Ok(())
}

#[cold]
fn empty_sample(rest: &[u8]) -> RecordError {
    let column = if rest.starts_with(b"\t") { Column::Format } else { Column::Samples };
    let message = "a column is empty; write \".\" where there is no value";
    RecordError::new(column, Code::EmptyColumn, message)
}

#[cold]
fn too_many_values(sample: &[u8]) -> RecordError {
    let message = format!("a sample has more values than FORMAT has keys: {}", shown(sample));
    RecordError::new(Column::Samples, Code::SampleCount, message)
}

#[cold]
fn sample_count(columns: usize, samples: usize) -> RecordError {
    let message = format!(
        "the line has {columns} sample column{}, the header has {samples}; is the line truncated?",
        if columns == 1 { "" } else { "s" }
    );
    RecordError::new(Column::Samples, Code::SampleCount, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str, samples: usize) -> String {
        let parsed = parse_record(line.as_bytes());
        match parsed.and_then(|record| check_record(&record, samples, &InputLimits::DEFAULT)) {
            Ok(()) => "fine".to_owned(),
            Err(error) => error.at(17).to_string(),
        }
    }

    #[test]
    fn info_of_any_length_ends_at_the_next_tab() {
        for length in 1..200 {
            let info = "x".repeat(length);
            let line = format!("1\t5\t.\tA\tG\t.\t.\t{info}");
            let record = parse_record(line.as_bytes()).unwrap();
            assert_eq!((record.info, record.rest), (info.as_bytes(), None));
            let line = format!("{line}\tGT\t0/1");
            let record = parse_record(line.as_bytes()).unwrap();
            assert_eq!((record.info, record.rest), (info.as_bytes(), Some(&b"GT\t0/1"[..])));
        }
    }

    #[test]
    fn messages_name_line_column_and_remedy() {
        for (line, samples, expected) in [
            ("1\t5\t.\tA\tC\t.\t.\t.", 0, "fine"),
            ("1\t12a\t.\tA\tC\t.\t.\t.", 0, r#"line 17, POS: "12a" is not a position"#),
            ("1\t-5\t.\tA\tC\t.\t.\t.", 0, r#"line 17, POS: "-5" is not a position"#),
            (
                "1 5 . A C . . .",
                0,
                "line 17: the line has 1 of the 8 columns; columns must be separated by tabs, not spaces",
            ),
            ("1\t5\t.\tA", 0, "line 17: the line has 4 of the 8 columns; is the file truncated?"),
            (
                "1\t5\t.\tA1\tC\t.\t.\t.",
                0,
                r#"line 17, REF: "A1" is not a sequence of bases (A, C, G, T, N)"#,
            ),
            (
                "1\t5\t.\tA\tC,?\t.\t.\t.",
                0,
                r#"line 17, ALT: "?" is not an allele; use bases, "*", ".", <DEL> or a breakend"#,
            ),
            (
                "1\t5\t.\tA\tC\tx\t.\t.",
                0,
                r#"line 17, QUAL: "x" is not a number; write "." where it is unknown"#,
            ),
            (
                "1\t1e+06\t.\tA\tC\t.\t.\t.",
                0,
                r#"line 17, POS: "1e+06" is not a position; write it without an exponent"#,
            ),
            (
                "1,5,.,A,C,.,.,.",
                0,
                "line 17: the line has 1 of the 8 columns; columns must be separated by tabs, not commas",
            ),
            (
                "\"1\"\t5\t.\t\"A\"\t\"C\"\t.\t.\t.",
                0,
                r#"line 17, REF: "\"A\"" is not a sequence of bases (A, C, G, T, N); save the file without quotation marks"#,
            ),
            (
                "1\t5\t.\tA\tC\t30,5\t.\t.",
                0,
                r#"line 17, QUAL: "30,5" is not a number; use a point as the decimal separator"#,
            ),
            (
                "1\t5\t.\tA\t\t.\t.\t.",
                0,
                r#"line 17, ALT: the column is empty; write "." where ALT is unknown"#,
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1",
                2,
                "line 17, samples: the line has 1 sample column, the header has 2; is the line truncated?",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\tAF\u{1}",
                0,
                "line 17, INFO: the column contains a control character; is this a text file?",
            ),
            (
                "1\t5\trs\0\tA\tC\t.\t.\t.",
                0,
                "line 17, ID: the column contains a control character; is this a text file?",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0\u{b}",
                1,
                "line 17, samples: the column contains a control character; is this a text file?",
            ),
            ("1\t5\t.\tA\tC\t.\t.\t.\t", 0, "fine"),
            ("1\t5\t.\tA\tC\t.\t.\t.\t.\t.\t.", 2, "fine"),
            ("1\t5\t.\tA\tC\t.\t.\t.\tGT:DP\t0|1\t0|1:7\t.", 3, "fine"),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT:DP\t0|1\t0|1:7:8\t.",
                3,
                "line 17, samples: a sample has more values than FORMAT has keys: \"0|1:7:8\"",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0:7",
                1,
                "line 17, samples: a sample has more values than FORMAT has keys: \"0:7\"",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\t\t0|1",
                1,
                "line 17, FORMAT: a column is empty; write \".\" where there is no value",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t\t0|1",
                2,
                "line 17, samples: a column is empty; write \".\" where there is no value",
            ),
            (
                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1\t",
                2,
                "line 17, samples: a column is empty; write \".\" where there is no value",
            ),
        ] {
            assert_eq!(problem(line, samples), expected, "{line:?}");
        }
    }
}
