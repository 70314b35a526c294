//! The demo reference, built once per build of the program. The tests of the engine and of the explorer
//! and the fuzz targets include this file.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

/// The folder of a GRCh37 reference with the first 5 Mb of chromosome 20 and the mitochondrion.
///
/// nextest runs every test in a process of its own, so the folder is in the target folder, where all
/// processes of one build share it. It is named after the program and the time of its build, because
/// the program contains the code that builds references; folders of earlier builds are removed.
pub static REFERENCE_FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = std::env::current_exe().unwrap();
    let built = program.metadata().unwrap().modified().unwrap();
    let built = built.duration_since(UNIX_EPOCH).unwrap().as_nanos();
    // Cargo sets the variable for tests, but not for fuzz targets.
    let target = option_env!("CARGO_TARGET_TMPDIR");
    let target = Path::new(target.unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/target")));
    let builds = target.join("demo-reference").join(program.file_name().unwrap());
    let folder = builds.join(built.to_string());
    if !folder.exists() {
        fs::create_dir_all(&builds).unwrap();
        for entry in fs::read_dir(&builds).unwrap().flatten() {
            let earlier = entry.file_name().to_str().and_then(|name| name.parse::<u128>().ok());
            if earlier.is_some_and(|earlier| earlier < built) {
                // Another process may be removing it.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let temporary = tempfile::tempdir_in(&builds).unwrap();
        build_demo(temporary.path());
        // The rename fails if another process was faster.
        let renamed = fs::rename(temporary.path(), &folder);
        assert!(folder.exists(), "{renamed:?}");
    }
    folder
});

fn build_demo(out: &Path) {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let assets = folders.map(|folder| folder.join("assets/reference")).find(|path| path.is_dir());
    let assets = assets.unwrap();
    build_reference(&BuildOptions {
        gff: vec![assets.join("demo.gff3.gz")],
        fasta: vec![assets.join("demo.fa.gz")],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "GRCh37".to_owned(),
        out: out.to_owned(),
    })
    .unwrap();
}

/// The open reference.
pub static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| Reference::open(&REFERENCE_FOLDER).unwrap());
