//! `gas-source`, with the sources of the demo and files of an operator's own.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../annotator/tests/common/mod.rs"]
mod common;

use common::{REFERENCE, REFERENCE_FOLDER};
use gas_annotate::pipeline::{Options, annotate_file};
use gas_annotate::{SourcePath, SourceSet};
use gas_sources::{Matcher, RecordAllele, SourceFile, StoredRow};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets").join(name)
}

struct Catalog(TempDir);

impl Catalog {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gas-source"))
            .arg("--catalog")
            .arg(self.0.path())
            .args(args)
            .env_remove("GAS_REFERENCE_FOLDER")
            .output()
            .unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    }

    fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Adds a source of the demo.
    fn add_demo(&self, name: &str) -> String {
        let description = asset(&format!("sources/{name}.toml"));
        let file = asset(&format!("sources/{name}.vcf.gz"));
        let reference = REFERENCE_FOLDER.to_str().unwrap();
        let (description, file) = (description.to_str().unwrap(), file.to_str().unwrap());
        let args = ["--description", description, "--file", file, "--reference-bundle", reference];
        self.ok(&[&["add"], &args[..]].concat())
    }

    /// The only source of the catalog.
    fn source(&self) -> SourceFile {
        let folder = std::fs::read_dir(self.0.path().join("objects/sha256")).unwrap();
        let objects: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(objects.len(), 1);
        SourceFile::open(&objects[0]).unwrap()
    }
}

