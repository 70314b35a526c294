//! Annotates alleles of a gene with arbitrary sequences: the protein description, read back, must change
//! the old protein to the new one.
#![no_main]

use gas_fuzz::bases;
use gas_fuzz::gene::Gene;
use gas_fuzz::protein_change::check_allele;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

const STOP_CODONS: [&str; 3] = ["TAA", "TAG", "TGA"];

/// The ends of the transcript, which keep alleles from being shifted out of it.
const FIRST: &str = "TTGACA";
const LAST: &str = "CATTGACTTTAGTAAGG";

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short has no alleles.
    let _ = check(&mut Unstructured::new(bytes));
});

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let utr5 = format!("{FIRST}{}", bases(input, 14)?);
    let mut cds = "ATG".to_owned();
    for _ in 0..input.int_in_range(1..=16)? {
        let codon: String =
            (0..3).map(|_| input.choose(&['A', 'C', 'G', 'T'])).collect::<Result<_>>()?;
        // A stop codon within the sequence would end it.
        cds += if STOP_CODONS.contains(&codon.as_str()) { "GCT" } else { &codon };
    }
    cds += input.choose(&STOP_CODONS)?;
    let utr3 = format!("{}{LAST}", bases(input, 24)?);
    let sequences = [utr5.as_str(), &cds, &utr3];
    let spliced = sequences.concat();
    let end = spliced.len() - LAST.len();
    let gene = Gene::standard(sequences, input.arbitrary()?);
    // Building the reference takes longer than annotating an allele.
    for _ in 0..8 {
        let from = input.int_in_range(FIRST.len()..=end)?;
        let removed = input.int_in_range(0..=12usize)?.min(end - from);
        let alt = if input.arbitrary()? {
            bases(input, 12)?
        } else {
            // A copy of bases of the transcript.
            spliced[from..from + input.int_in_range(0..=9)?].to_owned()
        };
        if spliced[from..from + removed] == alt {
            continue;
        }
        let effect = gene.effect(from, removed, &alt);
        let checked = check_allele(sequences, (from, removed, &alt), &effect);
        assert_eq!(checked, Ok(()), "{sequences:?} {from} -{removed} +{alt} {}", gene.reverse);
    }
    Ok(())
}
