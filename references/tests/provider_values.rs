//! Extracts of providers' files, with their columns, contigs and lists, from the recipe to the fields of a result.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::pipeline::{Options, annotate_file};
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use gas_annotate::{SourcePath, SourceSet};
use gas_references::{ReferenceGenome, SourcePlan, build_source_file};
use gas_sources::{BuildSummary, Recipe};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// Chromosome 1 as the reference has it, so far.
const SEQUENCE: &str = "GATTCACACAGGGTTTTTACGTACGTACGTACGTAAGGCCTTACGATCGAATTCCGGATC";

const GFF: &str = "1\tx\tgene\t21\t50\t.\t+\t.\tID=gene:ENSG01;Name=ONE;biotype=lncRNA\n\
    1\tx\tlnc_RNA\t21\t50\t.\t+\t.\tID=transcript:ENST01;Parent=gene:ENSG01;biotype=lncRNA\n\
    1\tx\texon\t21\t50\t.\t+\t.\tParent=transcript:ENST01\n";

/// A reference of an assembly, and sources of it.
struct Sources {
    folder: TempDir,
    reference: Reference,
    paths: Vec<SourcePath>,
}

impl Sources {
    fn of(assembly: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let out = folder.path().join("reference");
        build_reference(&BuildOptions {
            gff: vec![write("models.gff3", GFF)],
            fasta: vec![write("genome.fa", &format!(">1\n{SEQUENCE}\n"))],
            vcf_tracks: Vec::new(),
            bed_tracks: Vec::new(),
            assembly: assembly.to_owned(),
            out: out.clone(),
        })
        .unwrap();
        let reference = Reference::open(&out).unwrap();
        Self { folder, reference, paths: Vec::new() }
    }

    /// Adds a source from the definitions of INFO, each as `KEY:Number:Type`, and the records of a VCF file.
    fn add(&mut self, recipe: &str, definitions: &str, records: &str) -> BuildSummary {
        let mut text = String::from("##fileformat=VCFv4.2\n");
        for definition in definitions.split_whitespace() {
            let [key, number, kind] = definition.split(':').collect::<Vec<_>>()[..] else {
                panic!("{definition}")
            };
            text += &format!("##INFO=<ID={key},Number={number},Type={kind},Description=\"\">\n");
        }
        text += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        text += records;
        let folder = self.folder.path().join(recipe);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("input.vcf");
        std::fs::write(&file, text).unwrap();
        let recipe = Recipe::named(recipe).unwrap();
        let plan = SourcePlan { recipe, files: vec![file], urls: HashMap::new(), threads: 1 };
        let genome = ReferenceGenome::new(&self.reference);
        let (manifest, summary) = build_source_file(&plan, Some(&genome), &folder).unwrap();
        let path = folder.join(gas_shared::source::SOURCE_FILE_NAME);
        let (id, sha256) = (Some(manifest.id), Some(manifest.sha256));
        self.paths.push(SourcePath { path, id, sha256 });
        summary
    }

    /// The values of fields of CSQ of each allele, in the order of the records.
    fn annotate(&self, records: &str, fields: &[&str]) -> Vec<String> {
        let sources = SourceSet::open(&self.paths, &self.reference).unwrap();
        let options = Options { sources, ..Options::default() };
        let file = |name: &str| self.folder.path().join(name);
        let (input, output) = (file("in.vcf"), file("out.vcf"));
        let header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        std::fs::write(&input, format!("{header}{records}")).unwrap();
        let never = AtomicBool::new(false);
        annotate_file(&input, &output, &self.reference, &options, &never, &|_| {}).unwrap();
        fields_of(&output, fields)
    }
}

fn fields_of(result: &Path, fields: &[&str]) -> Vec<String> {
    let text = std::fs::read_to_string(result).unwrap();
    let (_, format) = text.split_once("Format: ").unwrap();
    let names: Vec<&str> = format.split_once('"').unwrap().0.split('|').collect();
    let of_entry = |entry: &str| {
        let values: Vec<&str> = entry.split('|').collect();
        assert_eq!(values.len(), names.len(), "{entry}");
        let value = |field: &&str| values[names.iter().position(|name| name == field).unwrap()];
        fields.iter().map(value).collect::<Vec<_>>().join(" ")
    };
    let records = text.lines().filter(|line| !line.starts_with('#'));
    let csq = records.map(|line| line.split('\t').nth(7).unwrap().split_once("CSQ=").unwrap().1);
    csq.flat_map(|csq| csq.split(',')).map(of_entry).collect()
}

