//! The command line.

use crate::bandwidth::Rate;
use crate::dto::Status;
use crate::job_options::{ChangedOptionArgs, JobOptionArgs};
use clap::{Args, Parser, Subcommand};
use gas_shared::explorer::{ExportFormats, Filter, url};
use gas_shared::job::{Label, OrganizationRequest, ProjectName};
use gas_shared::operations::{Intake, QueueName};
use gas_shared::reference::ReferenceId;
use gas_shared::share_link::ShareTerm;
use std::path::PathBuf;
use uuid::Uuid;

/// What the exit codes mean; see [`crate::error::CliError::exit_code`].
const EXIT_CODES: &str = "\
The token is read from the environment variable GAS_TOKEN or from --token-file; create one on the
account page. It is not an argument because other users of the machine can see arguments.

Exit codes:
  0  success
  1  GAS or the network failed, or a job ended with a status that this version does not know
  2  the command line is not valid, or a file would be overwritten
  3  the token is missing, not valid, or lacks the required scope
  4  a file cannot be annotated: it is not a valid VCF file, or is larger than the plan allows; or no
     reference can be built from the files
  5  a job failed or was cancelled
  6  the job or reference does not exist
  7  the job's status does not allow the command: a finished job cannot be cancelled, and a job
     without an available result cannot be downloaded";

/// Submit VCF files to GAS, follow their annotation, and download the results.
#[derive(Debug, Parser)]
#[command(name = "gas-cli", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// The URL of GAS, such as https://gas.example.org
    #[arg(long, env = "GAS_URL", global = true)]
    pub url: Option<String>,
    /// A file that contains only the token.
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// The highest rate at which files are sent and received, in bytes a second: 500K, 10M, 1G.
    #[arg(long, value_name = "RATE", global = true)]
    pub limit_rate: Option<Rate>,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Submit VCF files.
    Annotate(AnnotateOptions),
    /// List your jobs, newest first.
    Jobs {
        /// List only jobs with this status.
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// List only jobs with this label; repeat it for jobs with all of several.
        #[arg(long, value_name = "LABEL", value_parser = Label::parse)]
        label: Vec<Label>,
        /// List only jobs of this project.
        #[arg(long, value_parser = ProjectName::parse)]
        project: Option<ProjectName>,
        /// The maximum number of jobs.
        #[arg(long, default_value_t = 25)]
        limit: usize,
    },
    /// Show the status of a job.
    Status {
        /// The job's id.
        id: Uuid,
    },
    /// Rename a job, or change its labels, its project or its note. What is not given stays.
    Edit {
        /// The job's id.
        id: Uuid,
        #[command(flatten)]
        changes: EditOptions,
    },
    /// Run a job that has finished again, with the same or other options.
    Rerun {
        /// The job's id.
        id: Uuid,
        /// Wait until the new job has finished.
        #[arg(long)]
        wait: bool,
        /// The options of the new job that differ from those of the old one.
        #[command(flatten)]
        options: ChangedOptionArgs,
    },
    /// Cancel a job that has not finished.
    Cancel {
        /// The job's id.
        id: Uuid,
    },
    /// Delete a job with all its files, including archived ones. This can't be undone.
    Delete {
        /// The job's id.
        id: Uuid,
    },
    /// Download the result and the run log of a job.
    Download {
        /// The job's id.
        id: Uuid,
        /// The folder for the files.
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
        #[command(flatten)]
        downloads: DownloadOptions,
        /// Replace existing files.
        #[arg(long)]
        force: bool,
    },
    /// Export records of the result of a job, in one or more formats.
    Export {
        /// The job's id.
        id: Uuid,
        /// vcf, vcf_gz, vcf_gz_index, tsv, csv, xlsx, json_lines, parquet or maf; several, separated by commas, are saved
        /// as a ZIP archive.
        #[arg(long, value_name = "FORMAT,…")]
        format: ExportFormats,
        /// Which records, as JSON: what the address of the results explorer has after `filter=`.
        #[arg(long, value_name = "JSON", default_value = "", value_parser = read_filter, hide_default_value = true)]
        filter: Box<Filter>,
        /// The folder for the file.
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
        /// Replace an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Print the run log of a job.
    Log {
        /// The job's id.
        id: Uuid,
    },
    /// List the share links to the result of a job, make one, or revoke one.
    Links {
        /// The job's id.
        id: Uuid,
        /// What to do; without it, the links are listed.
        #[command(subcommand)]
        action: Option<LinkAction>,
    },
    /// List the references that files can be annotated with, and manage your own ones.
    References {
        /// What to do; without it, the references are listed.
        #[command(subcommand)]
        action: Option<ReferenceAction>,
    },
    /// List the sources that files can be annotated with.
    Sources,
    /// Show the account that the token belongs to.
    Account,
    /// Run the service, as one of its operators. Prints JSON. The token needs the scope admin.
    Admin {
        /// What to do.
        #[command(subcommand)]
        action: AdminAction,
    },
}

