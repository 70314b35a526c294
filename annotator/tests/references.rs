//! What `build-reference` rejects, leaves out and reports: sequences, gene models and tracks that do not
//! fit together.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::reference::{BuildOptions, Manifest, build_reference};
use std::path::PathBuf;

const MODELS: &str = "1\tx\tmRNA\t51\t90\t.\t+\t.\tID=t1\n1\tx\texon\t51\t90\t.\t+\t.\tParent=t1\n";

struct Build {
    folder: tempfile::TempDir,
    options: BuildOptions,
}

impl Build {
    /// A reference with the contig `1` of 200 bases, `ACGT` repeated.
    fn new(assembly: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = BuildOptions {
            gff: Vec::new(),
            fasta: Vec::new(),
            vcf_tracks: Vec::new(),
            bed_tracks: Vec::new(),
            assembly: assembly.to_owned(),
            out: folder.path().join("reference"),
        };
        let mut build = Self { folder, options };
        build.options.gff = vec![build.write("models.gff3", MODELS)];
        build.options.fasta = vec![build.write("1.fa", &format!(">1\n{}\n", "ACGT".repeat(50)))];
        build
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The manifest, or the error without the folder of the file.
    fn run(&self) -> Result<Manifest, String> {
        let error = |error: gas_annotate::Error| {
            error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
        };
        build_reference(&self.options).map_err(error)
    }
}

fn with_fasta(assembly: &str, texts: &[&str]) -> Result<Manifest, String> {
    let mut build = Build::new(assembly);
    let paths = texts.iter().enumerate().map(|(n, text)| build.write(&format!("{n}.fasta"), text));
    build.options.fasta = paths.collect();
    build.run()
}

fn with_models(assembly: &str, models: &str) -> Result<Manifest, String> {
    let mut build = Build::new(assembly);
    build.options.gff = vec![build.write("m.gff", models)];
    build.run()
}

fn with_track(assembly: &str, name: &str, is_bed: bool, text: &str) -> Result<Manifest, String> {
    let mut build = Build::new(assembly);
    let track = (name.to_owned(), build.write("track", text));
    if is_bed {
        build.options.bed_tracks.push(track);
    } else {
        build.options.vcf_tracks.push(track);
    }
    build.run()
}

#[test]
fn a_contig_that_is_in_the_sequences_twice_is_rejected_with_both_places() {
    let expected = |name: &str, first: &str| {
        format!("contig {name:?} is already in the reference, as {first}; remove one of them")
    };
    let error = with_fasta("test", &[">1\nACGT\n>2\nAC\n>1 again\nAC\n"]).unwrap_err();
    assert!(error.starts_with("0.fasta, line 5: "), "{error}");
    assert!(
        error.contains(r#"contig "1" is already in the reference, as "1" in line 1 of "#),
        "{error}"
    );
    for (first, second) in
        [("1", "1"), ("1", "chr1"), ("NC_000001.10", "1"), ("MT", "chrM"), ("chrM", "NC_012920.1")]
    {
        let (one, two) = (format!(">{first}\nACGT\n"), format!(">{second}\nACGT\n"));
        let error = with_fasta("test", &[&one, &two]).unwrap_err();
        assert!(error.starts_with("1.fasta, line 1: "), "{error}");
        let text = expected(second, &format!("{first:?} in line 1 of 0.fasta"));
        assert!(error.ends_with(&text), "{error}");
    }
    for (text, reason) in [
        (">1\nAC>GT\n", "'>' in column 3 is not a base; is this a FASTA file?"),
        (">1\nAC\n> \nAC\n", "the sequence has no name after \">\""),
    ] {
        let error = with_fasta("test", &[text]).unwrap_err();
        assert!(error.ends_with(reason), "{error}");
    }
}

#[test]
fn tracks_of_another_assembly_are_rejected() {
    let snvs = |alleles: &str| -> String {
        (0..12).map(|n| format!("1\t{}\t.\t{alleles}\t.\t.\t.\n", 1 + 4 * n)).collect()
    };
    for (text, reason) in [
        (
            "##contig=<ID=chr20,length=64444167>\n".to_owned(),
            "line 1: contig chr20 has 64444167 bases, as in GRCh38, the reference is of hg19",
        ),
        (
            snvs("C\tT"),
            "line 12: 12 of 12 REF alleles differ from the sequence; the file seems to be of another assembly than hg19",
        ),
        (
            "NC_000001.11\t5\t.\tA\tC\t.\t.\t.\n".to_owned(),
            "line 1: no entry is on a contig of the reference; the first one is on \"NC_000001.11\", a chromosome of GRCh38",
        ),
        (
            "1\t900\t.\tA\tC\t.\t.\t.\n".to_owned(),
            "line 1: all entries are beyond the end of their contig; is the file of this assembly?",
        ),
    ] {
        let error = with_track("hg19", "known", false, &text).unwrap_err();
        assert_eq!(error, format!("track, {reason}"));
    }
    for (text, reason) in [
        (
            "track name=x db=hg38\n1\t0\t9\n",
            "line 1: the file is of GRCh38 (hg38), the reference of hg19",
        ),
        (
            "chr7\t0\t9\n",
            "line 1: no entry is on a contig of the reference; the first one is on \"chr7\"",
        ),
        (
            "1\t0\t999\n",
            "line 1: all entries are beyond the end of their contig; is the file of this assembly?",
        ),
        ("1\t9\t5\n", "line 1: 9 to 5 is not a region"),
    ] {
        let error = with_track("hg19", "regions", true, text).unwrap_err();
        assert_eq!(error, format!("track, {reason}"));
    }
    let text =
        snvs("A\tT") + "7\t5\t.\tA\tC\t.\t.\t.\n1\t6\t.\tA\tC\t.\t.\t.\n1\t201\t.\tA\tC\t.\t.\t.\n";
    let text = text + &snvs("A\tG");
    let manifest = with_track("hg19", "known", false, &text).unwrap();
    assert_eq!(manifest.tracks[0].records, 24);
    assert_eq!(
        manifest.notes,
        [
            "track known: 1 entries on contigs without sequence, such as \"7\" are left out",
            "track known: 1 entries beyond the end of their contig are left out",
            "track known: 1 entries with a REF that differs from the sequence are left out",
        ]
    );
    let text = format!("##contig=<ID=chr1,length=300>\n{}", snvs("A\tT"));
    let manifest = with_track("test", "known", false, &text).unwrap();
    let expected = "track known: contig chr1 has 300 bases in the file, 200 in the sequence";
    assert_eq!(manifest.notes, [expected]);
    let manifest = with_track("hg19", "regions", true, "1\t0\t9\n1\t0\t999\n").unwrap();
    assert_eq!(
        manifest.notes,
        ["track regions: 1 entries beyond the end of their contig are left out"]
    );
}

#[test]
fn a_track_does_not_write_an_info_key_with_another_meaning() {
    for (name, reason) in [
        ("CSQ", "the track name CSQ is an INFO key that annotation writes; choose another name"),
        (
            "GAS_NOTE",
            "the track name GAS_NOTE is an INFO key that annotation writes; choose another name",
        ),
        ("END", "the track name END is an INFO key that VCF defines; choose another name"),
        ("2x", "the track name 2x is not a valid INFO key; start it with a letter"),
        ("a-b", "\"a-b\" is not a track name; use letters, digits and \"_\""),
    ] {
        let error = with_track("test", name, true, "1\t0\t9\n").unwrap_err();
        assert!(error.ends_with(reason), "{error}");
    }
    // These write no INFO key.
    assert!(with_track("test", "END", false, "1\t5\t.\tA\tC\t.\t.\t.\n").is_ok());
    let mut build = Build::new("test");
    let bed = build.write("r.bed", "1\t0\t9\n");
    build.options.bed_tracks = vec![("a".to_owned(), bed.clone()), ("a".to_owned(), bed)];
    assert!(build.run().unwrap_err().ends_with("there are two tracks of the name a"));
}

#[test]
fn gene_models_and_sequences_of_another_assembly_are_rejected() {
    for (head, reason) in [
        (
            "#!genome-build GRCh38.p14",
            "the file is of GRCh38 (GRCh38.p14), the reference is of hg19",
        ),
        (
            "##genome-build NCBI GRCh38",
            "the file is of GRCh38 (NCBI GRCh38), the reference is of hg19",
        ),
        (
            "#!genome-build-accession NCBI_Assembly:GCF_000001405.40",
            "the file is of GRCh38 (NCBI_Assembly:GCF_000001405.40), the reference is of hg19",
        ),
        (
            "##description: evidence-based annotation of the human genome (GRCh38), version 44",
            "the file is of GRCh38 (evidence-based annotation of the human genome (GRCh38), version 44), \
             the reference is of hg19",
        ),
        (
            "##sequence-region NC_000020.11 1 64444167",
            "contig NC_000020.11 has 64444167 bases, as in GRCh38, the reference is of hg19",
        ),
        (
            "##sequence-region chr20 1 64444167",
            "contig chr20 has 64444167 bases, as in GRCh38, the reference is of hg19",
        ),
    ] {
        let error = with_models("hg19", &format!("##gff-version 3\n{head}\n{MODELS}")).unwrap_err();
        assert_eq!(error, format!("m.gff, line 2: {reason}"));
        assert!(with_models("test", &format!("##gff-version 3\n{head}\n{MODELS}")).is_ok());
    }
    for (head, note) in [
        ("#!genome-build GRCh37.p13", None),
        ("##sequence-region 1 1 200", None),
        ("##sequence-region 1 1 249250621", None),
        (
            "##description: evidence-based annotation of the human genome (GRCh38), version 49 (Ensembl \
             115), mapped to GRCh37 with gencode-backmap",
            None,
        ),
        (
            "#description: annotation of the human genome, version 31, mapped to GRCh37 with x\n\
             ##sequence-region chr20 1 64444167",
            Some("contig chr20 has 64444167 bases, as in GRCh38, the reference is of hg19"),
        ),
        ("##sequence-region 20 5 64444167", None),
        ("##sequence-region NC_000020.10 1 63025520", None),
        (
            "##sequence-region 1 1 300",
            Some("contig 1 has 300 bases in the file, 200 in the sequence"),
        ),
    ] {
        let manifest = with_models("hg19", &format!("{head}\n{MODELS}")).unwrap();
        assert_eq!(manifest.notes, Vec::from_iter(note.map(str::to_owned)), "{head}");
    }
    let error = with_models("hg19", &MODELS.replace("1\tx", "NC_000001.11\tx")).unwrap_err();
    let reason = "no contig of the file has a sequence (transcript t1 on NC_000001.11: no sequence for the contig)";
    assert!(error.ends_with(reason), "{error}");
}

#[test]
fn a_track_without_entries_is_noted() {
    for (is_bed, text) in [(true, "# no regions\n"), (false, "##fileformat=VCFv4.2\n")] {
        let manifest = with_track("test", "mine", is_bed, text).unwrap();
        assert_eq!(manifest.notes, ["track mine: the file has no entries"]);
    }
}
