//! Reads a line with a variant: a line of a VCF file, alleles at a position, SPDI or HGVS.

use super::notation::{
    Alleles, Deleted, Edit, Hgvs, Notation, Origin, Position, RecordLine, Spdi, System,
};
use crate::allele::MAX_POSITION;

/// Why a line is not a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Where the problem is, as the number of a character from 1.
    pub column: usize,
    /// The problem, and how to correct it.
    pub message: String,
}

/// An error at a byte of the line.
struct ErrorAt {
    byte: usize,
    message: String,
}

type Parsed<T> = Result<T, ErrorAt>;

fn error<T>(byte: usize, message: impl Into<String>) -> Parsed<T> {
    Err(ErrorAt { byte, message: message.into() })
}

/// The forms that a line can have, for errors.
const FORMS: &str = "expected a variant such as chr1:12345 A>G, 1-12345-A-G, NC_000001.11:12344:A:G (SPDI), \
                     NC_000001.11:g.12345A>G, ENST00000357654:c.68_69del, or a line of a VCF file";

/// Reads a line without its end.
pub(super) fn parse_line(line: &[u8]) -> Result<Notation<'_>, TextError> {
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(invalid) => {
            let valid = String::from_utf8_lossy(&line[..invalid.valid_up_to()]);
            let message = "the text is not UTF-8; save it as UTF-8".to_owned();
            return Err(TextError { column: valid.chars().count() + 1, message });
        }
    };
    parse_text(text).map_err(|ErrorAt { byte, message }| {
        let before = text.get(..byte).unwrap_or(text);
        TextError { column: before.chars().count() + 1, message }
    })
}

fn parse_text(text: &str) -> Parsed<Notation<'_>> {
    if let Some(other) = text.find(|c: char| !c.is_ascii() || c.is_ascii_control() && c != '\t') {
        let found = text[other..].chars().next().unwrap_or_default().escape_unicode();
        return error(other, format!("the character {found} is in no notation of a variant"));
    }
    let tokens: Vec<&str> = text.split_ascii_whitespace().take(9).collect();
    match tokens.as_slice() {
        [] => error(0, FORMS),
        // ClinVar adds the protein: NM_007294.4(BRCA1):c.68_69del (p.Glu23fs).
        [one] => parse_token(one).map_err(|e| shift(text, one, e)),
        [one, protein] if protein.starts_with("(p.") => {
            parse_token(one).map_err(|e| shift(text, one, e))
        }
        [site, change] if site.contains(':') => parse_site(text, site, change),
        [contig, pos, reference, alt] => {
            let alleles = (*contig, *pos, *reference, *alt);
            parse_alleles(text, alleles).map(Notation::Alleles)
        }
        [contig, pos, id, reference, alt, rest @ ..] if rest.len() <= 3 => {
            let alleles = parse_alleles(text, (contig, pos, reference, alt))?;
            let column = |n: usize| rest.get(n).copied().unwrap_or(".");
            let rest = [column(0), column(1), column(2)];
            Ok(Notation::Record(RecordLine { alleles, id, rest }))
        }
        [_, _, _, _, _, ..] => {
            let byte = offset(text, tokens[8]);
            error(
                byte,
                "a VCF line without a header has at most eight columns; leave out FORMAT and samples, \
                         or upload the file with its header",
            )
        }
        _ => error(0, FORMS),
    }
}

/// The offset of a part of a text.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// An error within a part of a text, as one of the text.
fn shift(text: &str, part: &str, found: ErrorAt) -> ErrorAt {
    ErrorAt { byte: offset(text, part) + found.byte, ..found }
}

