//! The files of providers with the columns that they have: what is easily taken for something else.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use gas_sources::{
    Bases, BuildSummary, Contig, Genome, GenomeContig, InputError, Key, Matcher, Recipe,
    RecordAllele, Row, SourceBuilder, SourceFile, StoredRow, Value, build_source,
};
use std::path::PathBuf;
use tempfile::TempDir;

/// A genome with the contigs 1 and X, which have the same bases.
struct SmallGenome;

const BASES: &[u8] = b"GATTCACACAGGGTTTTTACGTACGTNNACGTAAGGCC";

impl Bases for SmallGenome {
    fn base(&self, position: u32) -> Option<u8> {
        BASES.base(position)
    }
}

impl Genome for SmallGenome {
    fn contig(&self, name: &str) -> Option<GenomeContig<'_>> {
        let (plain, accession) = match name {
            "1" | "chr1" | "NC_000001.11" => ("1", "NC_000001.11"),
            "X" | "chrX" | "NC_000023.11" => ("X", "NC_000023.11"),
            _ => return None,
        };
        let contig = Contig {
            name: plain.into(),
            length: Some(BASES.len() as u32),
            accession: Some(accession.into()),
        };
        Some(GenomeContig { contig, bases: self })
    }
}

struct Built {
    // It is only kept.
    _folder: TempDir,
    file: SourceFile,
    summary: BuildSummary,
}

fn built(recipe: &Recipe, content: &[u8]) -> Result<Built, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let input: PathBuf = folder.path().join("input");
    std::fs::write(&input, content).unwrap();
    let output = folder.path().join("a.source");
    let summary = build_source(recipe, &[input], &output, Some(&SmallGenome), 2)?;
    let file = SourceFile::open(&output).unwrap();
    file.verify().unwrap();
    Ok(Built { _folder: folder, file, summary })
}

fn by_recipe(id: &str, text: &str) -> Built {
    built(&Recipe::named(id).unwrap(), text.as_bytes()).unwrap()
}

/// The values of some columns of the rows of an allele, with `|` between them.
fn rows(built: &Built, contig: usize, allele: (u32, &str, &str), columns: &[&str]) -> Vec<String> {
    let source = built.file.description();
    let mut found = Vec::new();
    let (position, reference, alt) = (allele.0, allele.1.as_bytes(), allele.2.as_bytes());
    let allele = RecordAllele { position, reference, alt };
    Matcher::new(&built.file)
        .rows(contig, &SmallGenome, allele, |row| {
            let values = columns.iter().map(|name| {
                let stored = source.columns.iter().position(|column| column.name == *name);
                let computed = source.quotients.iter().find(|quotient| quotient.name == *name);
                match (stored, computed) {
                    (Some(column), _) => {
                        let mut out = Vec::new();
                        row.write(column, &mut out).unwrap();
                        String::from_utf8(out).unwrap()
                    }
                    (None, Some(quotient)) => {
                        let value = row.quotient(quotient).unwrap();
                        value.map_or("none".to_owned(), |value| value.to_string())
                    }
                    (None, None) => panic!("there is no column {name}"),
                }
            });
            found.push(values.collect::<Vec<_>>().join("|"));
        })
        .unwrap();
    found.sort();
    found
}

/// A VCF file with definitions, each as `KEY:Number:Type`.
fn vcf(definitions: &str, records: &str) -> String {
    let mut text = String::from("##fileformat=VCFv4.2\n");
    for definition in definitions.split_whitespace() {
        let mut parts = definition.split(':');
        let (key, number, kind) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        text += &format!("##INFO=<ID={key},Number={number},Type={kind},Description=\"\">\n");
    }
    text + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + records
}

const CLINVAR: &str = "ALLELEID:1:Integer CLNSIG:.:String CLNREVSTAT:.:String CLNSIGCONF:.:String \
     CLNSIGINCL:.:String CLNDN:.:String ONC:.:String SCI:.:String RS:.:String";

