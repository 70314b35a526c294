//! Annotates symbolic alleles and breakends near the genes of the demo reference, with fields of INFO in any
//! order, and arbitrary bytes as ALT and INFO.
#![no_main]

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat::{Ann, Csq};
use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_fuzz::demo::REFERENCE;
use gas_fuzz::{annotated, entries, exon_borders};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static MODEL: LazyLock<CsqModel> = LazyLock::new(|| CsqModel::new(&REFERENCE));
static BORDERS: LazyLock<Vec<i32>> = LazyLock::new(|| exon_borders(&REFERENCE, b"20"));

/// Alleles whose span follows from END or from SVLEN.
const SPANS: [&str; 6] = ["<DEL>", "<DUP>", "<DUP:TANDEM>", "<INV>", "<CN0>", "<CNV>"];

const OTHERS: [&str; 10] = [
    "<INS>",
    "<INS:ME:ALU>",
    "<CNV:TR>",
    "<CN3>",
    "<BND>",
    "<DUP:INV>",
    "<TRA>",
    "<X:Y>",
    "N.",
    ".N",
];

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short has no record.
    let _ = check(&mut Unstructured::new(bytes));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let contig = REFERENCE.contig(b"20").unwrap();
    let pos = *input.choose(&BORDERS)? + input.int_in_range(-4..=4)?;
    let Some([base]) = contig.bases(pos, pos) else { return Ok(()) };
    let base = char::from(*base);
    if input.ratio(1, 4)? {
        let rest = input.bytes(input.len())?;
        let text = rest.iter().map(|b| if b.is_ascii_control() { b';' } else { *b });
        let record =
            [format!("20\t{pos}\t.\t{base}\t").as_bytes(), &text.collect::<Vec<_>>()].concat();
        let columns = String::from_utf8_lossy(&record).replacen('|', "\t.\t.\t", 1);
        let _ = Annotator::new(&REFERENCE, 0, Csq).record(1, columns.as_bytes(), &mut Vec::new());
        by_haplotype(columns.as_bytes());
        return Ok(());
    }
    let most = *input.choose(&[1, 30, 3_000, 300_000])?;
    let length = input.int_in_range(1..=most)?;
    let end = pos + length;
    if input.arbitrary()? {
        // The same span by END and by SVLEN.
        let alt = input.choose(&SPANS)?;
        let sign = if *alt == "<DEL>" && input.arbitrary()? { "-" } else { "" };
        let record = |info: String| format!("20\t{pos}\t.\t{base}\t{alt}\t.\t.\t{info}");
        let [by_end, by_length] =
            [format!("END={end}"), format!("SVLEN={sign}{length}")].map(record);
        assert_eq!(answers(&by_end), answers(&by_length), "{by_end} and {by_length}");
        by_haplotype(by_end.as_bytes());
        return Ok(());
    }
    let alt = match input.int_in_range(0..=2)? {
        0 => (*input.choose(&OTHERS)?).to_owned(),
        1 => (*input.choose(&SPANS)?).to_owned(),
        _ => {
            let mate = if input.arbitrary()? { end } else { *input.choose(&BORDERS)? };
            let name = input.choose(&["20", "MT", "chr20", "<ctg>", "7"])?;
            let bracket = input.choose(&['[', ']'])?;
            if input.arbitrary()? {
                format!("{base}{bracket}{name}:{mate}{bracket}")
            } else {
                format!("{bracket}{name}:{mate}{bracket}{base}")
            }
        }
    };
    let (a, b): (i32, i32) =
        (input.int_in_range(-2_000..=2_000)?, input.int_in_range(-2_000..=2_000)?);
    let all = [
        format!("END={end}"),
        format!("SVLEN={}", if input.arbitrary()? { length } else { -length }),
        format!("CIPOS={a},{b}"),
        format!("CIEND={},{}", a.min(b), a.max(b)),
        "IMPRECISE".to_owned(),
        format!("SVTYPE={}", input.choose(&["DEL", "DUP", "INS", "INV", "BND", "CNV", "X"])?),
        format!("SVCLAIM={}", input.choose(&["D", "J", "DJ"])?),
        format!("CHR2={};END2={b}", input.choose(&["20", "MT", "7"])?),
        format!("RN=1;RUS=CAG;RUC={};CN={}", a.unsigned_abs(), b.unsigned_abs() % 9),
    ];
    let chosen: u16 = input.arbitrary()?;
    let mut fields: Vec<&str> = Vec::new();
    for (n, field) in all.iter().enumerate() {
        if chosen & 1 << n != 0 {
            fields.push(field);
        }
    }
    let record = |fields: &[&str]| {
        let info = if fields.is_empty() { ".".to_owned() } else { fields.join(";") };
        format!("20\t{pos}\t.\t{base}\t{alt}\t.\t.\t{info}")
    };
    let plain = record(&fields);
    let expected = answers(&plain);
    fields.reverse();
    assert_eq!(answers(&record(&fields)), expected, "{plain}");
    by_haplotype(plain.as_bytes());
    Ok(())
}

/// The entries in CSQ. Both formats must have the same terms.
fn answers(record: &str) -> Vec<Vec<String>> {
    let [csq, ann] =
        [Csq, Ann].map(|format| entries(&annotated(&REFERENCE, format, record), format));
    let terms = |entries: &[Vec<String>]| -> Vec<[String; 2]> {
        entries.iter().map(|entry| [entry[1].clone(), entry[6].clone()]).collect()
    };
    assert_eq!(terms(&csq), terms(&ann), "{record}");
    csq
}

/// Annotates a record without samples in `csq` mode.
fn by_haplotype(record: &[u8]) {
    let mut annotator = CsqAnnotator::new(&REFERENCE, &MODEL, CsqOptions::default(), 0);
    let mut out = Vec::new();
    if annotator.record(1, record, &mut out).is_ok() {
        annotator.finish_chunk(&mut out);
    }
}