fn path(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_sources_of_the_demo_are_of_its_reference_and_managed_as_references() {
    let catalog = Catalog::new();
    assert!(catalog.ok(&["list"]).contains("the catalog is empty"));
    let added = catalog.add_demo("clinvar");
    assert!(added.contains("license: Public domain") && !added.contains("left out"), "{added}");
    const ID: &str = "clinvar/GRCh37/2020-04-demo";
    assert!(catalog.ok(&["list"]).starts_with(&format!("{ID}\tactive\t")));
    let shown = catalog.ok(&["show", ID]);
    for text in
        ["ClinVar 2020-04-demo", "535", "CLIN_SIG (Category)", "clinvar.vcf.gz", "mtoolnote"]
    {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let source = catalog.source();
    source.verify().unwrap();
    // The MELAS variant, m.3243A>G.
    let contig = source.contigs().position(|contig| contig.name == "MT").unwrap();
    let bases = REFERENCE.contig(b"MT").unwrap().sequence;
    let mut text = Vec::new();
    let allele = RecordAllele { position: 3243, reference: b"A", alt: b"G" };
    let written = |row: StoredRow<'_>| row.write(1, &mut text).unwrap();
    Matcher::new(&source).rows(contig, &bases, allele, written).unwrap();
    assert_eq!(text, b"Pathogenic");

    assert_eq!(catalog.ok(&["verify"]), format!("{ID}\tok\n"));
    let other = Catalog::new();
    catalog.ok(&["publish", "--to", other.0.path().to_str().unwrap()]);
    assert_eq!(other.ok(&["list"]), catalog.ok(&["list"]));
    assert!(catalog.fails(&["remove", ID]).contains("retire it first"));
    catalog.ok(&["retire", ID]);
    assert!(catalog.ok(&["list"]).contains("\tretired\t"));
    catalog.ok(&["remove", ID]);
    assert!(catalog.fails(&["show", ID]).contains("there is no source"));
}

#[test]
fn all_rows_of_the_other_sources_of_the_demo_fit_its_reference() {
    for (name, rows) in [("1000-genomes-eur", 24_990), ("dbsnp", 26_750)] {
        let catalog = Catalog::new();
        let added = catalog.add_demo(name);
        assert!(!added.contains("left out"), "{added}");
        assert!(added.contains(&format!("rows        {rows}\n")), "{added}");
    }
}

/// The paths of all source files of a catalog.
fn source_paths(catalog: &Catalog) -> Vec<SourcePath> {
    let folder = std::fs::read_dir(catalog.0.path().join("objects/sha256")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    paths.map(|path| SourcePath { path, id: None, sha256: None }).collect()
}

#[test]
fn the_samples_are_annotated_with_the_frequencies_and_identifiers_of_the_demo() {
    let catalog = Catalog::new();
    for name in ["1000-genomes-eur", "dbsnp", "clinvar"] {
        catalog.add_demo(name);
    }
    let sources = SourceSet::open(&source_paths(&catalog), &REFERENCE).unwrap();
    let options = Options { sources, ..Options::default() };
    let annotated = |sample: &str| {
        let output = catalog.0.path().join("out.vcf");
        let (input, never) = (asset(&format!("samples/{sample}")), AtomicBool::new(false));
        annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {}).unwrap();
        std::fs::read_to_string(output).unwrap()
    };
    // The values of fields of CSQ in the first entry of a position.
    let values = |result: &str, position: &str, fields: &[&str]| {
        let (_, format) = result.split_once("Format: ").unwrap();
        let names: Vec<&str> = format.split_once('"').unwrap().0.split('|').collect();
        let mut lines = result.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let line = lines.find(|line| line.get(1) == Some(&position)).unwrap();
        let entry = line[7].split_once("CSQ=").unwrap().1.split([',', ';']).next().unwrap();
        let entry: Vec<&str> = entry.split('|').collect();
        let value = |field: &&str| entry[names.iter().position(|name| name == field).unwrap()];
        fields.iter().map(value).collect::<Vec<_>>().join(" ")
    };
    let result = annotated("free.vcf");
    assert_eq!(
        values(&result, "1000226", &["Existing_variation", "EUR_AC", "EUR_AN"]),
        "rs376678365 2 1006"
    );
    assert_eq!(values(&result, "1000226", &["EUR_AF"])[..8], *"0.001988");
    let result = annotated("mitochondrial.vcf");
    let fields = ["Existing_variation", "CLIN_SIG", "ClinVar_ALLELEID"];
    assert_eq!(values(&result, "3243", &fields).to_lowercase(), "rs199474657 pathogenic 24628");
    assert!(result.contains("##GAS_SOURCE_COLUMN=<ID=CLIN_SIG,Source=\"ClinVar 2020-04-demo\""));
}

#[test]
fn a_license_without_commercial_use_needs_the_operators_consent_and_files_are_theirs() {
    let catalog = Catalog::new();
    let refused = catalog.fails(&["add", "revel"]);
    assert!(refused.contains("Free for non-commercial use"), "{refused}");
    assert!(refused.contains("use --accept-license"), "{refused}");
    let absent = catalog.fails(&["add", "revel", "--accept-licence"]);
    assert!(absent.contains("name it with --file"), "{absent}");
    assert!(catalog.ok(&["recipes"]).contains("phylop\tphyloP 100 vertebrates hg38\tGRCh38"));
    assert!(catalog.fails(&["add", "nothing"]).contains("there is no recipe \"nothing\""));
}

const OWN: &str = "id = \"cohort\"\ncommercial_use = true\n[source]\nname = \"Our cohort\"\nversion = \"1\"\n\
     assembly = \"GRCh37\"\nlicense = \"ours\"\nattribution = \"us\"\nmatching = \"minimized\"\n[input]\nformat = \"table\"\n\
     header = true\ncontig = \"chrom\"\nposition = \"pos\"\nreference = \"ref\"\nalt = \"alt\"\n[[columns]]\nname = \"OUR_AC\"\n\
     type = \"integer\"\nfield = \"count\"\n";

#[test]
fn a_table_of_the_operators_own_becomes_a_source_by_its_description() {
    let (catalog, folder) = (Catalog::new(), tempfile::tempdir().unwrap());
    let description = path(&folder, "own.toml", OWN);
    let file = path(&folder, "own.tsv", "chrom\tpos\tref\talt\tcount\nchrM\t73\tA\tG\t5\n");
    let reference = REFERENCE_FOLDER.to_str().unwrap();
    let add = |description: &str, file: &str| {
        ["add", "--description", description, "--file", file, "--reference-bundle", reference]
            .map(str::to_owned)
    };
    let args = add(&description, &file);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(catalog.ok(&args).contains("added cohort/GRCh37/1"));
    // The same id with another content.
    let other = path(&folder, "other.tsv", "chrom\tpos\tref\talt\tcount\nchrM\t73\tA\tG\t6\n");
    let again = add(&description, &other);
    let mut again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert!(catalog.fails(&again).contains("--replace"));
    again.push("--replace");
    catalog.ok(&again);
    let absent = path(&folder, "absent.tsv", "chrom\tpos\tref\talt\tcount\nchr5\t73\tA\tG\t5\n");
    let absent = add(&description, &absent);
    let absent: Vec<&str> = absent.iter().map(String::as_str).collect();
    let error = catalog.fails(&absent);
    assert!(error.contains("the source has no rows"), "{error}");
    let wrong = path(&folder, "wrong.tsv", "chrom\tpos\tref\talt\tcount\nchrM\t73\tA\tG\tmany\n");
    let wrong = add(&description, &wrong);
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let error = catalog.fails(&wrong);
    assert!(error.contains("line 2: count: \"many\" is not an integer"), "{error}");
    let mismatch = catalog.fails(&["add", "--description", &description, "--file", &file]);
    assert!(mismatch.contains("has no reference of GRCh37"), "{mismatch}");
    assert_eq!(std::fs::read_dir(catalog.0.path().join("tmp")).unwrap().count(), 0);
}

/// A server with one file, which it sends in two responses, and its MD5 file; each request is answered in order.
fn server(content: &'static [u8], md5: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let start = head.lines().find_map(|line| {
                line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok()
            });
            let (body, sent) = match (head.contains(".md5 "), start) {
                (true, _) => (md5.as_bytes(), usize::MAX),
                (false, None) => (content, content.len() / 2),
                (false, Some(start)) => (&content[start..], usize::MAX),
            };
            let (status, range) = match start {
                Some(start) => {
                    let (last, total) = (content.len() - 1, content.len());
                    (
                        "206 Partial Content",
                        format!("Content-Range: bytes {start}-{last}/{total}\r\n"),
                    )
                }
                None => ("200 OK", String::new()),
            };
            let length = body.len();
            let headers = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: \"1\"\r\n{range}Connection: close\r\n\r\n"
            );
            // The client may be gone.
            let _ = stream.write_all(headers.as_bytes());
            let _ = stream.write_all(&body[..sent.min(length)]);
        }
    });
    address
}