#[test]
fn a_conflict_in_clinvar_has_its_parts() {
    let text = vcf(
        CLINVAR,
        "1\t3\t17\tT\tC\t.\t.\tALLELEID=9;CLNSIG=Conflicting_classifications_of_pathogenicity;\
         CLNREVSTAT=criteria_provided,_conflicting_classifications;\
         CLNSIGCONF=Pathogenic(1)|Uncertain_significance(2);RS=80358\n",
    );
    let columns = ["CLIN_SIG", "ClinVar_CLNSIGCONF", "ClinVar_CLNREVSTAT", "ClinVar_RS"];
    assert_eq!(
        rows(&by_recipe("clinvar", &text), 0, (3, "T", "C"), &columns),
        ["Conflicting_classifications_of_pathogenicity|Pathogenic(1)|Uncertain_significance(2)|\
          criteria_provided,_conflicting_classifications|80358"]
    );
}

#[test]
fn a_variant_that_clinvar_has_in_a_haplotype_only_has_no_classification_of_its_own() {
    let text = vcf(CLINVAR, "1\t3\t18\tT\tC\t.\t.\tALLELEID=10;CLNSIGINCL=424754:Pathogenic\n");
    let built = by_recipe("clinvar", &text);
    let columns = ["ClinVar", "CLIN_SIG", "ClinVar_CLNSIGINCL"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["18||424754:Pathogenic"]);
}

#[test]
fn all_records_of_clinvar_with_the_same_allele_are_kept_and_those_without_sequence_counted() {
    let text = vcf(
        CLINVAR,
        "1\t4\t20\tTCA\tT\t.\t.\tALLELEID=1;CLNSIG=Benign\n\
         1\t6\t21\tACA\tA\t.\t.\tALLELEID=2;CLNSIG=Pathogenic;ONC=Oncogenic;SCI=Tier_I_-_Strong\n\
         1\t6\t22\tA\t.\t.\t.\tALLELEID=3;CLNSIG=Pathogenic\n",
    );
    let built = by_recipe("clinvar", &text);
    let columns = ["ClinVar", "CLIN_SIG", "ClinVar_ONC", "ClinVar_SCI"];
    // Both are the deletion of CA in CACACA.
    let expected = ["20|Benign||", "21|Pathogenic|Oncogenic|Tier_I_-_Strong"];
    assert_eq!(rows(&built, 0, (8, "ACA", "A"), &columns), expected);
    assert_eq!(built.summary.rows, 2);
}

const GNOMAD: &str = "AC:A:Integer AN:1:Integer nhomalt:A:Integer AC_XY:A:Integer AN_XY:1:Integer \
     non_par:0:Flag grpmax:A:String AC_grpmax:A:Integer AN_grpmax:A:Integer fafmax_faf95_max:A:Float";

/// A VCF file of gnomAD exomes 4.1.
fn gnomad(records: &str) -> String {
    let populations = ["afr", "amr", "asj", "eas", "fin", "mid", "nfe", "remaining", "sas"];
    let counts = populations.map(|name| format!("AC_{name}:A:Integer AN_{name}:1:Integer"));
    vcf(&format!("{GNOMAD} {}", counts.join(" ")), records)
}

#[test]
fn a_site_of_gnomad_without_genotypes_has_no_frequency_and_a_filtered_one_says_so() {
    let text = gnomad(
        "chr1\t3\t.\tT\tC\t.\tAC0;AS_VQSR\tAC=0;AN=0;nhomalt=0;AC_nfe=0;AN_nfe=0\n\
         chr1\t4\t.\tT\tC\t.\tAC0\tAC=0;AN=152000;nhomalt=0\n\
         chr1\t5\t.\tC\tT\t.\tPASS\tAC=3;AN=152312;nhomalt=1;AC_nfe=3;AN_nfe=68034;grpmax=nfe;\
         AC_grpmax=3;AN_grpmax=68034;fafmax_faf95_max=1.204e-05\n",
    );
    let built = by_recipe("gnomad-exomes", &text);
    let columns = ["gnomADe_AF", "gnomADe_NFE_AF", "gnomADe_AC", "gnomADe_FILTER"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["none|none|0|AC0;AS_VQSR"]);
    assert_eq!(rows(&built, 0, (4, "T", "C"), &columns), ["0|none|0|AC0"]);
    let columns = ["gnomADe_AC", "gnomADe_GRPMAX", "gnomADe_GRPMAX_AF", "gnomADe_FAF95"];
    let frequency = (3.0_f64 / 68_034.0).to_string();
    assert_eq!(rows(&built, 0, (5, "C", "T"), &columns), [format!("3|nfe|{frequency}|0.00001204")]);
}