/// A notation without white space.
fn parse_token(token: &str) -> Parsed<Notation<'_>> {
    if let Some((reference, description)) = split_hgvs(token) {
        return parse_hgvs(token, reference, description).map(Notation::Hgvs);
    }
    let parts: Vec<&str> = token.rsplitn(4, ':').collect();
    if let [inserted, deleted, position, sequence] = parts.as_slice() {
        if is_accession(sequence) {
            return parse_spdi(token, sequence, position, (deleted, inserted)).map(Notation::Spdi);
        }
        let alleles = (*sequence, *position, *deleted, *inserted);
        return parse_alleles(token, alleles).map(Notation::Alleles);
    }
    let parts: Vec<&str> = token.rsplitn(4, '-').collect();
    if let [alt, reference, position, contig] = parts.as_slice()
        && position.bytes().all(|b| b.is_ascii_digit())
    {
        return parse_alleles(token, (contig, position, reference, alt)).map(Notation::Alleles);
    }
    // chr1:12345A>G
    if let Some((contig, rest)) = token.rsplit_once(':')
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (pos, change) = rest.split_at(digits);
        return parse_change(token, contig, pos, change);
    }
    error(0, FORMS)
}

/// `chr1:12345` and `A>G`.
fn parse_site<'t>(text: &'t str, site: &'t str, change: &'t str) -> Parsed<Notation<'t>> {
    if split_hgvs(site).is_some() {
        return error(
            offset(text, change),
            "a description has no white space; write one variant per line",
        );
    }
    match site.rsplit_once(':') {
        Some((contig, pos)) => parse_change(text, contig, pos, change),
        None => error(0, FORMS),
    }
}

fn parse_change<'t>(
    text: &'t str,
    contig: &'t str,
    pos: &'t str,
    change: &'t str,
) -> Parsed<Notation<'t>> {
    let Some((reference, alt)) = change.split_once(['>', '/']) else {
        return error(offset(text, change), "expected REF>ALT after the position, such as A>G");
    };
    parse_alleles(text, (contig, pos, reference, alt)).map(Notation::Alleles)
}

fn parse_alleles<'t>(
    text: &str,
    (contig, pos, reference, alt): (&'t str, &'t str, &'t str, &'t str),
) -> Parsed<Alleles<'t>> {
    if contig.is_empty() {
        return error(offset(text, contig), "the chromosome is missing");
    }
    let pos = match position(pos) {
        Some(pos) if pos > 0 => pos,
        _ => return error(offset(text, pos), format!("{:?} is not a position", shown(pos))),
    };
    if !is_bases(reference) {
        let message = format!(
            "{:?} is not a REF allele; write the bases that are replaced, in A, C, G and T, with the base \
             before an insertion or deletion",
            shown(reference)
        );
        return error(offset(text, reference), message);
    }
    // Symbolic alleles and breakends are checked as those of a VCF file.
    let is_alt = |alt: &str| is_bases(alt) || alt.contains(['<', '[', ']', '*', '.']);
    if let Some(wrong) = alt.split(',').find(|alt| !is_alt(alt)) {
        let message = format!(
            "{:?} is not an ALT allele; write the new bases, in A, C, G and T, with the base before an \
             insertion or deletion",
            shown(wrong)
        );
        return error(offset(text, wrong), message);
    }
    Ok(Alleles { contig, pos, reference, alt })
}

fn parse_spdi<'t>(
    text: &str,
    sequence: &'t str,
    position_text: &'t str,
    (deleted, inserted): (&'t str, &'t str),
) -> Parsed<Spdi<'t>> {
    let Some(position) = position(position_text) else {
        let message = format!("{:?} is not a position of SPDI", shown(position_text));
        return error(offset(text, position_text), message);
    };
    let deleted = match self::position(deleted) {
        Some(count) if !deleted.is_empty() => Deleted::Count(count),
        _ if deleted.is_empty() || is_bases(deleted) => Deleted::Bases(deleted),
        _ => {
            let message = format!("{:?} is neither bases nor their number", shown(deleted));
            return error(offset(text, deleted), message);
        }
    };
    if !inserted.is_empty() && !is_bases(inserted) {
        let message = format!("{:?} is not a text of A, C, G and T", shown(inserted));
        return error(offset(text, inserted), message);
    }
    Ok(Spdi { sequence, position, deleted, inserted })
}

/// The reference sequence of an HGVS description, and what follows the colon. Names of contigs may have colons,
/// too.
fn split_hgvs(token: &str) -> Option<(&str, &str)> {
    let is_kind = |at: &usize| matches!(&token.as_bytes()[at + 1..], [kind, b'.', ..] if kind.is_ascii_alphabetic());
    let colon = token.match_indices(':').map(|(at, _)| at).find(is_kind)?;
    Some((&token[..colon], &token[colon + 1..]))
}

