//! Recognizes files that are not VCF by their beginning, so that the message says what to do.
//!
//! Users upload what their tools, browsers and mail programs save under the name of a VCF file.

use super::diagnostic::{Code, Diagnostic, Severity};
use super::header::without_byte_order_mark;

const UNPACK: &str = "unpack it, and compress the VCF file with bgzip or gzip if you like";
const READS: &str = "GAS annotates variants, not reads; call variants first";
const SEQUENCE: &str = "GAS annotates variants, not sequences; call variants first";
const NO_ALLELES: &str = "it has no alleles to annotate; upload the VCF file";
const EXPORT: &str = "export the variants as VCF";

/// A format that is recognized by its first bytes.
struct Format {
    beginnings: &'static [&'static [u8]],
    /// What the file is.
    name: &'static str,
    /// What to do.
    advice: &'static str,
}

const fn format(
    beginnings: &'static [&'static [u8]],
    name: &'static str,
    advice: &'static str,
) -> Format {
    Format { beginnings, name, advice }
}

/// The first one whose beginning is that of the file counts.
static FORMATS: [Format; 20] = [
    format(
        &[b"PK", b"\xd0\xcf\x11\xe0"],
        "a ZIP archive or an Office document (Excel)",
        "unpack it, or save the sheet as tab-separated text with the ending .vcf",
    ),
    format(
        &[b"<"],
        "a web page (HTML or XML)",
        "the download may have saved a login or error page; download the VCF file again",
    ),
    format(
        &[b"\"##", b"'##"],
        "a text in quotation marks",
        "save it without quotation marks, in R with write.table(…, quote = FALSE)",
    ),
    format(
        &[b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!"],
        "compressed with bzip2, xz, Zstandard, 7-Zip or RAR",
        UNPACK,
    ),
    format(&[b"\x1f\x8b"], "compressed twice", "unpack it once with gunzip"),
    format(&[b"CRAM"], "a CRAM file", READS),
    format(&[b"BAM\x01"], "a BAM file", READS),
    format(&[b"@"], "a SAM or FASTQ file", READS),
    format(&[b"BAI\x01", b"TBI\x01", b"CSI\x01"], "an index", NO_ALLELES),
    format(&[b"##gff-version", b"##gvf-version"], "a GFF file", NO_ALLELES),
    format(&[b"track ", b"browser "], "a BED file", NO_ALLELES),
    format(&[b">"], "a FASTA file", SEQUENCE),
    format(&[b"LOCUS "], "a GenBank file", SEQUENCE),
    format(&[b"%PDF-"], "a PDF document", EXPORT),
    format(&[b"{\\rtf"], "a formatted text document (RTF)", "save it as plain text"),
    format(&[b"{", b"["], "a JSON file", EXPORT),
    format(&[b"\x6c\x1b\x01"], "a PLINK file", "export it with plink2 --export vcf bgz"),
    format(
        &[b"Hugo_Symbol\t", b"#version 2."],
        "a MAF table",
        "convert it to VCF, for example with maf2vcf",
    ),
    format(
        &[b"CHROM", b"chrom", b"#CHROM,", b"#CHROM;"],
        "a table whose first line names the columns",
        "export VCF, or begin the names of the columns with #CHROM and separate all columns by tabs",
    ),
    format(
        &[b"#\0", b"\0#", b"\xff\xfe", b"\xfe\xff"],
        "UTF-16 text",
        "save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8",
    ),
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
    if text.starts_with(b"#") && line.windows(2).any(|pair| pair == b"\r#") {
        const CONVERT: &str =
            "convert the line ends to line feeds, for example with tr '\\r' '\\n'";
        return Some(("a text with the line ends of old Mac systems (CR)", CONVERT));
    }
    // Whatever follows, since the marks of some formats may be in any text.
    if text.starts_with(b"##fileformat=VCF") {
        return None;
    }
    if is_consumer_file(text) {
        const CONVERT: &str = "convert it to VCF, for example with bcftools convert --tsv2vcf";
        return Some(("the raw data of a consumer genotyping service, such as 23andMe", CONVERT));
    }
    let begins = |format: &&Format| format.beginnings.iter().any(|b| text.starts_with(b));
    if let Some(Format { name, advice, .. }) = FORMATS.iter().find(begins) {
        return Some((name, advice));
    }
    if text.get(257..).is_some_and(|magic| magic.starts_with(b"ustar")) {
        return Some(("a TAR archive", UNPACK));
    }
    let columns: Vec<&[u8]> = line.trim_ascii().split(|b| *b == b'\t').take(8).collect();
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match columns.as_slice() {
        [chrom, start, end, ..]
            if !chrom.starts_with(b"#") && is_number(start) && is_number(end) =>
        {
            Some(("a BED file, an input file of ANNOVAR or another table", "upload the VCF file"))
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
            (b"CHROM,POS,ID,REF,ALT\n20,5,.,A,C\n", "a table", "columns by tabs"),
            (b"#CHROM;POS;ID;REF;ALT\n20;5;.;A;C\n", "a table", "columns by tabs"),
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
            (b"chr20\t100\t200\tname\n", "BED", "upload the VCF"),
            (b"track name=x\nchr20\t100\t200\n", "BED", "upload the VCF"),
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
            (b"\"##fileformat=VCFv4.2\"\n", "quotation marks", "quote = FALSE"),
            (b"##gff-version 3\n", "GFF", "upload the VCF"),
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
            "##fileformat=VCFv4.2\n#CHROM\tPOS\nrsid\t5\n",
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
