//! Writes an allele of the demo reference padded, shifted and beside other alleles: whatever gives the
//! same sequence must have the same consequences and descriptions.
#![no_main]

use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_fuzz::demo::REFERENCE;
use gas_fuzz::{annotated, bases, entries, exon_borders};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static MODEL: LazyLock<CsqModel> = LazyLock::new(|| CsqModel::new(&REFERENCE));

/// Where the place of an allele matters most.
static BORDERS: LazyLock<Vec<i32>> = LazyLock::new(|| exon_borders(&REFERENCE, b"20"));

/// The bases on each side of the allele that a form may contain.
const WINDOW: i32 = 80;

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short has no forms.
    let _ = compare(&mut Unstructured::new(bytes));
});

fn compare(input: &mut Unstructured<'_>) -> Result<()> {
    let contig = REFERENCE.contig(b"20").unwrap();
    let start = *input.choose(&BORDERS)? + input.int_in_range(-12..=12)?;
    let (first, last) = (start - WINDOW, start + 2 * WINDOW);
    let Some(window) = contig.bases(first, last) else { return Ok(()) };
    let window = std::str::from_utf8(window).unwrap().to_ascii_uppercase();
    let at = WINDOW as usize;
    let removed = input.int_in_range(0..=20usize)?;
    let alt = match input.int_in_range(0..=2)? {
        0 => String::new(),
        1 => bases(input, 12)?,
        // Copies of the bases before the allele.
        _ => {
            let unit = input.int_in_range(1..=12usize)?;
            window[at - unit..at].repeat(input.int_in_range(1..=3)?)
        }
    };
    let edited = format!("{}{alt}{}", &window[..at], &window[at + removed..]);
    if edited == window || window.contains('N') {
        return Ok(());
    }
    let form = |at: usize, left: usize, right: usize| {
        let (from, to) = (at - left, at + removed + right);
        let reference = &window[from..to];
        let alt = &edited[from..to + alt.len() - removed];
        (first + from as i32, reference.to_owned(), alt.to_owned())
    };
    let plain = form(at, 1, 0);
    let expected = answers(&plain, "");
    for _ in 0..3 {
        let shifted = at.wrapping_add_signed(input.int_in_range(-20..=20isize)?);
        let changed = &edited[shifted..shifted + alt.len()];
        let again = format!("{}{changed}{}", &window[..shifted], &window[shifted + removed..]);
        let place = if again == edited { shifted } else { at };
        let (left, right) = (input.int_in_range(0..=4)?, input.int_in_range(0..=4)?);
        let other = form(place, left, right);
        if other.1.is_empty() || other.2.is_empty() {
            continue;
        }
        let beside = *input.choose(&["", ",<NON_REF>", ",*", ",N", ",<DEL>"])?;
        assert_eq!(answers(&other, beside), expected, "{plain:?} and {other:?} {beside}");
    }
    Ok(())
}

/// The fields of the first allele's entries that do not depend on its form, in both formats.
fn answers((pos, reference, alt): &(i32, String, String), others: &str) -> [Vec<Vec<String>>; 2] {
    let record = format!("20\t{pos}\t.\t{reference}\t{alt}{others}\t.\t.\t.");
    let options = CsqOptions { local: true, ..CsqOptions::default() };
    let mut haplotypes = CsqAnnotator::new(&REFERENCE, &MODEL, options, 0);
    let mut out = Vec::new();
    haplotypes.record(1, record.as_bytes(), &mut out).unwrap();
    haplotypes.finish_chunk(&mut out);
    [AnnotationFormat::Csq, AnnotationFormat::Ann].map(|format| {
        let line = annotated(&REFERENCE, format, &record);
        let mut entries = entries(&line, format);
        // Entries are in the order of the alleles.
        let first = entries.first().map(|entry| entry[0].clone());
        entries.retain(|entry| Some(&entry[0]) == first.as_ref());
        for entry in &mut entries {
            entry[0].clear();
            if format == AnnotationFormat::Csq {
                // HGVS_OFFSET is counted from the place in the record.
                entry[23].clear();
            }
        }
        entries
    })
}