#[test]
fn lists_and_conflicts_of_clinvar_are_fields_without_separators_of_csq() {
    let mut sources = Sources::of("GRCh38");
    let definitions = "AF_ESP:1:Float ALLELEID:1:Integer CLNDISDB:.:String CLNDN:.:String CLNHGVS:.:String \
        CLNREVSTAT:.:String CLNSIG:.:String CLNSIGCONF:.:String CLNSIGINCL:.:String MC:.:String ONC:.:String \
        ORIGIN:.:String RS:.:String SCI:.:String";
    let summary = sources.add(
        "clinvar",
        definitions,
        "1\t3\t1034\tT\tC\t.\t.\tALLELEID=16073;CLNDISDB=MedGen:C0677776,Orphanet:145|MedGen:C3661900;\
         CLNDN=Breast-ovarian_cancer,_familial,_susceptibility_to,_1|not_provided;CLNHGVS=NC_000001.11:g.3T>C;\
         CLNREVSTAT=criteria_provided,_multiple_submitters,_no_conflicts;CLNSIG=Pathogenic|drug_response;RS=80357906\n\
         1\t4\t1035\tT\tC\t.\t.\tALLELEID=16074;CLNREVSTAT=criteria_provided,_conflicting_classifications;\
         CLNSIG=Conflicting_classifications_of_pathogenicity|other;CLNSIGCONF=Likely_pathogenic(1)|Uncertain_significance(3)\n\
         1\t5\t1036\tC\tCAC\t.\t.\tALLELEID=16075;CLNSIG=Likely_benign;CLNREVSTAT=no_assertion_criteria_provided\n\
         1\t7\t1037\tC\t.\t.\t.\tALLELEID=16076;CLNSIG=Benign\n\
         NW_025791756.1\t7\t1038\tC\tA\t.\t.\tALLELEID=16077\n",
    );
    assert_eq!((summary.rows, summary.no_sequence, summary.other_contig), (3, 0, 1));
    // The insertion is written at the other end of the repeat.
    let records =
        "chr1\t3\t.\tT\tC\t.\t.\t.\nchr1\t4\t.\tT\tC,G\t.\t.\t.\n1\t9\t.\tC\tCAC\t.\t.\t.\n";
    let fields = ["ClinVar", "CLIN_SIG", "ClinVar_CLNREVSTAT", "ClinVar_CLNSIGCONF", "ClinVar_RS"];
    assert_eq!(
        sources.annotate(records, &fields),
        [
            "1034 Pathogenic&drug_response criteria_provided&_multiple_submitters&_no_conflicts  80357906",
            "1035 Conflicting_classifications_of_pathogenicity&other \
             criteria_provided&_conflicting_classifications Likely_pathogenic(1)&Uncertain_significance(3) ",
            "    ",
            "1036 Likely_benign no_assertion_criteria_provided  ",
        ]
    );
    assert_eq!(
        sources.annotate("1\t3\t.\tT\tC\t.\t.\t.\n", &["ClinVar_CLNDN"]),
        ["Breast-ovarian_cancer&_familial&_susceptibility_to&_1&not_provided"]
    );
}

/// Definitions of counts of populations.
fn counts(populations: &[&str]) -> String {
    let of_one = |name: &&str| format!("AC_{name}:A:Integer AN_{name}:1:Integer ");
    populations.iter().map(of_one).collect()
}

