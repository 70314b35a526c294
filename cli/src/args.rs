//! The command line.

use crate::wire::Status;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

/// What the exit codes mean; see [`crate::error::CliError::exit_code`].
const EXIT_CODES: &str = "\
The token is read from the environment variable GAS_TOKEN or from --token-file; make one on the
account page. It is never an argument, since arguments are seen by other users of a machine.

Exit codes:
  0  done
  1  GAS or the network failed
  2  the command line cannot be used, or files would be overwritten
  3  the token is missing, not valid, or does not allow this
  4  a file cannot be annotated: it is no VCF file, or larger than the plan allows
  5  a job failed or was cancelled
  6  there is no such job
  7  the job's state does not allow this: one that is over cannot be stopped, one without a result
     that is available now cannot be downloaded";

/// Submit VCF files to GAS, follow their annotation, download results.
#[derive(Debug, Parser)]
#[command(name = "gas-cli", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// Where GAS is, such as https://gas.example.org
    #[arg(long, env = "GAS_URL", global = true)]
    pub url: Option<String>,
    /// A file with the token and nothing else.
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Submit VCF files.
    Annotate(AnnotateOptions),
    /// List your jobs, newest first.
    Jobs {
        /// Only jobs in this state.
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// How many at most.
        #[arg(long, default_value_t = 25)]
        limit: usize,
    },
    /// Show a job.
    Status {
        /// The job.
        id: Uuid,
    },
    /// Stop a job that is not over.
    Cancel {
        /// The job.
        id: Uuid,
    },
    /// Delete a job with its files, archived ones too. This cannot be undone.
    Delete {
        /// The job.
        id: Uuid,
    },
    /// Download the annotated file and the log of a job.
    Download {
        /// The job.
        id: Uuid,
        /// Where to put them.
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
        /// Replace files that are there.
        #[arg(long)]
        force: bool,
    },
    /// Print the log of a job.
    Log {
        /// The job.
        id: Uuid,
    },
    /// Show whose token it is.
    Account,
}

/// How to submit.
#[derive(Args, Debug)]
pub struct AnnotateOptions {
    /// The files: .vcf, .vcf.gz or .vcf.bgz
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Wait until all jobs are over.
    #[arg(long)]
    pub wait: bool,
    /// Wait, and put annotated files and logs there.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long, requires = "output")]
    pub force: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound_and_takes_no_token() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["gas-cli", "--token", "gas_x", "account"]).is_err());
        assert!(Cli::try_parse_from(["gas-cli", "annotate"]).is_err(), "a file is needed");
    }
}
