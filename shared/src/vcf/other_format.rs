//! Recognizes files that are not VCF by their beginning, so that the message says what to do.
//!
//! Users upload what their tools, browsers and mail programs save under the name of a VCF file.

use super::diagnostic::{Code, Diagnostic, Severity};
use super::header::without_byte_order_mark;

const UNPACK: &str = "unpack it, and compress the VCF file with bgzip or gzip if you like";
const READS: &str = "GAS annotates variants, not reads; call variants first";
const SEQUENCE: &str = "GAS annotates variants, not sequences; call variants first";
const REGIONS: &str = "GAS annotates alleles, which need REF and ALT; upload the VCF file";
const SPREADSHEET: &str = "save the sheet as tab-separated text with the ending .vcf";
const CONSUMER: &str = "convert it to VCF, for example with bcftools convert --tsv2vcf";
const DOWNLOAD: &str =
    "the download may have saved a login or error page; download the VCF file again";
const EXPORT: &str = "export the variants as VCF";
const ENCODING: &str = "save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8";

/// Formats that are recognized by their first bytes: the bytes, what the file is, and what to do.
const MAGIC: [(&[u8], &str, &str); 31] = [
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook or another Office document", SPREADSHEET),
    (b"BZh", "compressed with bzip2", UNPACK),
    (b"\xfd7zXZ", "compressed with xz", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"\x1f\x8b", "compressed twice", "unpack it once with gunzip"),
    (b"CRAM", "a CRAM file", READS),
    (b"BAM\x01", "a BAM file", READS),
    (b"BAI\x01", "the index of a BAM file", READS),
    (b"TBI\x01", "a tabix index", "upload the VCF file itself"),
    (b"CSI\x01", "an index", "upload the VCF file itself"),
    (b"@HD\t", "a SAM file", READS),
    (b"@SQ\t", "a SAM file", READS),
    (b">", "a FASTA file", SEQUENCE),
    (b"LOCUS ", "a GenBank file", SEQUENCE),
    (b"%PDF-", "a PDF document", EXPORT),
    (b"{\\rtf", "a formatted text document (RTF)", "save it as plain text"),
    (b"{", "a JSON file", EXPORT),
    (b"[", "a JSON file or a table with sections", EXPORT),
    (b"\x6c\x1b\x01", "a PLINK file", "export it with plink2 --export vcf bgz"),
    (b"##gff-version", "a GFF file", REGIONS),
    (b"##gvf-version", "a GVF file", REGIONS),
    (b"track ", "a BED file", REGIONS),
    (b"browser ", "a BED file", REGIONS),
    (b"Hugo_Symbol\t", "a MAF table", "convert it to VCF, for example with maf2vcf"),
    (b"#version 2.", "a MAF table", "convert it to VCF, for example with maf2vcf"),
    (b"\xff\xfe", "UTF-16 text", ENCODING),
    (b"\xfe\xff", "UTF-16 text", ENCODING),
];

/// Bytes of the beginning that are searched for the names of parts and columns.
const SEARCHED_BYTES: usize = 1 << 14;

/// The diagnostic for a file that is recognized as another format than VCF and BCF. `beginning` is
/// decompressed text; a few hundred bytes are enough for most formats.
pub fn other_format(beginning: &[u8]) -> Option<Diagnostic> {
    let text = without_byte_order_mark(beginning).trim_ascii_start();
    let (format, advice) = recognize(&text[..text.len().min(SEARCHED_BYTES)])?;
    Some(Diagnostic {
        line: 1,
        column: None,
        severity: Severity::Error,
        code: Code::NotVcf,
        message: format!("this is {format}, not a VCF file that GAS can read; {advice}"),
    })
}

