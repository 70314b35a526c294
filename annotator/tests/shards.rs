//! Files that are annotated in shards: the joined result, its index, its summary and its warnings are those of a
//! run in one piece.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::REFERENCE;
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{
    JoinedFile, Mode, Options, Outcome, annotate_file, annotate_shard, join_shards, plan_shards,
};
use gas_annotate::report::{summarize, write_count_log};
use gas_annotate::shards::{Exclusion, Plan, RangeSource, Shard, ShardCount, ShardError};
use gas_annotate::vcf::reblock;
use gas_shared::vcf::{BGZF_END, InputLimits};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// What a user gets of a run: the result, its index, the summary and the log.
type Results = (Vec<u8>, Option<Vec<u8>>, String, String);

fn results(output: &Path, outcome: &Outcome) -> Results {
    let Outcome { counts, header, warnings } = outcome;
    let summary = summarize(counts, "GRCh37", header.samples.len() as u64, &[], warnings);
    let index = ["tbi", "csi"]
        .iter()
        .find_map(|ending| std::fs::read(output.with_added_extension(ending)).ok());
    let log = write_count_log(counts, &[], warnings);
    (std::fs::read(output).unwrap(), index, serde_json::to_string_pretty(&summary).unwrap(), log)
}

/// An input file in a folder of its own.
struct Input {
    folder: TempDir,
    path: PathBuf,
    options: Options,
}

impl Input {
    fn new(bytes: &[u8], options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.vcf");
        std::fs::write(&path, bytes).unwrap();
        Self { folder, path, options: Options { index: true, ..options } }
    }

    fn in_one_piece(&self) -> Result<Results, gas_annotate::Error> {
        let output = self.folder.path().join("whole.vcf.gz");
        let never = AtomicBool::new(false);
        let outcome =
            annotate_file(&self.path, &output, &REFERENCE, &self.options, &never, &|_| {})?;
        Ok(results(&output, &outcome))
    }

    fn plan(&self, shards: ShardCount) -> Result<Plan, ShardError> {
        let plan =
            plan_shards(&File::open(&self.path).unwrap(), shards, &REFERENCE, &self.options)?;
        let folder = self.folder.path().join("plan");
        plan.write(&folder).unwrap();
        assert_eq!(Plan::read(&folder).unwrap(), plan);
        Ok(plan)
    }

    fn output(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("shard{number}.gz"))
    }

    fn annotate(
        &self,
        plan: &Plan,
        number: u32,
        exclusion: Option<&Exclusion>,
    ) -> Result<(), ShardError> {
        self.annotate_of(None, plan, number, exclusion)
    }

    /// Annotates a shard. With `whole`, the input is a copy of it.
    fn annotate_of(
        &self,
        whole: Option<&dyn RangeSource>,
        plan: &Plan,
        number: u32,
        exclusion: Option<&Exclusion>,
    ) -> Result<(), ShardError> {
        let shard = plan.shard(number)?;
        let (output, never) = (self.output(number), AtomicBool::new(false));
        annotate_shard(
            &self.path,
            whole,
            &plan.head,
            shard,
            exclusion,
            &output,
            &REFERENCE,
            &self.options,
            &never,
            &|_| {},
        )?
        .write(&output)
    }

    fn join(&self, plan: &Plan, exclusion: Option<&Exclusion>) -> Result<Results, ShardError> {
        let output = self.folder.path().join("joined.vcf.gz");
        let outputs: Vec<PathBuf> =
            plan.shards.iter().map(|shard| self.output(shard.shard)).collect();
        let (outcome, _) = join_shards(
            &self.path,
            plan,
            &outputs,
            exclusion,
            &output,
            JoinedFile::Whole,
            &REFERENCE,
            &self.options,
        )?;
        Ok(results(&output, &outcome))
    }

    /// Annotates all shards and joins them; returns also how many there are.
    fn in_shards(&self, shards: ShardCount) -> Result<(Results, usize), ShardError> {
        let plan = self.plan(shards)?;
        for shard in &plan.shards {
            self.annotate(&plan, shard.shard, None)?;
        }
        let joined = self.join(&plan, None)?;
        let header = std::fs::read(self.output(0).with_added_extension("header")).unwrap();
        assert!(joined.0.starts_with(&header));
        Ok((joined, plan.shards.len()))
    }
}

fn assert_equal(found: &Results, expected: &Results) {
    // The texts are compared first, since their differences can be read.
    assert_eq!(found.3, expected.3);
    assert_eq!(found.2, expected.2);
    assert!(found.0 == expected.0, "the results differ");
    assert!(found.1 == expected.1 && found.1.is_some(), "the indexes differ");
}

