//! The command, with the demo reference.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ID: &str = "homo_sapiens/GRCh37/demo-1";

struct Catalog(tempfile::TempDir);

impl Catalog {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gas-reference"))
            .arg("--catalog")
            .arg(self.0.path())
            .args(args)
            .output()
            .unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout)
    }

    fn add(&self, id: &str) {
        let (fasta, gff) = (demo("demo.fa.gz"), demo("demo.gff3.gz"));
        let (fasta, gff) = (fasta.to_str().unwrap(), gff.to_str().unwrap());
        self.ok(&["add", "--id", id, "--fasta", fasta, "--gff", gff, "--license", "CC0"]);
    }

    fn objects(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.0.path().join("objects/sha256")).unwrap();
        folder.map(|entry| entry.unwrap().path()).collect()
    }
}

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/reference").join(name)
}

#[test]
fn a_reference_is_added_from_files_shown_verified_retired_and_removed() {
    let catalog = Catalog::new();
    assert_eq!(catalog.ok(&["list"]), "");
    catalog.add(ID);
    let listed = catalog.ok(&["list"]);
    assert!(listed.starts_with(&format!("{ID}\tactive\t")), "{listed}");
    let shown = catalog.ok(&["show", ID]);
    for text in ["Homo sapiens", "demo 1", "20 chr20 NC_000020.10", "demo.fa.gz", "CC0"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert_eq!(catalog.ok(&["verify"]), format!("{ID}\tok\n"));
    assert!(catalog.fails(&["remove", ID]).contains("retire it first"));
    catalog.ok(&["retire", ID]);
    assert!(catalog.ok(&["list"]).contains("\tretired\t"));
    catalog.ok(&["activate", ID]);
    catalog.ok(&["retire", ID]);
    catalog.ok(&["remove", ID]);
    assert_eq!(catalog.objects(), Vec::<PathBuf>::new());
    assert!(catalog.fails(&["show", ID]).contains("there is no reference"));
}

#[test]
fn the_same_files_are_stored_once_and_damage_is_found() {
    let catalog = Catalog::new();
    catalog.add(ID);
    let objects = catalog.objects();
    catalog.add(ID);
    catalog.add("homo_sapiens/GRCh37/demo-2");
    assert_eq!(catalog.objects().len(), objects.len(), "the builds are equal");
    let largest = objects.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    std::fs::remove_file(largest).unwrap();
    let report = catalog.fails(&["verify"]);
    assert!(report.contains("sequence.bin is missing"), "{report}");
}

#[test]
fn files_with_which_nothing_could_be_annotated_are_rejected() {
    let catalog = Catalog::new();
    let folder = tempfile::tempdir().unwrap();
    let fasta = folder.path().join("other.fa");
    std::fs::write(&fasta, ">other\nACGT\n").unwrap();
    let gff = demo("demo.gff3.gz");
    let args =
        ["add", "--id", ID, "--fasta", fasta.to_str().unwrap(), "--gff", gff.to_str().unwrap()];
    let error = catalog.fails(&args);
    assert!(error.contains("no contig of the file has a sequence"), "{error}");
    assert_eq!(catalog.ok(&["list"]), "");
    assert_eq!(std::fs::read_dir(catalog.0.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn one_command_at_a_time_changes_a_catalog() {
    let catalog = Catalog::new();
    catalog.add(ID);
    let lock = std::fs::File::open(catalog.0.path().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(catalog.fails(&["retire", ID]).contains("another gas-reference command"));
    assert!(catalog.ok(&["list"]).contains("active"));
    drop(lock);
    std::fs::write(catalog.0.path().join("tmp/left"), "by a killed command").unwrap();
    catalog.ok(&["retire", ID]);
    assert!(!catalog.0.path().join("tmp/left").exists());
}

#[test]
fn publishing_copies_what_is_missing_to_another_catalog() {
    let (from, to) = (Catalog::new(), Catalog::new());
    from.add(ID);
    from.ok(&["retire", ID]);
    let folder = to.0.path().to_str().unwrap();
    let published = from.run(&["publish", "--to", folder]);
    let text = String::from_utf8_lossy(&published.stderr).into_owned();
    assert!(published.status.success() && text.contains("copied sequence.bin"), "{text}");
    assert_eq!(to.ok(&["list"]), from.ok(&["list"]));
    assert_eq!(to.ok(&["verify"]), format!("{ID}\tok\n"));
    let again = from.run(&["publish", "--to", folder, ID]);
    assert!(!String::from_utf8_lossy(&again.stderr).contains("copied"));
}
