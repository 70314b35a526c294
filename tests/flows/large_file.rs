//! A file that is annotated in shards, and what its result must be.

use crate::stack::{Stack, program};
use anyhow::{Context, Result, bail, ensure};
use gas_backend::ports::ObjectStore;
use gas_backend::{Gas, RegionIndex};
use gas_shared::job::{JobState, ObjectLocation};
use gas_shared::{Job, Provenance};
use gas_tests::sample;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Bytes of a file that has several shards in the stack of the tests.
const BYTES: usize = 19 << 20;

/// A sorted VCF text of more than `BYTES`, each of whose records has a long INFO field.
pub(crate) fn large_file() -> Result<String> {
    let text = sample("free.vcf")?;
    let (header, records): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with('#'));
    let of_contig = records.iter().filter(|line| line.starts_with("20\t"));
    let mut sites: Vec<(u64, &str)> = of_contig
        .filter_map(|line| Some((line.split('\t').nth(1)?.parse().ok()?, *line)))
        .collect();
    sites.sort_unstable();
    ensure!(sites.len() > 100, "{} records", sites.len());
    let pad = BYTES / sites.len() / 10;
    let mut vcf = header.join("\n") + "\n";
    let mut bases = any_bases();
    for (_, record) in &sites {
        // Records at one position are as good as others, and ten times as many have ten times as many chunks.
        for copy in 0..10 {
            let pad = bases.by_ref().take(pad + copy).collect::<String>();
            vcf.push_str(&format!("{record};PAD={pad}\n"));
        }
    }
    ensure!(vcf.len() > BYTES, "{} bytes", vcf.len());
    Ok(vcf)
}

/// The same bases on every call, which do not repeat: compressed, the file still has several shards.
fn any_bases() -> impl Iterator<Item = char> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1_u64), next).map(|state| match state >> 62 {
        0 => 'A',
        1 => 'C',
        2 => 'G',
        _ => 'T',
    })
}

async fn bytes(objects: &Arc<dyn ObjectStore>, file: &ObjectLocation) -> Result<Vec<u8>> {
    let found = objects.read_head(file, 1 << 30).await?;
    found.with_context(|| format!("{} is not stored", file.key))
}

/// Asserts that everything that is stored of the job is what the engine writes in one piece.
pub(crate) async fn assert_equals_one_piece(
    stack: &Stack,
    gas: &Gas,
    job: &Job,
    vcf: &[u8],
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("input.vcf"), vcf)?;
    let reference = &stack.web_environment()["GAS_REFERENCE_BUNDLE"];
    let JobState::Completed(done) = &job.state else { bail!("{:?}", job.state) };
    run(Command::new(program("gas-annotate")?)
        .arg("annotate")
        .arg(path("input.vcf"))
        .args(["--reference", reference, "--index=if-bgzipped"])
        .args(done.provenance.iter().flat_map(arguments))
        .arg("--log")
        .arg(path("log"))
        .arg("--out")
        .arg(path("out.vcf.gz")))?;
    run(Command::new(program("gas-index")?).arg(path("out.vcf.gz")).arg(path("idx")))?;
    let (keys, name) = (&gas.object_keys, &job.input.name);
    let tbi = keys.region_index(job.owner, job.id, name, RegionIndex::Tbi);
    for (local, stored) in [
        ("out.vcf.gz", keys.result(job.owner, job.id, name)),
        ("out.vcf.gz.tbi", tbi),
        ("out.vcf.gz.summary.json", keys.summary(job.owner, job.id, name)),
        ("idx", keys.index(job.owner, job.id, name)),
        ("log", keys.log(job.owner, job.id, name)),
    ] {
        let expected = read(&path(local))?;
        let found = bytes(&gas.objects, &stored).await?;
        ensure!(found == expected, "{local}: {} bytes of {}", found.len(), expected.len());
    }
    Ok(())
}

/// The arguments with which the result states its reference.
fn arguments(provenance: &Provenance) -> Vec<String> {
    let mut arguments = vec![
        format!("--reference-id={}", provenance.reference),
        format!("--manifest-sha256={}", provenance.reference_sha256),
    ];
    arguments.extend(provenance.gene_set.iter().map(|set| format!("--gene-set={set}")));
    arguments
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

pub(crate) fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