/// What to do with share links.
#[derive(Debug, Subcommand)]
pub enum LinkAction {
    /// Make a link and print its address, which is shown only once. Anyone with it can read the result.
    Add {
        /// The days until it expires: 1, 7, 30 or 90.
        #[arg(long, default_value = "7", value_parser = read_term)]
        days: ShareTerm,
        /// Without exports, files of charts and the genome browser.
        #[arg(long)]
        no_downloads: bool,
    },
    /// Revoke a link.
    Revoke {
        /// The link's id.
        link: Uuid,
    },
}

/// What operators do.
#[derive(Debug, Subcommand)]
pub enum AdminAction {
    /// Show the mode of the service, jobs that have not ended, queues, and runs with their heartbeats.
    State,
    /// Accept and start jobs (open), accept jobs and let them wait (paused), or run the accepted jobs only (draining).
    Intake {
        /// open, paused or draining
        intake: Intake,
    },
    /// Show a text on every page.
    Banner {
        /// The text, in one line; an empty text removes the banner.
        text: String,
    },
    /// Move the dead letters of a queue back to it, after their cause is removed.
    Redrive {
        /// The queue, such as mail
        queue: QueueName,
    },
    /// Search users, at most 50, newest first.
    Users {
        /// A part of the name, email address, institution or id.
        #[arg(default_value = "")]
        search: String,
    },
    /// End the sessions of a user, delete their tokens, and reject their sign-ins.
    Block {
        /// The user's id.
        id: Uuid,
    },
    /// Allow a blocked user to sign in again.
    Unblock {
        /// The user's id.
        id: Uuid,
    },
    /// Give a user Premium without a subscription.
    Grant {
        /// The user's id.
        id: Uuid,
    },
    /// Take back a granted Premium.
    Revoke {
        /// The user's id.
        id: Uuid,
    },
    /// List the audit log, newest first.
    Audit {
        /// Only entries that concern this user.
        #[arg(long)]
        user: Option<Uuid>,
        /// Only entries before this one.
        #[arg(long)]
        before: Option<i64>,
    },
    /// Show the number of users, stored bytes, and the jobs of the last 30 days.
    Statistics,
}

/// Reads the term of a share link.
fn read_term(text: &str) -> Result<ShareTerm, String> {
    let days = text.parse::<u16>().map_err(|error| error.to_string())?;
    ShareTerm::try_from(days).map_err(|error| error.to_string())
}

/// Reads a filter; all records for an empty text.
fn read_filter(text: &str) -> Result<Box<Filter>, serde_json::Error> {
    url::read_filter(text).map(Box::new)
}

/// What to do with references.
#[derive(Debug, Subcommand)]
pub enum ReferenceAction {
    /// List the references, with your own ones and their states.
    List,
    /// Upload a genome with genes of your own, and wait until it is built. Needs the Premium plan.
    Add {
        /// The name, of letters, digits, `.`, `_` and `-`.
        #[arg(long)]
        name: String,
        /// The assembly, such as GRCh38.
        #[arg(long)]
        assembly: String,
        /// Sequences in FASTA, plain, gzip or bgzip.
        #[arg(long, value_name = "FILE")]
        fasta: PathBuf,
        /// Gene models in GFF3 or GTF, plain, gzip or bgzip.
        #[arg(long, value_name = "FILE")]
        gff: PathBuf,
        /// Do not wait until the reference is built.
        #[arg(long)]
        no_wait: bool,
    },
    /// Delete one of your own references. Results that were made with it stay.
    Remove {
        /// The id, such as private/GRCh38/my-genes
        id: ReferenceId,
    },
}