fn recognize(text: &[u8]) -> Option<(&'static str, &'static str)> {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let is_zip = text.starts_with(b"PK\x03\x04");
    if is_zip && (contains(text, b"[Content_Types].xml") || contains(text, b"xl/")) {
        return Some(("an Excel workbook or another Office document", SPREADSHEET));
    }
    if text.starts_with(b"<") && (contains(text, b"<html") || contains(text, b"<!doctype html")) {
        return Some(("a web page (HTML)", DOWNLOAD));
    }
    if text.starts_with(b"<") {
        return Some(("an XML file or a web page", DOWNLOAD));
    }
    if matches!(text, [b'#', 0, ..] | [0, b'#', ..]) {
        return Some(("UTF-16 text", ENCODING));
    }
    if text.starts_with(b"#") && contains(line, b"\r#") {
        const CONVERT: &str =
            "convert the line ends to line feeds, for example with tr '\\r' '\\n'";
        return Some(("a text with the line ends of old Mac systems (CR)", CONVERT));
    }
    if text.starts_with(b"\"##") || text.starts_with(b"'##") {
        const QUOTES: &str =
            "save it without quotation marks, in R with write.table(…, quote = FALSE)";
        return Some(("a text whose lines are in quotation marks (\"##…\")", QUOTES));
    }
    if is_consumer_file(text) {
        return Some(("the raw data of a consumer genotyping service, such as 23andMe", CONSUMER));
    }
    if let Some((_, format, advice)) = MAGIC.iter().find(|(magic, ..)| text.starts_with(magic)) {
        return Some((format, advice));
    }
    if text.get(257..).is_some_and(|magic| magic.starts_with(b"ustar")) {
        return Some(("a TAR archive", UNPACK));
    }
    if text.starts_with(b"@") && contains(text, b"\n+") {
        return Some(("a FASTQ file", READS));
    }
    if is_table_of_variants(line) {
        const TABLE: &str = "export VCF, or add the line ##fileformat=VCFv4.2 and begin the line with \
                             the names of the columns with #CHROM, all columns separated by tabs";
        return Some(("a table whose first line names the columns", TABLE));
    }
    let columns: Vec<&[u8]> = line.trim_ascii().split(|b| *b == b'\t').take(8).collect();
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let is_allele = |text: &[u8]| text == b"-" || super::alleles::is_bases(text);
    match columns.as_slice() {
        [chrom, start, end, reference, alt, ..]
            if !chrom.starts_with(b"#")
                && is_number(start)
                && is_number(end)
                && is_allele(reference)
                && is_allele(alt) =>
        {
            Some(("an input file of ANNOVAR", "upload the VCF file that it was made from"))
        }
        [chrom, start, end, ..]
            if !chrom.starts_with(b"#") && is_number(start) && is_number(end) =>
        {
            Some(("a BED file or another table of regions", REGIONS))
        }
        [chrom, pos, _, reference, ..]
            if columns.len() == 8
                && !chrom.starts_with(b"#")
                && is_number(pos)
                && super::alleles::is_bases(reference) =>
        {
            const ADD: &str = "put its header before them: the line ##fileformat=VCFv4.2, the \
                               definitions, and the #CHROM line";
            Some(("a list of records without a header", ADD))
        }
        _ => None,
    }
}

/// Whether a line begins with the names of the first two columns of VCF, without `#` or not separated by
/// tabs.
fn is_table_of_variants(line: &[u8]) -> bool {
    let name = line.strip_prefix(b"#").unwrap_or(line);
    let rest = name.get(..5).filter(|name| name.eq_ignore_ascii_case(b"CHROM")).map(|_| &name[5..]);
    let Some([separator, rest @ ..]) = rest else { return false };
    rest.get(..3).is_some_and(|name| name.eq_ignore_ascii_case(b"POS"))
        && match separator {
            b',' | b';' => true,
            b'\t' => !line.starts_with(b"#"),
            _ => false,
        }
}

/// Whether the text has the column line of 23andMe, AncestryDNA, MyHeritage or FamilyTreeDNA.
fn is_consumer_file(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').any(|line| {
        let line = line.trim_ascii_start();
        let name = line.iter().position(|b| !matches!(b, b'#' | b'"' | b' '));
        let name = &line[name.unwrap_or(line.len())..];
        name.len() > 4
            && name[..4].eq_ignore_ascii_case(b"rsid")
            && matches!(name[4], b'\t' | b',' | b'"' | b' ')
    })
}