#[test]
fn gnomad_counts_xy_individuals_on_x_outside_of_the_par() {
    let text = gnomad(
        "chrX\t3\t.\tT\tC\t.\tPASS\tAC=5;AN=110000;nhomalt=0;AC_XY=2;AN_XY=36000;non_par\n\
         chrX\t5\t.\tC\tT\t.\tPASS\tAC=5;AN=150000;nhomalt=0;AC_XY=2;AN_XY=74000\n",
    );
    let built = by_recipe("gnomad-exomes", &text);
    let columns = ["gnomADe_XY_AC", "gnomADe_XY_AN", "gnomADe_nonpar"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["2|36000|1"]);
    assert_eq!(rows(&built, 0, (5, "C", "T"), &columns), ["2|74000|0"]);
}

#[test]
fn gnomad_joint_has_the_fields_of_both_data_sets() {
    let populations = ["afr", "ami", "amr", "asj", "eas", "fin", "mid", "nfe", "remaining", "sas"];
    let counts = populations.map(|p| format!("AC_joint_{p}:A:Integer AN_joint_{p}:1:Integer"));
    let definitions = "AC_joint:A:Integer AN_joint:1:Integer nhomalt_joint:A:Integer \
        AC_joint_XY:A:Integer AN_joint_XY:1:Integer grpmax_joint:A:String AC_grpmax_joint:A:Integer \
        AN_grpmax_joint:A:Integer fafmax_faf95_max_joint:A:Float";
    let text = vcf(
        &format!("{definitions} {}", counts.join(" ")),
        "chr1\t3\t.\tT\tC\t.\tEXOMES_FILTERED\tAC_joint=8;AN_joint=1600000;nhomalt_joint=0;AC_joint_ami=1;\
         AN_joint_ami=912\n",
    );
    let columns = ["gnomADj_AF", "gnomADj_AMI_AF", "gnomADj_FILTER", "gnomADj_GRPMAX"];
    assert_eq!(
        rows(&by_recipe("gnomad-joint", &text), 0, (3, "T", "C"), &columns),
        [format!("0.000005|{}|EXOMES_FILTERED|", 1.0 / 912.0)]
    );
}

#[test]
fn all_identifiers_of_dbsnp_for_an_allele_are_kept_and_contigs_of_another_version_are_not() {
    let text = vcf(
        "RS:1:Integer COMMON:0:Flag",
        "NC_000001.10\t3\trs1\tT\tC\t.\t.\tRS=1\n\
         NC_000001.11\t4\trs33\tTCA\tT\t.\t.\tRS=33;COMMON\n\
         NC_000001.11\t6\trs44\tACA\tA\t.\t.\tRS=44\n\
         NC_000023.11\t3\trs5\tT\tC,G\t.\t.\tRS=5\n\
         NT_187361.1\t3\trs6\tT\tC\t.\t.\tRS=6\n",
    );
    let built = by_recipe("dbsnp", &text);
    let columns = ["Existing_variation", "dbSNP_COMMON"];
    assert_eq!(rows(&built, 0, (8, "ACA", "A"), &columns), ["rs33|1", "rs44|0"]);
    assert_eq!(rows(&built, 1, (3, "T", "G"), &columns), ["rs5|0"]);
    assert_eq!((built.summary.rows, built.summary.other_contig), (4, 2));
}

