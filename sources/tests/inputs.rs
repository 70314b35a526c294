//! Sources that are built from files of providers: real columns, made-up values.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use flate2::Compression;
use flate2::write::GzEncoder;
use gas_sources::{
    Bases, BuildSummary, ColumnKind, Contig, Genome, GenomeContig, InputError, Matcher, Recipe,
    RecordAllele, SourceFile, StoredRow, build_source,
};
use proptest::prelude::*;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A genome with contig 1.
struct SmallGenome(Vec<u8>);

struct Sequence<'a>(&'a [u8]);

impl Bases for Sequence<'_> {
    fn base(&self, position: u32) -> Option<u8> {
        self.0.base(position)
    }
}

impl Bases for SmallGenome {
    fn base(&self, position: u32) -> Option<u8> {
        Sequence(&self.0).base(position)
    }
}

impl Genome for SmallGenome {
    fn contig(&self, name: &str) -> Option<GenomeContig<'_>> {
        let contig = Contig {
            name: "1".into(),
            length: Some(self.0.len() as u32),
            accession: Some("NC_000001.11".into()),
        };
        let known = matches!(name, "1" | "chr1" | "NC_000001.11");
        known.then_some(GenomeContig { contig, bases: self })
    }
}

fn genome(sequence: &str) -> SmallGenome {
    SmallGenome(sequence.as_bytes().to_vec())
}

struct Built {
    folder: TempDir,
    summary: BuildSummary,
}

impl Built {
    fn open(&self) -> SourceFile {
        let file = SourceFile::open(&self.folder.path().join("a.source")).unwrap();
        file.verify().unwrap();
        file
    }
}