/// Whether `text` contains `part`, which is in lower case or has no letters whose case matters.
fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named_with_what_to_do() {
        let utf_16: Vec<u8> =
            "##fileformat=VCFv4.2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [b"\xff\xfe".as_slice(), &utf_16].concat();
        let big_endian: Vec<u8> = "##f".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let tar = [b"in.vcf".as_slice(), &[0; 251], b"ustar\x0000"].concat();
        let cases: [(&[u8], &str, &str); 33] = [
            (&tar, "TAR", "unpack"),
            (b"@r1\nACGT\n+\nIIII\n", "FASTQ", "reads"),
            (b"CHROM,POS,ID,REF,ALT\n20,5,.,A,C\n", "a table", "separated by tabs"),
            (b"#chrom;pos;ID;REF;ALT\n20;5;.;A;C\n", "a table", "separated by tabs"),
            (b"CHROM\tPOS\tID\tREF\tALT\n", "a table", "with #CHROM"),
            (b"20\t5\t5\tT\tA\thet\n", "ANNOVAR", "VCF file"),
            (b"20\t5\t6\tTG\t-\n", "ANNOVAR", "VCF file"),
            (&utf_16, "UTF-16", "UTF-8"),
            (&with_mark, "UTF-16", "UTF-8"),
            (&big_endian, "UTF-16", "UTF-8"),
            (b"##fileformat=VCFv4.2\r#CHROM\tPOS\r20\t5", "line ends", "line feeds"),
            (b"PK\x03\x04\x14\0input.vcf", "ZIP", "unpack"),
            (b"PK\x03\x04\x14\0\0\0[Content_Types].xml", "Excel", "tab-separated"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel", "tab-separated"),
            (b"\x1f\x8b\x08\0\0", "compressed twice", "unpack it once"),
            (b"BAM\x01\0\0", "BAM", "reads"),
            (b"CRAM\x03\0", "CRAM", "reads"),
            (b"@HD\tVN:1.6\n", "SAM", "reads"),
            (b">chr20\nACGT\n", "FASTA", "sequences"),
            (b"chr20\t100\t200\tname\n", "BED", "REF and ALT"),
            (b"track name=x\nchr20\t100\t200\n", "BED", "REF and ALT"),
            (b"%PDF-1.7\n", "PDF", "export"),
            (b"\n<!DOCTYPE html><html>", "web page", "login"),
            (b"<?xml version=\"1.0\"?>\n<html lang=\"en\">", "web page", "login"),
            (b"{\"error\": 1}", "JSON", "export"),
            (b"{\\rtf1 ", "RTF", "plain text"),
            (b"# This data file\n# rsid\tchromosome\tposition\tgenotype\n", "23andMe", "convert"),
            (
                b"#AncestryDNA raw data\r\nrsid\tchromosome\tposition\tallele1\tallele2\r\n",
                "consumer",
                "convert",
            ),
            (b"##fileformat=MyHeritage\nRSID,CHROMOSOME,POSITION,RESULT\n", "consumer", "convert"),
            (b"\"##fileformat=VCFv4.2\"\n", "quotation marks (\"##", "quote = FALSE"),
            (b"##gff-version 3\n", "GFF", "REF and ALT"),
            (b"20\t76758\t.\tT\tA\t.\t.\t.\n", "without a header", "##fileformat"),
            (b"\x6c\x1b\x01\0", "PLINK", "export"),
        ];
        for (bytes, format, advice) in cases {
            let found = other_format(bytes).map(|found| found.to_string()).unwrap_or_default();
            let shown = String::from_utf8_lossy(bytes);
            assert!(found.contains(format) && found.contains(advice), "{shown}: {found}");
            assert!(found.starts_with("line 1: this is "), "{found}");
        }
    }

    #[test]
    fn vcf_and_bcf_are_not_taken_for_another_format() {
        for text in [
            "##fileformat=VCFv4.2\n##source=rsid\n#CHROM\tPOS\n",
            "##fileformat=VCFv4.2\r\n#CHROM\tPOS\r\n",
            "\u{feff}##fileformat=VCFv4.2\n",
            "\n##fileformat=VCFv4.2\n",
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n20\t5\trs1\tA\tC\t.\t.\t.\n",
            "BCF\u{2}\u{2}",
            "",
        ] {
            assert_eq!(other_format(text.as_bytes()), None, "{text:?}");
        }
    }
}