/// What `edit` changes. An empty text removes a value.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct EditOptions {
    /// The title that is shown instead of the file's name, at most 128 characters.
    #[arg(long)]
    pub title: Option<String>,
    /// All labels of the job, separated by commas: at most 10, of at most 32 characters each.
    #[arg(long, value_name = "LABEL,…")]
    pub labels: Option<String>,
    /// The project that the job belongs to, at most 64 characters.
    #[arg(long)]
    pub project: Option<String>,
    /// A note, at most 2,000 characters.
    #[arg(long)]
    pub note: Option<String>,
}

impl From<EditOptions> for OrganizationRequest {
    fn from(options: EditOptions) -> Self {
        let EditOptions { title, labels, project, note } = options;
        let labels = labels.map(|labels| labels.split(',').map(str::to_owned).collect());
        Self { title, labels, project, note }
    }
}

/// Options of `annotate`.
#[derive(Args, Debug)]
pub struct AnnotateOptions {
    /// The VCF or BCF files, or texts with a variant a line: .vcf, .vcf.gz, .vcf.bgz, .bcf or .txt
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Wait until all jobs have finished.
    #[arg(long)]
    pub wait: bool,
    /// Wait, and download results and run logs to this folder.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub downloads: DownloadOptions,
    /// How files are uploaded.
    #[command(flatten)]
    pub upload: UploadOptions,
    /// Replace existing files.
    #[arg(long, requires = "output")]
    pub force: bool,
    /// The options of the jobs.
    #[command(flatten)]
    pub job: JobOptionArgs,
}

/// How files are uploaded. Files of more than 64 MiB are sent in parts, and the same command continues an upload that was
/// interrupted within a day.
#[derive(Args, Clone, Debug)]
pub struct UploadOptions {
    /// The number of parts of a large file that are sent at the same time, 1 to 16.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub parallel_parts: u8,
    /// The folder in which unfinished uploads are remembered, instead of gas-cli in $XDG_STATE_HOME or ~/.local/state
    #[arg(long, value_name = "DIR", env = "GAS_CLI_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// Which files of a job are downloaded, besides the run log.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct DownloadOptions {
    /// Save the result uncompressed, as .annot.vcf
    #[arg(long)]
    pub plain: bool,
    /// Save the index of a compressed result, too: .annot.vcf.gz.tbi or .csi
    #[arg(long, conflicts_with = "plain")]
    pub index: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_valid_and_has_no_token_argument() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["gas-cli", "--token", "gas_x", "account"]).is_err());
        assert!(Cli::try_parse_from(["gas-cli", "annotate"]).is_err(), "a file is required");
        for arguments in [&["references"][..], &["references", "list"]] {
            assert!(Cli::try_parse_from([&["gas-cli"], arguments].concat()).is_ok());
        }
        let links = ["gas-cli", "links", "00000000-0000-4000-8000-000000000000"];
        assert!(Cli::try_parse_from(links).is_ok());
        for arguments in [&["add"][..], &["add", "--days", "90", "--no-downloads"]] {
            assert!(Cli::try_parse_from([&links, arguments].concat()).is_ok());
        }
        assert!(Cli::try_parse_from([&links[..], &["add", "--days", "8"]].concat()).is_err());
        assert!(Cli::try_parse_from(["gas-cli", "references", "remove", "../x"]).is_err());
        let id = "00000000-0000-4000-8000-000000000000";
        let edit = |arguments: &[&str]| {
            Cli::try_parse_from([&["gas-cli", "edit", id], arguments].concat())
        };
        assert!(edit(&["--title", "", "--labels", "a,b"]).is_ok());
        assert!(edit(&[]).is_err(), "a change is required");
        assert!(Cli::try_parse_from(["gas-cli", "jobs", "--label", "a,b"]).is_err());
        let annotate = |option: &str, value: &str| {
            Cli::try_parse_from(["gas-cli", "annotate", "a.vcf", option, value])
        };
        assert!(annotate("--limit-rate", "10M").is_ok() && annotate("--limit-rate", "1").is_err());
        assert!(annotate("--parallel-parts", "16").is_ok());
        assert!(annotate("--parallel-parts", "0").is_err());
        let export = |format: &str, filter: &str| {
            Cli::try_parse_from(["gas-cli", "export", id, "--format", format, "--filter", filter])
        };
        assert!(export("tsv,xlsx", r#"{"impacts":["high"]}"#).is_ok());
        assert!(export("docx", "").is_err() && export("tsv", "high").is_err());
    }
}
