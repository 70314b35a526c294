//! The subcommand `gas-annotate build-reference`.

use clap::Args;
use gas_annotate::Error;
use gas_annotate::reference::{BuildOptions, build_reference};
use gas_shared::exit_code::BAD_INPUT;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `build-reference`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Gene models in GFF3 or GTF, plain or gzip. Repeat for several files.
    #[arg(long, required = true)]
    gff: Vec<PathBuf>,
    /// Sequences in FASTA, plain or gzip. Repeat for several files.
    #[arg(long, required = true)]
    fasta: Vec<PathBuf>,
    /// Known variants, NAME=FILE.vcf[.gz]; use the name `dbsnp` for dbSNP. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    vcf_track: Vec<(String, PathBuf)>,
    /// Regions, NAME=FILE.bed[.gz]. NAME becomes the INFO key. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    bed_track: Vec<(String, PathBuf)>,
    /// Assembly, such as GRCh37.
    #[arg(long)]
    assembly: String,
    /// Folder of the reference.
    #[arg(long)]
    out: PathBuf,
    /// Print what is wrong with a file as a JSON object, for other programs.
    #[arg(long)]
    json_errors: bool,
}

pub(crate) fn run(args: &BuildArgs) -> anyhow::Result<ExitCode> {
    let built = build_reference(&BuildOptions {
        gff: args.gff.clone(),
        fasta: args.fasta.clone(),
        vcf_tracks: args.vcf_track.clone(),
        bed_tracks: args.bed_track.clone(),
        assembly: args.assembly.clone(),
        out: args.out.clone(),
    });
    let manifest = match built {
        Ok(manifest) => manifest,
        Err(error) => match file_problem(args, &error) {
            Some(problem) if args.json_errors => {
                eprintln!("{}", serde_json::json!({ "error": problem, "code": "unusable_file" }));
                return Ok(ExitCode::from(BAD_INPUT));
            }
            _ => return Err(error.into()),
        },
    };
    for note in manifest.notes.iter().take(20) {
        eprintln!("note: {note}");
    }
    for (reason, count) in &manifest.left_out {
        eprintln!("note: {count} left out: {reason}");
    }
    eprintln!(
        "{}: {} contigs, {} genes, {} transcripts",
        manifest.assembly,
        manifest.contigs.len(),
        manifest.genes,
        manifest.transcripts
    );
    Ok(ExitCode::SUCCESS)
}

/// Describes an error of an input file, naming the file without its folder. `None` if the file is not at fault.
fn file_problem(args: &BuildArgs, error: &Error) -> Option<String> {
    let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).display().to_string();
    match error {
        Error::Source { path, line, reason } => {
            Some(format!("{}, line {line}: {reason}", name(path)))
        }
        Error::File { path, source } if args.gff.contains(path) || args.fasta.contains(path) => {
            let is_damaged = matches!(
                source.kind(),
                ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof
            );
            is_damaged.then(|| {
                format!(
                    "{}: the compressed file is damaged or truncated ({source}); upload it again",
                    name(path)
                )
            })
        }
        _ => None,
    }
}

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    Ok((name.to_owned(), file.into()))
}
