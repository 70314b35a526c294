//! Annotates arbitrary bytes as the records of a BCF file, on the demo reference. By the first byte, the
//! rest is the body of a file, or one record whose lengths are right.
#![no_main]

use gas_annotate::pipeline::{Options, annotate_file};
use gas_fuzz::SCRATCH;
use gas_fuzz::demo::REFERENCE;
use libfuzzer_sys::fuzz_target;
use std::sync::atomic::AtomicBool;

const HEADER: &str = "##fileformat=VCFv4.2\n##contig=<ID=20,IDX=0>\n##FILTER=<ID=q,IDX=3>\n\
    ##INFO=<ID=DP,Number=1,Type=Integer,IDX=1>\n##INFO=<ID=DB,Number=0,Type=Flag,IDX=4>\n\
    ##FORMAT=<ID=GT,Number=1,Type=String,IDX=2>\n\
    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n\0";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut file = b"BCF\x02\x02".to_vec();
    file.extend_from_slice(&(HEADER.len() as u32).to_le_bytes());
    file.extend_from_slice(HEADER.as_bytes());
    if *first > 0 {
        let shared = usize::from(*first).min(rest.len());
        file.extend_from_slice(&(shared as u32).to_le_bytes());
        file.extend_from_slice(&((rest.len() - shared) as u32).to_le_bytes());
    }
    file.extend_from_slice(rest);
    let (input, output) = (SCRATCH.join("in.bcf"), SCRATCH.join("out.vcf"));
    std::fs::write(&input, file).unwrap();
    let never = AtomicBool::new(false);
    let options = Options { max_mismatch_percent: 100.0, ..Options::default() };
    if annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {}).is_ok() {
        let text = std::fs::read(&output).unwrap();
        let records = text.split(|b| *b == b'\n').filter(|line| !line.starts_with(b"#"));
        for record in records.filter(|line| !line.is_empty()) {
            assert_eq!(record.iter().filter(|b| **b == b'\t').count(), 10);
        }
    }
});