/// The header of dbSNP: "RS is a common SNP. A common SNP is one that has at least one 1000Genomes population with a minor
/// allele of frequency >= 1%", and FREQ is "an ordered list of allele frequencies as reported by various genomic studies,
/// starting with the reference allele followed by alternate alleles as ordered in the ALT column".
#[test]
fn of_several_alleles_of_an_identifier_only_those_with_a_frequency_are_common() {
    let text = vcf(
        "RS:1:Integer FREQ:.:String COMMON:0:Flag",
        "1\t3\trs1\tT\tA,C,G\t.\t.\tRS=1;FREQ=1000Genomes:0.988,.,0.01,0.002|TOPMED:0.9989,3e-05,0.001,.;COMMON\n\
         1\t5\trs2\tC\tA,T\t.\t.\tRS=2;FREQ=TOPMED:0.9,0.05,0.05\n\
         1\t7\trs3\tC\tA\t.\t.\tRS=3;FREQ=TOPMED:0.999,0.001;COMMON\n\
         1\t9\trs4\tC\tA,G\t.\t.\tRS=4;COMMON\n",
    );
    let built = by_recipe("dbsnp", &text);
    for (position, reference, alt, expected) in [
        (3, "T", "A", "rs1|"),
        (3, "T", "C", "rs1|1"),
        (3, "T", "G", "rs1|"),
        // Not common, whatever the frequencies.
        (5, "C", "A", "rs2|0"),
        // A flag of the only allele needs no frequency.
        (7, "C", "A", "rs3|1"),
        (9, "C", "G", "rs4|"),
    ] {
        let found =
            rows(&built, 0, (position, reference, alt), &["Existing_variation", "dbSNP_COMMON"]);
        assert_eq!(found, [expected], "{position}{reference}>{alt}");
    }
}

#[test]
fn an_allele_in_two_genes_has_the_scores_of_spliceai_for_both() {
    let text = vcf(
        "SpliceAI:.:String",
        "1\t3\t.\tT\tC,G\t.\t.\tSpliceAI=C|ONE|0.01|0.00|0.00|0.00|-1|2|3|4,C|TWO|0.91|0.00|0.00|0.00|5|6|7|8,\
         G|ONE|0.02|0.00|0.00|0.00|.|.|.|.\n",
    );
    let built = by_recipe("spliceai", &text);
    let columns = ["SpliceAI_pred_SYMBOL", "SpliceAI_pred_DS_AG", "SpliceAI_pred_DP_AG"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["ONE|0.01|-1", "TWO|0.91|5"]);
    assert_eq!(rows(&built, 0, (3, "T", "G"), &columns), ["ONE|0.02|"]);
}

/// SpliceAI scores no allele such as `*` or a long one, so that a record can have an entry for one ALT only.
#[test]
fn the_only_entry_of_a_record_is_that_of_the_allele_it_names() {
    let text = vcf(
        "SpliceAI:.:String",
        "1\t3\t.\tT\tC,G\t.\t.\tSpliceAI=C|ONE|0.91|0.00|0.00|0.00|-1|2|3|4\n",
    );
    let built = by_recipe("spliceai", &text);
    let columns = ["SpliceAI_pred_SYMBOL", "SpliceAI_pred_DS_AG"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["ONE|0.91"]);
    assert_eq!(rows(&built, 0, (3, "T", "G"), &columns), ["|"]);
}