#[test]
fn a_download_that_breaks_off_continues_and_the_release_is_that_of_the_file() {
    const CONTENT: &[u8] = b"##fileformat=VCFv4.1\n##fileDate=2026-11-21\n##INFO=<ID=AC,Number=A,Type=Integer,Description=\"\">\n\
        #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nMT\t73\t.\tA\tG\t.\t.\tAC=9\n";
    let (catalog, folder) = (Catalog::new(), tempfile::tempdir().unwrap());
    let md5 = {
        use md5::Digest;
        let digest = md5::Md5::digest(CONTENT);
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let description = |address: &str| {
        format!(
            "id = \"weekly\"\ncommercial_use = true\nurls = [\"{address}/weekly.vcf\"]\nmd5_suffix = \".md5\"\n\
             version_line = \"fileDate\"\n[source]\nname = \"Weekly\"\nversion = \"weekly\"\nassembly = \"GRCh37\"\nlicense = \"x\"\n\
             attribution = \"x\"\nmatching = \"minimized\"\n[input]\nformat = \"vcf\"\n[[columns]]\nname = \"A\"\ntype = \"integer\"\n\
             field = \"AC\"\n"
        )
    };
    let address = server(CONTENT, format!("{md5}  /home/clinvar/weekly.vcf\n"));
    let toml = path(&folder, "weekly.toml", &description(&address));
    let reference = REFERENCE_FOLDER.to_str().unwrap();
    let args = ["add", "--description", &toml, "--reference-bundle", reference];
    assert!(catalog.ok(&args).contains("added weekly/GRCh37/2026-11-21"));
    assert!(!catalog.0.path().join("downloads/weekly").exists());

    let lying = server(CONTENT, format!("{}  weekly.vcf\n", "0".repeat(32)));
    let toml = path(&folder, "lying.toml", &description(&lying));
    let other = Catalog::new();
    let error = other.fails(&["add", "--description", &toml, "--reference-bundle", reference]);
    assert!(error.contains("the file was downloaded twice"), "{error}");
    assert!(!other.ok(&["list"]).contains("weekly"));
}