fn build(recipe: &Recipe, text: &str, genome: Option<&dyn Genome>) -> Result<Built, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let input: PathBuf = folder.path().join("input.gz");
    let mut gzip = GzEncoder::new(std::fs::File::create(&input).unwrap(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap();
    let output = folder.path().join("a.source");
    let built = build_source(recipe, &[input], &output, genome, 2);
    assert_eq!(built.is_ok(), output.exists());
    Ok(Built { summary: built?, folder })
}

/// Builds by a recipe of the program.
fn built(recipe: &str, text: &str, genome: Option<&dyn Genome>) -> Built {
    build(&Recipe::named(recipe).unwrap(), text, genome).unwrap()
}

/// The rows of an allele, with their values separated by `|`.
fn rows(
    file: &SourceFile,
    genome: &SmallGenome,
    position: u32,
    reference: &str,
    alt: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    let (reference, alt) = (reference.as_bytes(), alt.as_bytes());
    let allele = RecordAllele { position, reference, alt };
    Matcher::new(file).rows(0, genome, allele, |row| found.push(row_text(file, &row))).unwrap();
    found
}

fn row_text(file: &SourceFile, row: &StoredRow<'_>) -> String {
    let values = (0..file.description().columns.len()).map(|n| {
        let mut out = Vec::new();
        row.write(n, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    values.collect::<Vec<_>>().join("|")
}

const SEQUENCE: &str = "GATTCACACAGGGTTTTTACGTACGTNNACGTAAGGCC";

#[test]
fn all_recipes_are_valid() {
    let recipes = Recipe::all().unwrap();
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes"))
        .unwrap()
        .filter_map(|file| {
            file.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    files.sort();
    let mut names: Vec<_> = recipes.into_iter().map(|recipe| recipe.id).collect();
    names.sort();
    assert_eq!(names, files);
}

#[test]
fn gnomad_has_exact_counts_of_each_allele() {
    let recipe = Recipe::named("gnomad-genomes").unwrap();
    let mut header = String::from("##fileformat=VCFv4.2\n");
    let mut info = String::new();
    for column in &recipe.columns {
        if column.field != "FILTER" {
            let number = match column.column.kind {
                ColumnKind::Flag => "0",
                _ if column.field.starts_with("AN") => "1",
                _ => "A",
            };
            header += &format!(
                "##INFO=<ID={},Number={number},Type=Integer,Description=\"\">\n",
                column.field
            );
            info += &match number {
                "0" => String::new(),
                "1" => format!("{}=152312;", column.field),
                _ => format!("{}=3,40;", column.field),
            };
        }
    }
    let text = format!(
        "{header}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
         chr1\t3\trs1\tT\tA,C\t.\tAC0;AS_VQSR\t{info}lcr\n\
         chr2\t3\t.\tT\tA\t.\tPASS\t{info}\n"
    );
    let genome = genome(SEQUENCE);
    let built = built("gnomad-genomes", &text, Some(&genome));
    assert_eq!(built.summary, BuildSummary { rows: 2, other_contig: 1, ..BuildSummary::default() });
    let file = built.open();
    assert_eq!(file.contigs().next().unwrap().accession.as_deref(), Some("NC_000001.11"));
    let found = rows(&file, &genome, 2, "ATT", "ACT");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("40|152312|40|AC0;AS_VQSR|40|152312|"), "{found:?}");
    let mut cursor = file.cursor();
    let row = cursor.allele(0, 3, b"T", b"A").unwrap().next().unwrap().unwrap();
    assert_eq!(row.quotient(&file.description().quotients[0]).unwrap(), Some(3.0 / 152_312.0));
    let error =
        build(&recipe, "#CHROM\nchr1\t3\trs1\tT\tA\t.\t.\t.\n", Some(&genome)).err().unwrap();
    assert!(error.to_string().ends_with("line 2: the header does not define INFO/AC"), "{error}");
}

const CLINVAR_HEADER: &str = "##INFO=<ID=ALLELEID,Number=1,Type=Integer,Description=\"\">\n\
     ##INFO=<ID=CLNSIG,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=CLNREVSTAT,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=CLNSIGCONF,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=CLNSIGINCL,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=ONC,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=SCI,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=CLNDN,Number=.,Type=String,Description=\"\">\n\
     ##INFO=<ID=RS,Number=.,Type=String,Description=\"\">\n";

#[test]
fn clinvar_is_found_in_any_form() {
    let genome = genome(SEQUENCE);
    let text = format!(
        "{CLINVAR_HEADER}1\t7\t12345\tCAC\tC\t.\t.\tALLELEID=7;CLNSIG=Pathogenic/Likely_pathogenic;CLNDN=A|B,_c;RS=9\n\
         1\t16\t12346\tTT\tT\t.\t.\tALLELEID=8;CLNSIG=Benign\n\
         1\t20\t12347\tCG\tGC\t.\t.\tALLELEID=9;CLNSIG=Benign\n\
         1\t21\t99\tA\tC\t.\t.\tALLELEID=9\n\
         1\t22\t100\tT\t<DEL>\t.\t.\tALLELEID=9\n\
         1\t400\t101\tT\tC\t.\t.\tALLELEID=9\n"
    );
    let built = built("clinvar", &text, Some(&genome));
    let expected = BuildSummary {
        rows: 3,
        outside: 1,
        reference_differs: 1,
        no_sequence: 1,
        ..BuildSummary::default()
    };
    assert_eq!(built.summary, expected);
    let file = built.open();
    let deletion = "12345|Pathogenic/Likely_pathogenic||||A|B,_c|||7|9";
    for (position, reference, alt) in [
        (4, "TCA", "T"),
        (5, "CACACA", "CACA"),
        (8, "ACA", "A"),
        (4, "tcacacagg", "tcacagg"),
        (9, "CA", ""),
    ] {
        assert_eq!(
            rows(&file, &genome, position, reference, alt),
            [deletion],
            "{position}{reference}>{alt}"
        );
    }
    assert_eq!(rows(&file, &genome, 13, "GT", "G"), ["12346|Benign|||||||8|"]);
    assert_eq!(rows(&file, &genome, 20, "CG", "GC"), ["12347|Benign|||||||9|"]);
    for (position, reference, alt) in
        [(4, "TCACA", "T"), (20, "C", "G"), (4, "T", "TCA"), (3, "T", "T")]
    {
        assert!(rows(&file, &genome, position, reference, alt).is_empty());
    }
}

#[test]
fn identifiers_of_dbsnp_are_numbers_with_a_prefix() {
    let genome = genome(SEQUENCE);
    let text = "##INFO=<ID=RS,Number=1,Type=Integer,Description=\"\">\n\
        ##INFO=<ID=COMMON,Number=0,Type=Flag,Description=\"\">\n\
        ##INFO=<ID=FREQ,Number=.,Type=String,Description=\"\">\n\
        NC_000001.11\t1\trs775809821\tG\tA,T\t.\t.\tRS=775809821;FREQ=TOPMED:0.9,.,0.1;COMMON\n\
        NC_000001.11\t2\trs5\tA\tG\t.\t.\tRS=5\n";
    let file = built("dbsnp", text, Some(&genome)).open();
    assert_eq!(rows(&file, &genome, 1, "G", "T"), ["rs775809821|1"]);
    assert_eq!(rows(&file, &genome, 2, "A", "G"), ["rs5|0"]);
}

#[test]
fn alphamissense_has_a_score_for_each_transcript() {
    let genome = genome(SEQUENCE);
    let text = "# Copyright 2023 DeepMind Technologies Limited\n#\n\
        #CHROM\tPOS\tREF\tALT\tgenome\tuniprot_id\ttranscript_id\tprotein_variant\tam_pathogenicity\tam_class\n\
        chr1\t2\tA\tC\thg38\tQ8NH21\tENST00000335137.4\tV2L\t0.2937\tbenign\n\
        chr1\t2\tA\tC\thg38\tQ8NH21\tENST00000641515.2\tV2L\t0.9\tpathogenic\n";
    let file = built("alphamissense", text, Some(&genome)).open();
    let mut found = Vec::new();
    let allele = RecordAllele { position: 1, reference: b"GA", alt: b"GC" };
    Matcher::new(&file)
        .rows(0, &genome, allele, |row| {
            if row.is_of_transcript(b"ENST00000335137.9").unwrap() {
                found.push(row_text(&file, &row));
            }
        })
        .unwrap();
    assert_eq!(found, ["ENST00000335137.4|0.2937|benign"]);
}

#[test]
fn tables_by_gene_are_sorted_and_filtered() {
    let text = "gene\tgene_id\tmane_select\tlof.pLI\tlof.oe_ci.upper\tmis.z_score\n\
        B\tENSG2\ttrue\t9.9e-01\t0.35\tNA\n\
        B\tENSG2\tfalse\t0.5\t0.5\t1\n\
        A\tENSG1\ttrue\t0.00000012\t1.95\t-2.1\n";
    let file = built("gnomad-constraint", text, None).open();
    let mut cursor = file.cursor();
    let row = cursor.gene(b"ENSG2").unwrap().unwrap();
    assert_eq!(row_text(&file, &row), "0.35|0.99|");
    let row = cursor.gene(b"ENSG1").unwrap().unwrap();
    assert_eq!(row_text(&file, &row), "1.95|0|-2.1");
}

#[test]
fn bands_overlap_variants() {
    let text = "track name=\"bands\"\nchr1\t0\t10\tp36.33\tgneg\nchr1\t10\t30\tp36.32\tgpos25\n";
    let genome = genome(SEQUENCE);
    let file = built("cytobands", text, Some(&genome)).open();
    let band = |position, reference, alt| rows(&file, &genome, position, reference, alt);
    assert_eq!(band(10, "A", "C"), ["p36.33"]);
    assert_eq!(band(11, "G", "C"), ["p36.32"]);
    assert_eq!(band(10, "AG", "CC"), ["p36.32", "p36.33"]);
    assert!(band(31, "C", "T").is_empty());
    assert_eq!(band(15, "T", "TA"), ["p36.32"]);
    // Between the two bands.
    assert!(band(10, "A", "AC").is_empty());
}

#[test]
fn errors_name_line_and_field() {
    let genome = genome(SEQUENCE);
    let recipe = Recipe::named("clinvar").unwrap();
    let error = |records: &str| {
        let text = format!("{CLINVAR_HEADER}{records}");
        build(&recipe, &text, Some(&genome)).err().unwrap().to_string()
    };
    let shown = error("1\t3\t1\tT\tA\t.\t.\tALLELEID=x\n");
    assert!(shown.ends_with("line 10: ALLELEID: \"x\" is not an integer"), "{shown}");
    let shown = error("1\t3\t1\tT\tA\t.\t.\t.\n1\t2\t1\tA\tC\t.\t.\t.\n");
    assert!(
        shown.ends_with("line 11: position 2 follows 3; sort the input by position"),
        "{shown}"
    );
    let shown = error("1\t3\t1\tT\n");
    assert!(shown.contains("line 10: the line has 4 of the 8 columns"), "{shown}");
    let shown =
        error("1\t3\t1\tT\tA\t.\t.\t.\n2\t1\t1\tA\tC\t.\t.\t.\nchr1\t3\t1\tT\tA\t.\t.\t.\n");
    assert!(
        shown.ends_with("line 12: 1 occurs twice; the rows of a contig must be together"),
        "{shown}"
    );
    let other: String = (0..30).map(|_| "1\t3\t1\tG\tA\t.\t.\t.\n").collect();
    assert!(error(&other).starts_with("30 of 30 REF alleles differ"));
    assert!(matches!(build(&recipe, CLINVAR_HEADER, None), Err(InputError::NeedsGenome)));
    let revel = Recipe::named("revel").unwrap();
    let shown =
        build(&revel, "chr,hg19_pos,ref,alt,REVEL\n", Some(&genome)).err().unwrap().to_string();
    assert!(shown.ends_with("line 1: the header has no column \"grch38_pos\""), "{shown}");
}

#[test]
fn a_recipe_that_contradicts_itself_is_rejected() {
    let recipe = |matching: &str, columns: &str| {
        let text = format!(
            "id = \"a\"\ncommercial_use = true\n[source]\nname = \"a\"\nversion = \"1\"\nlicense = \"\"\nattribution = \"\"\n\
             matching = \"{matching}\"\n[input]\nformat = \"vcf\"\n{columns}"
        );
        Recipe::parse(&text).map_err(|error| error.to_string())
    };
    let column = "[[columns]]\nname = \"A\"\ntype = \"integer\"\nfield = \"A\"\n";
    assert!(recipe("verbatim", column).is_ok());
    let error = |matching, columns: &str| recipe(matching, columns).unwrap_err();
    assert!(error("gene", column).ends_with("the input lacks what variants are matched by"));
    assert!(error("transcript-and-allele", column).contains("must be the transcript"));
    assert!(error("verbatim", &column.repeat(2)).ends_with("two columns have the name A"));
    let part = format!("{column}part = 2\n");
    assert!(error("verbatim", &part).ends_with("part, from 1, and separator belong together"));
    let quotient = "[[quotients]]\nname = \"Q\"\nnumerator = \"A\"\ndenominator = \"B\"\n";
    assert!(error("verbatim", &format!("{column}{quotient}")).ends_with("must be integer columns"));
}

#[test]
fn spliceai_scores_are_parts_of_the_entry_of_their_allele() {
    let text = "id = \"spliceai\"\ncommercial_use = false\n[source]\nname = \"SpliceAI\"\nversion = \"1.3\"\nassembly = \"GRCh38\"\n\
        license = \"\"\nattribution = \"\"\nmatching = \"verbatim\"\n[input]\nformat = \"vcf\"\n\
        [[columns]]\nname = \"DS_AG\"\ntype = \"decimal\"\ndecimals = 2\nfield = \"SpliceAI\"\nseparator = \"|\"\npart = 3\n";
    let recipe = Recipe::parse(text).unwrap();
    let genome = genome(SEQUENCE);
    let text = "##INFO=<ID=SpliceAI,Number=.,Type=String,Description=\"\">\n\
        1\t3\t.\tT\tA,TA\t.\t.\tSpliceAI=TA|GENE|0.75|0|0|0|1|2|3|4,A|GENE|0.01|0|0|0|1|2|3|4\n";
    let file = build(&recipe, text, Some(&genome)).unwrap().open();
    assert_eq!(rows(&file, &genome, 3, "T", "A"), ["0.01"]);
    assert_eq!(rows(&file, &genome, 3, "T", "TA"), ["0.75"]);
    assert_eq!(rows(&file, &genome, 3, "TT", "TAT"), ["0.75"]);
    assert!(rows(&file, &genome, 3, "TT", "TTA").is_empty());
}

/// A recipe for alleles in the places where they were written.
const IN_PLACE: &str = "id = \"x\"\ncommercial_use = true\n[source]\nname = \"x\"\nversion = \"1\"\nassembly = \"a\"\n\
    license = \"x\"\nattribution = \"x\"\nmatching = \"verbatim\"\n[input]\nformat = \"vcf\"\n\
    [[columns]]\nname = \"name\"\ntype = \"category\"\nfield = \"ID\"\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A source whose records have several alleles, padded and placed at random, gives each of them in any form.
    #[test]
    fn a_variant_is_found_in_whatever_form_it_is_written(
        sequence in "[AC]{60,90}",
        alleles in proptest::collection::vec((8usize..50, 0usize..5, "[AC]{0,5}", 0usize..6, 0usize..6), 1..12),
    ) {
        let genome = genome(&sequence);
        let bases = sequence.as_bytes();
        let result = |start: usize, deleted: usize, inserted: &[u8]| {
            [&bases[..start], inserted, &bases[start + deleted..]].concat()
        };
        let show = |bases: &[u8]| String::from_utf8_lossy(bases).into_owned();
        // Each record has the allele, padded, and a second one that is an SNV of its first base.
        let mut records = Vec::new();
        for (n, (start, deleted, inserted, left, right)) in alleles.iter().enumerate() {
            let (from, to) = (start - left - 1, start + deleted + right);
            let reference = &bases[from..to];
            let alt = [&bases[from..*start], inserted.as_bytes(), &bases[start + deleted..to]].concat();
            let mut other = reference.to_vec();
            other[0] = b'G';
            records.push((from + 1, format!(
                "1\t{}\t{n}\t{}\t{},{}\t.\t.\t.\n", from + 1, show(reference), show(&other), show(&alt).to_lowercase()
            )));
        }
        records.sort();
        let text: String = records.into_iter().map(|(_, record)| record).collect();
        let file = built("clinvar", &format!("{CLINVAR_HEADER}{text}"), Some(&genome)).open();
        let in_place = build(&Recipe::parse(IN_PLACE).unwrap(), &text, Some(&genome)).unwrap().open();
        for (n, (start, deleted, inserted, _, _)) in alleles.iter().enumerate() {
            let changed = result(*start, *deleted, inserted.as_bytes());
            if changed == bases {
                continue;
            }
            // All spellings with the same lengths and the same result.
            for other in 1..bases.len() - deleted {
                let Some(new) = changed.get(other..other + inserted.len()) else { continue };
                if result(other, *deleted, new) != changed {
                    continue;
                }
                for padding in [1, 3] {
                    let (from, to) = (other.saturating_sub(padding), (other + deleted + padding).min(bases.len()));
                    let alt = [&bases[from..other], new, &bases[other + deleted..to]].concat();
                    let found = rows(&file, &genome, from as u32 + 1, &show(&bases[from..to]), &show(&alt));
                    prop_assert!(found.iter().any(|row| row.starts_with(&format!("{n}|"))), "{found:?}");
                    let found = rows(&in_place, &genome, from as u32 + 1, &show(&bases[from..to]), &show(&alt));
                    prop_assert!(!found.is_empty(), "{n} {from} {to}");
                    for row in found {
                        let (start, deleted, inserted, _, _) = &alleles[row.parse::<usize>().unwrap()];
                        prop_assert_eq!(&result(*start, *deleted, inserted.as_bytes()), &changed);
                    }
                }
            }
        }
    }
}

/// A genome whose contigs all have the same bases.
struct AnyContig(SmallGenome);

impl Genome for AnyContig {
    fn contig(&self, name: &str) -> Option<GenomeContig<'_>> {
        let found = self.0.contig("1")?;
        let contig = Contig { name: name.to_owned(), accession: None, ..found.contig };
        Some(GenomeContig { contig, ..found })
    }
}

/// Builds ClinVar from files with these records, and returns the bytes of the source and the summary.
fn build_files(files: &[&str], threads: usize) -> Result<(Vec<u8>, BuildSummary), InputError> {
    let folder = tempfile::tempdir().unwrap();
    let header = "##INFO=<ID=ALLELEID,Number=1,Type=Integer,Description=\"x\">\n";
    let recipe = "id = \"x\"\ncommercial_use = true\n[source]\nname = \"x\"\nversion = \"1\"\nassembly = \"a\"\n\
        license = \"x\"\nattribution = \"x\"\nmatching = \"minimized\"\n[input]\nformat = \"vcf\"\n\
        [[columns]]\nname = \"name\"\ntype = \"category\"\nfield = \"ID\"\n\
        [[columns]]\nname = \"id\"\ntype = \"integer\"\nfield = \"ALLELEID\"\n";
    let recipe = Recipe::parse(recipe).unwrap();
    let write = |(n, text): (usize, &&str)| {
        let path = folder.path().join(format!("{n}.vcf"));
        std::fs::write(&path, format!("{header}{text}")).unwrap();
        path
    };
    let inputs: Vec<PathBuf> = files.iter().enumerate().map(write).collect();
    let output = folder.path().join("a.source");
    let genome = AnyContig(genome(SEQUENCE));
    let built = build_source(&recipe, &inputs, &output, Some(&genome), threads);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, inputs.len() + usize::from(built.is_ok()), "no other file is left");
    Ok((std::fs::read(output).unwrap_or_default(), built?))
}

/// Records of a contig: all substitutions and some indels, which move to the left.
fn records_of(contig: &str, from: usize) -> String {
    let sequence = SEQUENCE.as_bytes();
    let record = |n: usize| {
        let (position, base) = (n + 1, char::from(sequence[n]));
        let snv =
            format!("{contig}\t{position}\t{contig}{n}\t{base}\tA,C,G,T,*\t.\t.\tALLELEID={n}\n");
        let next = sequence.get(n + 1).map_or(String::new(), |next| {
            let next = char::from(*next);
            format!("{contig}\t{position}\tdel{n}\t{base}{next}\t{base}\t.\t.\tALLELEID={n}\n")
        });
        snv + &next
    };
    (from..sequence.len()).map(record).collect()
}

#[test]
fn the_number_of_threads_does_not_change_the_source() {
    let names = ["1", "2", "3", "X", "scaffold"];
    let mut files: Vec<String> = names.map(|name| records_of(name, 0)).into();
    files[2] += &records_of("4", 3);
    files.push(String::new());
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let expected = build_files(&files, 1).unwrap();
    assert!(expected.1.rows > 500 && expected.1.no_sequence > 100, "{:?}", expected.1);
    let whole = build_files(&[&files.concat()], 1).unwrap();
    assert!(whole == expected, "one file has the same rows as several");
    for threads in [0, 2, 3, 16] {
        assert!(build_files(&files, threads).unwrap() == expected, "{threads} threads");
    }
}

#[test]
fn a_contig_can_continue_in_the_next_file_whatever_the_number_of_threads() {
    let whole = records_of("1", 0);
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    let files = [&*first.concat(), &*second.concat(), &*records_of("2", 0)];
    let expected = build_files(&[&files.concat()], 1).unwrap();
    for threads in [1, 2, 3] {
        assert!(build_files(&files, threads).unwrap() == expected, "{threads} threads");
    }
    for threads in [1, 2] {
        let again = build_files(&[files[0], files[2], files[1]], threads).unwrap_err();
        let expected = "2.vcf, line 2: 1 occurs twice; the rows of a contig must be together";
        assert!(again.to_string().ends_with(expected), "{again}");
        let broken = ["1\t5\tx\tC\n", files[2], "3\tx\tx\tC\tA\t.\t.\t.\n"];
        let error = build_files(&broken, threads).unwrap_err().to_string();
        assert!(error.contains("0.vcf, line 2: "), "{error}");
    }
}