fn parse_hgvs<'t>(token: &'t str, reference: &'t str, description: &'t str) -> Parsed<Hgvs<'t>> {
    let at = offset(token, description);
    let system = match description.as_bytes().first() {
        // `o.` is that of a circular reference.
        Some(b'g' | b'o') => System::Genomic,
        Some(b'm') => System::Mitochondrial,
        Some(b'c') => System::Coding,
        Some(b'n') => System::NonCoding,
        Some(b'p') => {
            return error(
                at,
                "several changes of DNA give the same protein; write the c. or g. description",
            );
        }
        Some(b'r') => {
            return error(at, "descriptions of RNA are not read; write the c. or g. description");
        }
        _ => return error(at, "expected g., m., c. or n. after the colon"),
    };
    let (accession, selector) = match reference.strip_suffix(')').and_then(|r| r.split_once('(')) {
        Some((accession, selector)) => (accession, Some(selector)),
        None => (reference, None),
    };
    if accession.is_empty() {
        return error(0, "the reference sequence is missing before the colon");
    }
    let mut cursor = Cursor { text: token, at: at + 2 };
    let first = cursor.position(system)?;
    let last = if cursor.take("_") { Some(cursor.position(system)?) } else { None };
    let edit = cursor.edit()?;
    if matches!(edit, Edit::Insertion { .. }) && last.is_none() {
        return error(at, "an insertion is between two positions, such as 24_25insA");
    }
    if matches!(edit, Edit::Substitution { .. }) && last.is_some() {
        return error(at, "a substitution has one position; write delins for several bases");
    }
    Ok(Hgvs { accession, selector, system, first, last, edit })
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn number(&mut self) -> Parsed<i32> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let start = self.at;
        match position(&self.rest()[..digits]) {
            Some(number) if number > 0 => {
                self.at += digits;
                Ok(number)
            }
            Some(0) if digits > 0 => error(start, "positions are counted from 1"),
            _ if digits > 0 => error(start, "the number is larger than any position"),
            _ if self.rest().starts_with(['(', '?']) => {
                error(start, "uncertain positions are not read; write exact ones")
            }
            _ if self.rest().starts_with('[') => {
                error(start, "write one variant per line, without brackets")
            }
            _ => error(start, "expected a position"),
        }
    }

    fn position(&mut self, system: System) -> Parsed<Position> {
        let start = self.at;
        let origin = if self.take("-") {
            Origin::BeforeStart
        } else if self.take("*") {
            Origin::AfterStop
        } else {
            Origin::Start
        };
        if origin != Origin::Start && system != System::Coding {
            return error(start, "positions with - or * are those of c. descriptions");
        }
        let base = self.number()?;
        let sign = if self.take("+") {
            1
        } else if self.take("-") {
            -1
        } else {
            return Ok(Position { origin, base, offset: 0 });
        };
        if matches!(system, System::Genomic | System::Mitochondrial) {
            return error(start, "genomic positions have no offset");
        }
        Ok(Position { origin, base, offset: sign * self.number()? })
    }

    /// Bases, or nothing.
    fn bases(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|b| is_base(*b)).count();
        self.at += length;
        &rest[..length]
    }

    fn required_bases(&mut self) -> Parsed<&'t str> {
        let start = self.at;
        let bases = self.bases();
        if bases.is_empty() {
            return error(start, "expected bases: A, C, G or T");
        }
        Ok(bases)
    }

    fn edit(&mut self) -> Parsed<Edit<'t>> {
        let start = self.at;
        let stated = |bases: &'t str| Some(bases).filter(|bases| !bases.is_empty());
        let edit = if self.take("del") {
            let deleted = stated(self.bases());
            if self.take("ins") {
                Edit::Delins { stated: deleted, bases: self.required_bases()? }
            } else {
                Edit::Deletion { stated: deleted }
            }
        } else if self.take("dup") {
            Edit::Duplication { stated: stated(self.bases()) }
        } else if self.take("ins") {
            Edit::Insertion { bases: self.required_bases()? }
        } else if self.take("inv") {
            Edit::Inversion { stated: stated(self.bases()) }
        } else {
            let from = self.bases();
            if self.take("=") {
                Edit::Unchanged { stated: stated(from) }
            } else if self.take(">") {
                let to = self.required_bases()?;
                if from.len() != 1 || to.len() != 1 {
                    return error(
                        start,
                        "a substitution replaces one base by one; write delins for others",
                    );
                }
                Edit::Substitution { from, to }
            } else {
                let message = "expected a change: A>G, del, dup, insA, delinsA, inv or =";
                return error(self.at, message);
            }
        };
        if self.at < self.text.len() {
            let rest = shown(self.rest());
            return error(
                self.at,
                format!("{rest:?} follows the description; write one variant per line"),
            );
        }
        Ok(edit)
    }
}