/// The file has each insertion and deletion with the base before it. Callers write alleles with other bases around them, and
/// records with several ALTs must.
#[test]
fn scores_of_spliceai_are_found_in_whatever_form_an_allele_is_written() {
    let entry =
        |alt: &str, score: &str| format!("SpliceAI={alt}|ONE|{score}|0.00|0.00|0.00|1|2|3|4");
    // GATTCACACAGGGTTTTTAC...
    let lines = [
        ("2\t.\tA\tG", "G", "0.11"),
        ("4\t.\tTCA\tT", "T", "0.22"),
        ("6\t.\tACA\tA", "A", "0.33"),
        ("11\t.\tGG\tAG", "AG", "0.44"),
        ("13\t.\tG\tGT", "GT", "0.55"),
        ("19\t.\tACG\tTTG", "TTG", "0.66"),
    ];
    let text: String = lines
        .iter()
        .map(|(allele, alt, score)| format!("1\t{allele}\t.\t.\t{}\n", entry(alt, score)))
        .collect();
    let built = by_recipe("spliceai", &vcf("SpliceAI:.:String", &text));
    let score = |position, reference, alt| {
        let columns = ["SpliceAI_pred_SYMBOL", "SpliceAI_pred_DS_AG"];
        rows(&built, 0, (position, reference, alt), &columns).join(",")
    };
    for (allele, expected) in [
        ((2, "A", "G"), "ONE|0.11"),
        ((2, "AT", "GT"), "ONE|0.11"),
        ((1, "GAT", "GGT"), "ONE|0.11"),
        ((2, "a", "g"), "ONE|0.11"),
        // Deletions of CA: at the place in the record, however many bases are around it.
        ((4, "TCA", "T"), "ONE|0.22"),
        ((3, "TTCA", "TT"), "ONE|0.22"),
        ((6, "ACA", "A"), "ONE|0.33"),
        ((5, "CACA", "CA"), "ONE|0.33"),
        // There is no row one base further, but the allele is the same as the leftmost one.
        ((5, "CAC", "C"), "ONE|0.22"),
        ((8, "ACA", "A"), "ONE|0.22"),
        ((8, "ACAG", "AG"), "ONE|0.22"),
        // The file has a base too many behind the allele.
        ((11, "G", "A"), "ONE|0.44"),
        ((10, "AG", "AA"), "ONE|0.44"),
        ((18, "T", "TT"), "ONE|0.55"),
        ((19, "A", "TA"), "ONE|0.55"),
        ((19, "AC", "TT"), "ONE|0.66"),
        ((19, "ACG", "TTG"), "ONE|0.66"),
        // Other alleles.
        ((2, "A", "C"), ""),
        ((4, "TC", "T"), ""),
        ((13, "G", "GTT"), ""),
        ((19, "A", "T"), ""),
    ] {
        assert_eq!(score(allele.0, allele.1, allele.2), expected, "{allele:?}");
    }
}

/// Files of earlier versions have the alleles with all their bases.
#[test]
fn alleles_of_earlier_files_are_found_as_they_were_written() {
    let recipe = Recipe::named("spliceai").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.source");
    let mut description = recipe.description();
    description.columns.truncate(1);
    let mut builder = SourceBuilder::create(&path, description).unwrap();
    builder.contig(Contig { name: "1".into(), ..Contig::default() }).unwrap();
    for (position, reference, alt, value) in
        [(4, "TCA", "T", "deletion"), (11, "GG", "AG", "padded"), (13, "G", "GT", "insertion")]
    {
        let key = Key::Allele { position, reference: reference.as_bytes(), alt: alt.as_bytes() };
        builder.push(&Row { key, values: &[Value::Text(value.as_bytes())] }).unwrap();
    }
    builder.finish().unwrap();
    let file = SourceFile::open(&path).unwrap();
    for (position, reference, alt, expected) in [
        (4, "TCA", "T", Some("deletion")),
        (8, "ACAG", "AG", Some("deletion")),
        (11, "GG", "AG", Some("padded")),
        (19, "A", "TA", Some("insertion")),
        (13, "G", "GA", None),
    ] {
        let mut found = None;
        let record =
            RecordAllele { position, reference: reference.as_bytes(), alt: alt.as_bytes() };
        let add = |row: StoredRow<'_>| {
            let mut text = Vec::new();
            row.write(0, &mut text).unwrap();
            assert_eq!(found.replace(String::from_utf8(text).unwrap()), None);
        };
        Matcher::new(&file).rows(0, &SmallGenome, record, add).unwrap();
        assert_eq!(found.as_deref(), expected, "{position}{reference}>{alt}");
    }
}