/// Compresses text with BGZF, in blocks whose sizes a sequence repeats.
fn bgzf(mut text: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    for size in sizes.iter().cycle() {
        let (block, rest) = text.split_at((*size).min(text.len()));
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::new(1));
        deflate.write_all(block).unwrap();
        let deflated = deflate.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(block);
        out.extend_from_slice(&BGZF_END[..16]);
        out.extend_from_slice(&u16::try_from(deflated.len() + 25).unwrap().to_le_bytes());
        out.extend_from_slice(&deflated);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&u32::try_from(block.len()).unwrap().to_le_bytes());
        text = rest;
        if text.is_empty() {
            break;
        }
    }
    out.extend_from_slice(&BGZF_END);
    out
}

/// The text of a file with the properties of real ones.
#[derive(Clone, Debug)]
struct Sketch {
    /// Steps between the positions, the bases of REF, the length of INFO, and the genotypes, of the records on the
    /// first contig and on the mitochondrion.
    records: [Vec<(u32, usize, usize, u8)>; 2],
    samples: usize,
    blank_lines: bool,
    has_last_line_end: bool,
    /// States lengths that tabix cannot index.
    has_long_contig: bool,
}

const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

impl Sketch {
    fn text(&self) -> String {
        let mut text = "##fileformat=VCFv4.2\n##contig=<ID=MT,length=16569>\n".to_owned();
        if self.has_long_contig {
            text += "##contig=<ID=x,length=600000000>\n";
        }
        text += COLUMNS;
        if self.samples > 0 {
            text += "\tFORMAT";
            (0..self.samples).for_each(|n| write!(text, "\tS{n}").unwrap());
        }
        text.push('\n');
        for (contig, (records, from, to)) in ["20", "MT"].iter().zip(
            self.records
                .iter()
                .zip([60_000, 100])
                .zip([4_900_000, 16_000])
                .map(|((records, from), to)| (records, from, to)),
        ) {
            let mut pos = from;
            for (step, bases, info, genotypes) in records {
                pos = (pos + step).min(to);
                let view = REFERENCE.contig(contig.as_bytes()).unwrap();
                let start = i32::try_from(pos).unwrap();
                let bases = i32::try_from(*bases).unwrap();
                let reference = view.bases(start, start + bases - 1).unwrap();
                let reference = String::from_utf8(reference.to_vec()).unwrap();
                let first = &reference[..1];
                let alt = if bases > 1 {
                    first
                } else if first == "A" {
                    "C"
                } else {
                    "A"
                };
                let info = "x".repeat(*info);
                write!(
                    text,
                    "{contig}\t{pos}\trs{pos}\t{reference}\t{alt}\t{step}\t.\tNOTE={info}"
                )
                .unwrap();
                if self.samples > 0 {
                    text += "\tGT";
                    for n in 0..self.samples {
                        let alleles = (genotypes >> (2 * (n % 4))) & 3;
                        let separator = if genotypes & 16 == 0 { '|' } else { '/' };
                        write!(text, "\t{}{separator}{}", alleles & 1, alleles >> 1).unwrap();
                    }
                }
                text += if self.blank_lines && genotypes & 32 == 0 { "\n\n" } else { "\n" };
            }
        }
        if !self.has_last_line_end {
            text.pop();
        }
        text
    }
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let record = (
        prop_oneof![Just(0u32), 1..40u32, 1..5000u32],
        prop_oneof![8 => Just(1usize), 2 => 2..30usize, 1 => 100..300usize],
        prop_oneof![8 => 1..40usize, 1 => 500..3000usize],
        any::<u8>(),
    );
    let records =
        (prop::collection::vec(record.clone(), 0..250), prop::collection::vec(record, 0..30));
    (records, 0..4usize, any::<bool>(), any::<bool>(), prop::bool::weighted(0.1)).prop_map(
        |((first, second), samples, blank_lines, has_last_line_end, has_long_contig)| Sketch {
            records: [first, second],
            samples,
            blank_lines,
            has_last_line_end,
            has_long_contig,
        },
    )
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![
        1 => Just(Mode::Full(AnnotationFormat::Csq)),
        1 => Just(Mode::Full(AnnotationFormat::Ann)),
        1 => Just(Mode::Csq(CsqOptions { local: true, ..CsqOptions::default() })),
        2 => Just(Mode::Csq(CsqOptions::default())),
    ]
}