/// A number that can be a position.
fn position(text: &str) -> Option<i32> {
    let number = Some(text).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    (number < MAX_POSITION).then_some(number)
}

const fn is_base(byte: u8) -> bool {
    matches!(byte, b'A' | b'C' | b'G' | b'T' | b'a' | b'c' | b'g' | b't')
}

fn is_bases(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_base)
}

/// Whether a name is an accession with version, as SPDI demands: `NC_000001.11`.
fn is_accession(name: &str) -> bool {
    let Some((prefix, rest)) = name.split_once('_') else { return false };
    let Some((number, version)) = rest.split_once('.') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    prefix.len() == 2
        && prefix.bytes().all(|b| b.is_ascii_uppercase())
        && digits(number)
        && digits(version)
}

/// The beginning of a text, for an error.
fn shown(text: &str) -> &str {
    text.get(..40).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Notation<'_> {
        parse_line(line.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e:?}"))
    }

    fn problem(line: &str) -> (usize, String) {
        let TextError { column, message } = parse_line(line.as_bytes()).unwrap_err();
        (column, message)
    }

    #[test]
    fn alleles_at_a_position_have_several_spellings() {
        let alleles = |alt| Alleles { contig: "chr1", pos: 12345, reference: "A", alt };
        for line in [
            "chr1:12345 A>G",
            "chr1:12345A>G",
            "chr1:12345:A:G",
            "chr1-12345-A-G",
            "chr1 12345 A G",
            " chr1:12345\tA/G ",
        ] {
            assert_eq!(parsed(line), Notation::Alleles(alleles("G")), "{line}");
        }
        assert_eq!(parsed("chr1:12345 A>G,T"), Notation::Alleles(alleles("G,T")));
        let strange = Alleles { contig: "HLA-A:01", pos: 5, reference: "A", alt: "C" };
        assert_eq!(parsed("HLA-A:01-5-A-C"), Notation::Alleles(strange));
    }

    #[test]
    fn a_line_of_a_vcf_file_keeps_its_columns() {
        let alleles = Alleles { contig: "20", pos: 5, reference: "AC", alt: "A,<DEL>" };
        let line = RecordLine { alleles, id: "rs1", rest: ["9.5", "PASS", "DP=3"] };
        assert_eq!(parsed("20\t5\trs1\tAC\tA,<DEL>\t9.5\tPASS\tDP=3"), Notation::Record(line));
        let line = RecordLine { alleles, id: ".", rest: ["."; 3] };
        assert_eq!(parsed("20 5 . AC A,<DEL>"), Notation::Record(line));
    }

    #[test]
    fn spdi_is_told_from_alleles_by_its_accession() {
        let spdi = |deleted, inserted| {
            Notation::Spdi(Spdi { sequence: "NC_000001.11", position: 12344, deleted, inserted })
        };
        assert_eq!(parsed("NC_000001.11:12344:A:G"), spdi(Deleted::Bases("A"), "G"));
        assert_eq!(parsed("NC_000001.11:12344::G"), spdi(Deleted::Bases(""), "G"));
        assert_eq!(parsed("NC_000001.11:12344:3:"), spdi(Deleted::Count(3), ""));
    }

    #[test]
    fn hgvs_has_a_reference_sequence_positions_and_a_change() {
        let at = |base| Position { origin: Origin::Start, base, offset: 0 };
        let hgvs = |line| match parsed(line) {
            Notation::Hgvs(found) => found,
            other => panic!("{line}: {other:?}"),
        };
        let found = hgvs("NM_004006.2(DMD):c.357+1G>A (p.?)");
        assert_eq!((found.accession, found.selector), ("NM_004006.2", Some("DMD")));
        assert_eq!(found.first, Position { offset: 1, ..at(357) });
        assert_eq!(found.edit, Edit::Substitution { from: "G", to: "A" });
        let found = hgvs("ENST1.2:c.-5_*7-12delACinsT");
        assert_eq!(found.first, Position { origin: Origin::BeforeStart, base: 5, offset: 0 });
        let last = Position { origin: Origin::AfterStop, base: 7, offset: -12 };
        assert_eq!(found.last, Some(last));
        assert_eq!(found.edit, Edit::Delins { stated: Some("AC"), bases: "T" });
        for (line, system, edit) in [
            ("chr1:g.5del", System::Genomic, Edit::Deletion { stated: None }),
            ("1:g.5_6delAC", System::Genomic, Edit::Deletion { stated: Some("AC") }),
            ("MT:m.5dup", System::Mitochondrial, Edit::Duplication { stated: None }),
            ("X:n.5_6insGA", System::NonCoding, Edit::Insertion { bases: "GA" }),
            ("X:c.5_6delinsGA", System::Coding, Edit::Delins { stated: None, bases: "GA" }),
            ("X:c.5_6inv", System::Coding, Edit::Inversion { stated: None }),
            ("X:c.5A=", System::Coding, Edit::Unchanged { stated: Some("A") }),
        ] {
            let found = hgvs(line);
            assert_eq!((found.system, found.edit), (system, edit), "{line}");
        }
    }

    #[test]
    fn a_problem_has_its_column_and_says_what_to_do() {
        for (line, column, part) in [
            ("chr1", 1, "expected a variant such as"),
            ("chr1:12345", 11, "expected REF>ALT"),
            ("chr1:x5:A:G", 6, "not a position"),
            ("chr1:0:A:G", 6, "not a position"),
            ("chr1:99999999999:A:G", 6, "not a position"),
            ("chr1:5:AU:G", 8, "not a REF allele"),
            ("  chr1:5 A>", 12, "not an ALT allele"),
            ("NM_1.1:c.5A>G;NM_1.1:c.6A>G", 14, "one variant per line"),
            ("NM_1.1:c.5AC>GT", 11, "write delins"),
            ("NM_1.1:c.5_6A>G", 8, "write delins"),
            ("NM_1.1:c.5insA", 8, "between two positions"),
            ("NM_1.1:c.(5_6)del", 10, "uncertain positions"),
            ("NM_1.1:c.[5A>G;7del]", 10, "one variant per line"),
            ("NM_1.1:c.5CAG[7]", 14, "expected a change"),
            ("NM_1.1:c.0del", 10, "counted from 1"),
            ("NM_1.1:c.99999999999del", 10, "larger than any position"),
            ("NM_1.1:n.*5del", 10, "those of c."),
            ("1:g.5+1del", 5, "no offset"),
            ("NP_1.1:p.Gly2Ala", 8, "write the c. or g. description"),
            ("NM_1.1:r.5a>g", 8, "descriptions of RNA"),
            ("NM_1.1:c.5delins", 17, "expected bases"),
            ("NM_1.1:c.5del7", 14, "follows the description"),
            ("1:g.5A\u{2192}G", 7, "\\u{2192}"),
            ("1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1", 17, "at most eight columns"),
            (":c.5del", 1, "is missing before the colon"),
        ] {
            let (found, message) = problem(line);
            assert!(message.contains(part), "{line}: {message}");
            assert_eq!(found, column, "{line}: {message}");
        }
        assert_eq!(parse_line(b"1:g.5\xff").unwrap_err().column, 6);
    }
}