#[test]
fn cadd_and_revel_have_comments_and_rows_of_other_assemblies() {
    let text = "## CADD GRCh38-v1.7 (c) University of Washington 2013-2023.\n\
        #Chrom\tPos\tRef\tAlt\tRawScore\tPHRED\n1\t3\tT\tC\t0.702541\t8.478\n";
    let built = by_recipe("cadd", text);
    let columns = ["CADD_PHRED", "CADD_RAW"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["8.478|0.702541"]);
    let text = "chr,hg19_pos,grch38_pos,ref,alt,aaref,aaalt,REVEL,Ensembl_transcriptid\n\
        1,99,.,G,A,T,M,0.1,ENST1\n1,100,3,T,C,T,M,0.027,ENST1;ENST2\n";
    let built = by_recipe("revel", text);
    let columns = ["REVEL", "REVEL_transcripts"];
    assert_eq!(rows(&built, 0, (3, "T", "C"), &columns), ["0.027|ENST1;ENST2"]);
    assert_eq!(built.summary.no_position, 1);
}

#[test]
fn a_score_of_revel_is_that_of_the_transcripts_it_names() {
    let text = "chr,hg19_pos,grch38_pos,ref,alt,aaref,aaalt,REVEL,Ensembl_transcriptid\n\
        1,100,3,T,C,T,M,0.027,ENST00000000001;ENST00000000002\n1,100,3,T,C,R,Q,0.9,ENST00000000003\n";
    let built = by_recipe("revel", text);
    let scores = |transcript: &str| {
        let mut scores = Vec::new();
        let record = RecordAllele { position: 3, reference: b"T", alt: b"C" };
        let found = |row: StoredRow<'_>| {
            if row.is_of_transcript(transcript.as_bytes()).unwrap() {
                scores.push(row.value(1).unwrap().integer());
            }
        };
        Matcher::new(&built.file).rows(0, &SmallGenome, record, found).unwrap();
        scores
    };
    assert_eq!(scores("ENST00000000002.7"), [Some(27)]);
    assert_eq!(scores("ENST00000000003"), [Some(900)]);
    assert!(scores("ENST00000000004").is_empty());
}

#[test]
fn regions_may_be_in_any_order_and_have_attributes() {
    let text = "##gff-version 3\n\
        X\tEnsembl\tenhancer\t1\t9\t.\t.\t.\tID=ENSR3;extended_start=1\n\
        1\tEnsembl\tpromoter\t20\t30\t.\t.\t.\tID=ENSR2;extended_start=18\n\
        1\tEnsembl\tCTCF_binding_site\t2\t6\t.\t.\t.\textended_end=7;ID=ENSR1\n";
    let built = by_recipe("regulatory-features", text);
    let columns = ["REGULATORY", "REGULATORY_TYPE"];
    assert_eq!(rows(&built, 0, (6, "A", "C"), &columns), ["ENSR1|CTCF_binding_site"]);
    assert_eq!(rows(&built, 0, (20, "C", "T"), &columns), ["ENSR2|promoter"]);
    assert!(rows(&built, 0, (7, "C", "T"), &columns).is_empty());
    assert_eq!(rows(&built, 1, (9, "C", "T"), &columns), ["ENSR3|enhancer"]);
}

#[test]
fn segmental_duplications_begin_at_0_in_the_table_of_ucsc() {
    let tail = "0\t+\tchr2\t9\t19\t10\t3\t1000\tN/A\tN/A\tN/A\tN/A\talign\t10\t0\t0\t10\t9\t1\t1\t0\t0.987654\t0.98\t0\t0";
    let text = format!("585\tchr1\t12\t20\tchr2:10\t{tail}\n585\tchr1\t1\t4\tchr3:7\t{tail}\n");
    let built = by_recipe("segmental-duplications", &text);
    let columns = ["SEGDUP", "SEGDUP_identity"];
    assert_eq!(rows(&built, 0, (2, "A", "C"), &columns), ["chr3:7|0.9877"]);
    assert_eq!(rows(&built, 0, (13, "G", "C"), &columns), ["chr2:10|0.9877"]);
    assert!(rows(&built, 0, (12, "G", "C"), &columns).is_empty());
}