/// The sizes of blocks; `None` is a plain file.
fn blocks() -> impl Strategy<Value = Option<Vec<usize>>> {
    let size = prop_oneof![1..300usize, 300..5000usize, Just(65_280usize), Just(65_535usize)];
    prop_oneof![1 => Just(None), 3 => prop::collection::vec(size, 1..5).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_joined_result_is_that_of_a_run_in_one_piece(
        sketch in sketches(),
        mode in modes(),
        blocks in blocks(),
        cut_interval in prop_oneof![1..500u64, 500..20_000u64],
        shards in 1..20u32,
        threads in 1..3usize,
    ) {
        let text = sketch.text();
        let bytes = match &blocks {
            Some(sizes) => bgzf(text.as_bytes(), sizes),
            None => text.into_bytes(),
        };
        let options =
            Options { mode, threads, cut_interval, max_mismatch_percent: 100.0, ..Options::default() };
        let input = Input::new(&bytes, options);
        let expected = input.in_one_piece().unwrap();
        let (found, _) = input.in_shards(ShardCount::Exactly(shards)).unwrap();
        assert_equal(&found, &expected);
    }
}

#[test]
fn every_mode_has_as_many_shards_as_wanted() {
    let records = [(1500, 1, 10, 0b0110), (1, 40, 200, 0b10_1001)].repeat(1500);
    let sketch = Sketch {
        records: [records, vec![(10, 1, 10, 1); 300]],
        samples: 3,
        blank_lines: false,
        has_last_line_end: true,
        has_long_contig: false,
    };
    let bytes = bgzf(sketch.text().as_bytes(), &[20_000, 300, 65_280]);
    let local = CsqOptions { local: true, ..CsqOptions::default() };
    for mode in [
        Mode::Full(AnnotationFormat::Csq),
        Mode::Full(AnnotationFormat::Ann),
        Mode::Csq(local),
        Mode::Csq(CsqOptions::default()),
    ] {
        let input = Input::new(&bytes, Options { mode, cut_interval: 500, ..Options::default() });
        let expected = input.in_one_piece().unwrap();
        let (found, shards) = input.in_shards(ShardCount::Exactly(7)).unwrap();
        assert_eq!(shards, 7, "{mode:?}");
        assert_equal(&found, &expected);
    }
}

/// Records at some positions of chromosome 20, whose REF is right.
fn records(positions: impl Iterator<Item = i32>) -> String {
    let contig = REFERENCE.contig(b"20").unwrap();
    let mut text = format!("##fileformat=VCFv4.2\n{COLUMNS}\n");
    for pos in positions {
        let base = char::from(contig.bases(pos, pos).unwrap()[0]);
        let alt = if base == 'A' { 'G' } else { 'A' };
        writeln!(text, "20\t{pos}\t.\t{base}\t{alt}\t.\t.\t.").unwrap();
    }
    text
}

fn many() -> String {
    records((100_000..3_000_000).step_by(100))
}

fn small_cuts() -> Options {
    Options { cut_interval: 4096, ..Options::default() }
}

#[test]
fn a_plan_has_as_many_shards_as_wanted_of_about_equal_size() {
    let text = many();
    let bytes = bgzf(text.as_bytes(), &[8000]);
    for bytes in [text.as_bytes(), &bytes] {
        let input = Input::new(bytes, small_cuts());
        let expected = input.in_one_piece().unwrap();
        let size = bytes.len() as u64;
        for count in [ShardCount::Exactly(5), ShardCount::Bytes(size / 5 + 1)] {
            let plan = input.plan(count).unwrap();
            assert_eq!(plan.shards.len(), 5);
            let estimated: u64 = plan.shards.iter().map(|shard| shard.records).sum();
            assert!((20_000..40_000).contains(&estimated), "{estimated}");
            for (shard, next) in plan.shards.iter().zip(&plan.shards[1..]) {
                assert_eq!(shard.end, Some(next.start));
                let bytes = next.start.block - shard.start.block;
                assert!((size / 6..size / 4).contains(&bytes), "{bytes} of {size}");
            }
            let (found, _) = input.in_shards(count).unwrap();
            assert_equal(&found, &expected);
        }
    }
}

#[test]
fn an_error_in_a_shard_names_the_line_of_the_file() {
    let mut text = many();
    let line = text.match_indices('\n').nth(20_000).unwrap().0 + 1;
    text.insert_str(line, "20\tx\t.\tA\tC\t.\t.\t.\n");
    for bytes in [text.clone().into_bytes(), bgzf(text.as_bytes(), &[65_280])] {
        let input = Input::new(&bytes, small_cuts());
        let expected = input.in_one_piece().unwrap_err().to_string();
        assert!(expected.starts_with("line 20002"), "{expected}");
        let found = input.in_shards(ShardCount::Exactly(4)).unwrap_err().to_string();
        assert_eq!(found, expected);
    }
}

/// A copy in which all bytes are zero but those of the header and a shard. A block has at most 64 KiB.
fn copy_of(bytes: &[u8], plan: &Plan, shard: &Shard) -> Vec<u8> {
    let mut copy = vec![0; bytes.len()];
    let header_end = plan.head.header_end.block as usize + (1 << 16);
    let end = shard.end.map_or(bytes.len(), |end| end.block as usize + (1 << 16));
    for range in [0..header_end, shard.start.block as usize..end] {
        let range = range.start..range.end.min(bytes.len());
        copy[range.clone()].copy_from_slice(&bytes[range]);
    }
    copy
}

#[test]
fn an_error_in_a_copy_names_the_line_of_the_whole_file_if_that_can_be_read() {
    let mut text = many();
    let line = text.match_indices('\n').nth(20_000).unwrap().0 + 1;
    text.insert_str(line, "20\tx\t.\tA\tC\t.\t.\t.\n");
    for bytes in [text.clone().into_bytes(), bgzf(text.as_bytes(), &[65_280])] {
        let input = Input::new(&bytes, small_cuts());
        let expected = input.in_one_piece().unwrap_err().to_string();
        let plan = input.plan(ShardCount::Exactly(8)).unwrap();
        let whole_path = input.folder.path().join("whole");
        std::fs::write(&whole_path, &bytes).unwrap();
        let whole = File::open(&whole_path).unwrap();
        let mut failed = 0;
        for shard in &plan.shards {
            std::fs::write(&input.path, copy_of(&bytes, &plan, shard)).unwrap();
            let Err(found) = input.annotate_of(Some(&whole), &plan, shard.shard, None) else {
                continue;
            };
            failed += 1;
            assert_eq!(found.to_string(), expected);
            let found = input.annotate(&plan, shard.shard, None).unwrap_err().to_string();
            assert!(found.contains("counted from its start"), "{found}");
        }
        assert_eq!(failed, 1);
    }
}

#[test]
fn a_copy_with_header_and_shard_only_is_enough() {
    let bytes = bgzf(many().as_bytes(), &[65_280]);
    let input = Input::new(&bytes, small_cuts());
    let expected = input.in_one_piece().unwrap();
    let plan = input.plan(ShardCount::Exactly(4)).unwrap();
    for shard in &plan.shards {
        std::fs::write(&input.path, copy_of(&bytes, &plan, shard)).unwrap();
        input.annotate(&plan, shard.shard, None).unwrap();
    }
    std::fs::write(&input.path, &bytes).unwrap();
    assert_equal(&input.join(&plan, None).unwrap(), &expected);
}

#[test]
fn records_that_are_not_sorted_have_to_be_sorted_first() {
    let cases = [
        // Within a shard, and between two shards.
        records((1_000_000..1_300_000).step_by(100).chain((100_000..400_000).step_by(100))),
        records((1_000_000..1_300_000).step_by(100).chain([100_000])),
    ];
    for text in cases {
        for shards in [1, 2, 7] {
            let input = Input::new(text.as_bytes(), small_cuts());
            let error = input.in_shards(ShardCount::Exactly(shards)).unwrap_err().to_string();
            assert!(error.starts_with("line 3003, POS: 100000 comes after 1299900"), "{error}");
        }
    }
}

#[test]
fn files_without_records_and_with_a_wrong_header_are_handled_as_in_one_piece() {
    let header = format!("##fileformat=VCFv4.2\n{COLUMNS}\n");
    for text in [header.clone(), header.trim_end().to_owned(), header.clone() + "\n\n"] {
        for bytes in [text.clone().into_bytes(), bgzf(text.as_bytes(), &[7])] {
            let input = Input::new(&bytes, small_cuts());
            let expected = input.in_one_piece().unwrap();
            let (found, shards) = input.in_shards(ShardCount::Exactly(3)).unwrap();
            assert_eq!(shards, 1);
            assert_equal(&found, &expected);
        }
    }
    for text in ["", "##fileformat=VCFv4.2\n", "#CHROM\tPOS\n", "{\"a\": 1}\n"] {
        for bytes in [text.as_bytes().to_vec(), bgzf(text.as_bytes(), &[9])] {
            let input = Input::new(&bytes, small_cuts());
            let expected = input.in_one_piece().unwrap_err().to_string();
            let found = input.in_shards(ShardCount::Exactly(3)).unwrap_err().to_string();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}

#[test]
fn another_mitochondrion_is_excluded_by_a_second_run_of_its_shards() {
    let mut text = many();
    // The mitochondrion of hg19 has the name chrM, and other bases at most positions.
    for pos in 1000..1400 {
        let base = REFERENCE.contig(b"MT").unwrap().bases(pos, pos).unwrap()[0];
        let other = if base == b'A' { 'C' } else { 'A' };
        writeln!(text, "chrM\t{pos}\t.\t{other}\tG\t.\t.\t.").unwrap();
    }
    let input = Input::new(text.as_bytes(), small_cuts());
    let expected = input.in_one_piece().unwrap();
    assert!(expected.3.contains("is not the mitochondrion of the reference"), "{}", expected.3);
    let plan = input.plan(ShardCount::Exactly(5)).unwrap();
    (0..5).for_each(|number| input.annotate(&plan, number, None).unwrap());
    let Err(ShardError::Exclude { exclusion, shards }) = input.join(&plan, None) else {
        panic!("the shards have to be repeated");
    };
    assert_eq!(
        (shards.as_slice(), exclusion.contigs.as_slice()),
        (&[4][..], &["chrM".to_owned()][..])
    );
    let again = input.join(&plan, Some(&exclusion)).unwrap_err();
    assert!(matches!(again, ShardError::Exclude { .. }), "{again}");
    input.annotate(&plan, 4, Some(&exclusion)).unwrap();
    assert_equal(&input.join(&plan, Some(&exclusion)).unwrap(), &expected);
}

#[test]
fn shards_of_other_runs_and_other_inputs_are_rejected() {
    let text = many();
    let input = Input::new(text.as_bytes(), small_cuts());
    let plan = input.plan(ShardCount::Exactly(3)).unwrap();
    (0..3).for_each(|number| input.annotate(&plan, number, None).unwrap());
    let other = |options: Options| {
        let other =
            Input { options: Options { index: true, ..options }, ..Input::new(b"", small_cuts()) };
        std::fs::write(&other.path, &text).unwrap();
        other
    };
    let ann = other(Options { mode: Mode::Full(AnnotationFormat::Ann), ..small_cuts() });
    let error = ann.annotate(&plan, 0, None).unwrap_err();
    assert!(matches!(error, ShardError::OtherRun { .. }), "{error}");
    let ann_plan = ann.plan(ShardCount::Exactly(3)).unwrap();
    ann.annotate(&ann_plan, 1, None).unwrap();
    for ending in ["", ".shard", ".index"] {
        let name = |input: &Input| PathBuf::from(format!("{}{ending}", input.output(1).display()));
        std::fs::copy(name(&ann), name(&input)).unwrap();
    }
    let error = input.join(&plan, None).unwrap_err().to_string();
    assert!(error.contains("shard1.gz was made with another header"), "{error}");
    std::fs::write(&input.path, text + "\n").unwrap();
    let error = input.annotate(&plan, 0, None).unwrap_err();
    assert!(matches!(error, ShardError::OtherInput { .. }), "{error}");
}

#[test]
fn a_place_that_is_no_block_of_the_file_is_noticed() {
    let text = many();
    let bytes = bgzf(text.as_bytes(), &[65_280]);
    let input = Input::new(&bytes, small_cuts());
    let mut plan = input.plan(ShardCount::Exactly(3)).unwrap();
    plan.shards[0].end.as_mut().unwrap().block += 1;
    let error = input.annotate(&plan, 0, None).unwrap_err().to_string();
    assert!(error.contains("no block ends where the plan says"), "{error}");
}

#[test]
fn gzip_is_compressed_again_before_it_is_cut() {
    let text = many();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let input = Input::new(&gzip.finish().unwrap(), small_cuts());
    let error = input.plan(ShardCount::Exactly(2)).unwrap_err();
    assert!(matches!(error, ShardError::Gzip), "{error}");
    let path = input.folder.path().join("blocks.vcf.gz");
    reblock(&input.path, &path, InputLimits::DEFAULT).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let input = Input::new(&bytes, small_cuts());
    let expected = input.in_one_piece().unwrap();
    let (found, shards) = input.in_shards(ShardCount::Exactly(4)).unwrap();
    assert_eq!(shards, 4);
    assert_equal(&found, &expected);
}