#[test]
fn frequencies_of_gnomad_are_exact_and_missing_without_genotypes() {
    let mut sources = Sources::of("GRCh38");
    let populations = [
        "afr",
        "ami",
        "amr",
        "asj",
        "eas",
        "fin",
        "mid",
        "nfe",
        "remaining",
        "sas",
        "XY",
        "grpmax",
    ];
    let definitions = counts(&populations)
        + "AC:A:Integer AN:1:Integer AF:A:Float nhomalt:A:Integer grpmax:A:String non_par:0:Flag \
           fafmax_faf95_max:A:Float";
    sources.add(
        "gnomad-genomes",
        &definitions,
        "chr1\t3\trs1\tT\tC\t.\tPASS\tAC=1;AN=149294;AF=6.69819e-06;grpmax=nfe;nhomalt=0;AC_nfe=1;AN_nfe=68034;\
         AC_afr=0;AN_afr=41000;AC_grpmax=1;AN_grpmax=68034;AC_XY=1;AN_XY=73000\n\
         chr1\t3\t.\tT\tG\t.\tAC0\tAC=0;AN=149290;AF=0.00000;nhomalt=0;AC_nfe=0;AN_nfe=68030\n\
         chr1\t4\t.\tT\tC\t.\tAC0;AS_VQSR\tAC=0;AN=0;nhomalt=0;AC_nfe=0;AN_nfe=0\n\
         chr1\t6\t.\tACA\tA\t.\tPASS\tAC=76156;AN=152312;AF=0.500000;nhomalt=19000;AC_afr=41466;AN_afr=41466;AC_ami=.;AN_ami=912\n",
    );
    let fields = [
        "gnomADg_AC",
        "gnomADg_AN",
        "gnomADg_FILTER",
        "gnomADg_AF",
        "gnomADg_AFR_AF",
        "gnomADg_NFE_AF",
        "gnomADg_GRPMAX",
        "gnomADg_GRPMAX_AF",
        "MAX_AF",
        "MAX_AF_POPS",
    ];
    let records =
        "1\t3\t.\tT\tC,G,A\t.\t.\t.\n1\t4\t.\tT\tC\t.\t.\t.\n1\t8\t.\tACAG\tAG\t.\t.\t.\n";
    assert_eq!(
        sources.annotate(records, &fields),
        [
            "1 149294 PASS 6.69819e-06 0 1.46985e-05 nfe 1.46985e-05 1.46985e-05 gnomADg_NFE",
            "0 149290 AC0 0  0   0 ",
            "         ",
            "0 0 AC0&AS_VQSR       ",
            "76156 152312 PASS 0.5 1    1 gnomADg_AFR",
        ]
    );
    let mut grch37 = Sources::of("GRCh37");
    let populations = ["afr", "amr", "asj", "eas", "fin", "nfe", "oth", "sas", "male", "popmax"];
    let definitions = counts(&populations)
        + "AC:A:Integer AN:1:Integer AF:A:Float nhomalt:A:Integer popmax:A:String nonpar:0:Flag faf95:A:Float";
    grch37.add(
        "gnomad-exomes-grch37",
        &definitions,
        "1\t3\trs1\tT\tC\t.\tRF\tAC=2;AN=250000;AF=8.00000e-06;nhomalt=0;popmax=sas;AC_popmax=2;AN_popmax=30616;\
         faf95=1.08e-05;AC_sas=2;AN_sas=30616;AC_male=2;AN_male=135000\n",
    );
    let fields = [
        "gnomADe_AC",
        "gnomADe_FILTER",
        "gnomADe_AF",
        "gnomADe_GRPMAX_AF",
        "gnomADe_FAF95",
        "MAX_AF_POPS",
    ];
    assert_eq!(
        grch37.annotate("chr1\t3\t.\tT\tC\t.\t.\t.\n", &fields),
        ["2 RF 8e-06 6.53253e-05 0.0000108 gnomADe_SAS"]
    );
}

#[test]
fn identifiers_of_dbsnp_are_those_of_the_alleles_of_their_records() {
    let mut sources = Sources::of("GRCh38");
    let summary = sources.add(
        "dbsnp",
        "RS:1:Integer dbSNPBuildID:1:Integer SAO:1:Integer GENEINFO:1:String VC:1:String FREQ:.:String COMMON:0:Flag",
        "NC_000001.11\t3\trs11\tT\tA,C\t.\t.\tRS=11;dbSNPBuildID=157;SAO=0;VC=SNV;GENEINFO=ONE:1;\
         FREQ=1000Genomes:0.75,0.2,0.05|GnomAD_genomes:0.7,.,0.3;COMMON\n\
         NC_000001.11\t3\trs2147483648\tT\tC\t.\t.\tRS=2147483648;VC=SNV;FREQ=TOPMED:1,3.778e-06\n\
         NC_000001.11\t5\trs13\tCACA\tC,CA\t.\t.\tRS=13;VC=INDEL\n\
         NC_000001.10\t3\trs14\tT\tG\t.\t.\tRS=14;VC=SNV\n\
         NT_187361.1\t3\trs15\tT\tG\t.\t.\tRS=15;VC=SNV\n",
    );
    assert_eq!((summary.rows, summary.other_contig), (5, 2));
    let records =
        "1\t3\tmine\tT\tC,A,G\t.\t.\t.\n1\t8\t.\tACA\tA\t.\t.\t.\n1\t5\t.\tCACAC\tCC\t.\t.\t.\n";
    assert_eq!(
        sources.annotate(records, &["Existing_variation", "dbSNP_COMMON"]),
        // The last two are the two alleles of rs13: CA is removed at the end of the repeat, and ACA is what CACAC>CC removes.
        ["rs11&rs2147483648 1&0", "rs11 1", " ", "rs13 0", "rs13 0"]
    );
}