/// The texts of the row of a gene.
fn gene(built: &Built, key: &str) -> Option<String> {
    let mut cursor = built.file.cursor();
    let row = cursor.gene(key.as_bytes()).unwrap()?;
    let values = (0..built.file.description().columns.len()).map(|column| {
        let mut out = Vec::new();
        row.write(column, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    Some(values.collect::<Vec<_>>().join("|"))
}

#[test]
fn genes_of_mane_have_no_version_and_one_transcript() {
    let text = "#NCBI_GeneID\tEnsembl_Gene\tHGNC_ID\tsymbol\tname\tRefSeq_nuc\tRefSeq_prot\tEnsembl_nuc\tEnsembl_prot\tMANE_status\n\
        GeneID:1\tENSG00000121410.12\tHGNC:5\tA1BG\tx\tNM_130786.4\tNP_570602.2\tENST00000263100.8\tENSP00000263100.2\tMANE Select\n\
        GeneID:2\tENSG00000121411.1\tHGNC:6\tB\tx\tNM_1.1\tNP_1.1\tENST1.1\tENSP1.1\tMANE Select\n\
        GeneID:2\tENSG00000121411.1\tHGNC:6\tB\tx\tNM_2.1\tNP_2.1\tENST2.1\tENSP2.1\tMANE Plus Clinical\n";
    let built = by_recipe("mane", text);
    let expected = "NM_130786.4|ENST00000263100.8|NP_570602.2";
    assert_eq!(gene(&built, "ENSG00000121410").as_deref(), Some(expected));
    assert_eq!(gene(&built, "ENSG00000121411").as_deref(), Some("NM_1.1|ENST1.1|NP_1.1"));
    assert_eq!(built.summary.rows, 2);
}

#[test]
fn genes_of_omim_join_their_entries() {
    let text = "# Copyright (c) 1966-2026 Johns Hopkins University\n# Generated: 2026-11-01\n\
        # Chromosome\tGenomic Position Start\tMIM Number\tEnsembl Gene ID\tPhenotypes\n\
        chr1\t1\t100\tENSG1\tA, 1 (3)\nchr1\t2\t200\tENSG1\tB, 2 (3)\nchr1\t3\t300\t\tC\n# end\n";
    let built = by_recipe("omim", text);
    assert_eq!(gene(&built, "ENSG1").as_deref(), Some("100&200|A, 1 (3)&B, 2 (3)"));
    assert_eq!((built.summary.rows, built.summary.no_position), (1, 1));
}

#[test]
fn comments_before_the_header_of_clingen_are_left_out() {
    let text = "#ClinGen Gene Curation List\n#21 Nov,2026\n#Genomic Locations are reported on GRCh38\n\
        #Gene Symbol\tGene ID\tHaploinsufficiency Score\tTriplosensitivity Score\n\
        SOX9\t6662\t3\tNot yet evaluated\n";
    assert_eq!(gene(&by_recipe("clingen-dosage", text), "SOX9").as_deref(), Some("3|"));
}

#[test]
fn scores_of_a_wiggle_file_have_their_positions() {
    let text = "track type=wiggle_0\nfixedStep chrom=chr1 start=3 step=1\n0.064\n-1.5\n\
        fixedStep chrom=chr1 start=10 step=5\n2\n3\nvariableStep chrom=chrX span=2\n4 0.5\n";
    let built = by_recipe("phylop", text);
    let score = |contig, position, base: &str| {
        rows(&built, contig, (position, base, "N"), &["phyloP100"]).join(",")
    };
    assert_eq!((score(0, 3, "T"), score(0, 4, "T")), ("0.064".into(), "-1.5".into()));
    assert_eq!((score(0, 10, "A"), score(0, 15, "T")), ("2".into(), "3".into()));
    assert_eq!((score(0, 5, "C"), score(0, 11, "G")), (String::new(), String::new()));
    assert_eq!((score(1, 4, "T"), score(1, 5, "C")), ("0.5".into(), "0.5".into()));
    assert_eq!(built.summary.rows, 6);
    let error = |text: &str| {
        let phylop = Recipe::named("phylop").unwrap();
        built_error(&phylop, text.as_bytes())
    };
    assert!(
        error("0.1\n").ends_with("line 1: a value precedes the first fixedStep or variableStep")
    );
    assert!(error("fixedStep chrom=chr1 step=1\n").ends_with("line 1: start is missing"));
    assert!(error("fixedStep chrom=chr1 start=0\n").contains("\"0\" is not a positive number"));
    assert!(error("fixedStep chrom=chr1 start=1\nx\n").contains("line 2: value: \"x\""));
}

fn built_error(recipe: &Recipe, content: &[u8]) -> String {
    built(recipe, content).err().unwrap().to_string()
}

/// A bigWig file (Kent et al. 2010, Bioinformatics 26:2204) with one block of bedGraph items on a contig.
fn big_wig(contig: &str, length: u32, items: &[(u32, u32, f32)], is_compressed: bool) -> Vec<u8> {
    let words = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let (start, end) = (items[0].0, items[items.len() - 1].1);
    let mut tree = words(&[0x78ca_8c91, 1, contig.len() as u32, 8, 1, 0, 0, 0]);
    tree.extend([1, 0, 1, 0]);
    tree.extend(contig.as_bytes());
    tree.extend(words(&[0, length]));
    let mut block = words(&[0, start, end, 0, 0]);
    block.extend([1, 0]);
    block.extend((items.len() as u16).to_le_bytes());
    for (start, end, value) in items {
        block.extend(words(&[*start, *end, value.to_bits()]));
    }
    if is_compressed {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut zlib, &block).unwrap();
        block = zlib.finish().unwrap();
    }
    const HEADER: usize = 64;
    let data = HEADER + tree.len();
    let index = data + 8 + block.len();
    let mut bytes = words(&[0x888f_fc26]);
    bytes.extend([4, 0, 0, 0]);
    for offset in [HEADER, data, index] {
        bytes.extend((offset as u64).to_le_bytes());
    }
    bytes.resize(HEADER, 0);
    bytes[52] = is_compressed.into();
    bytes.extend(tree);
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(&block);
    bytes.extend(words(&[0x2468_ace0, 1, 1, 0, 0, start, 0, end]));
    bytes.extend((index as u64).to_le_bytes());
    bytes.extend(words(&[1, 0]));
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(words(&[0, start, 0, end]));
    bytes.extend((data as u64 + 8).to_le_bytes());
    bytes.extend((block.len() as u64).to_le_bytes());
    bytes
}

#[test]
fn scores_of_a_big_wig_file_are_rounded_to_their_decimals() {
    let items = [(2, 4, 0.064), (9, 10, -1.5)];
    let phylop = Recipe::named("phylop").unwrap();
    let content = big_wig("chr1", BASES.len() as u32, &items, true);
    let compressed = built(&phylop, &content).unwrap();
    let content = big_wig("chr1", BASES.len() as u32, &items, false);
    let plain = built(&phylop, &content).unwrap();
    assert_eq!((plain.summary.rows, &compressed.summary), (3, &plain.summary));
    let score =
        |position, base: &str| rows(&plain, 0, (position, base, "N"), &["phyloP100"]).join(",");
    assert_eq!(
        (score(3, "T"), score(4, "T"), score(10, "A")),
        ("0.064".into(), "0.064".into(), "-1.5".into())
    );
    assert_eq!((score(2, "A"), score(5, "C")), (String::new(), String::new()));
    assert!(rows(&compressed, 0, (10, "A", "N"), &["phyloP100"]) == ["-1.5"]);
    // Wherever the file ends or is damaged, there is an error or another source, and no panic.
    for end in 4..content.len() {
        assert!(built_error(&phylop, &content[..end]).contains("input"), "{end}");
    }
    for at in 0..content.len() {
        let mut damaged = content.clone();
        damaged[at] ^= 0xff;
        let _ = built(&phylop, &damaged);
    }
}
