//! The command line.

use crate::bandwidth::Rate;
use crate::dto::Status;
use crate::job_options::{ChangedOptionArgs, JobOptionArgs};
use crate::output::OutputFormat;
use clap::{Args, Parser, Subcommand};
use gas_shared::comparison::DifferenceKind;
use gas_shared::explorer::{ExportFormats, Filter, Sort, SortKey, url};
use gas_shared::job::{Label, Labels, OrganizationError, OrganizationRequest, ProjectName};
use gas_shared::operations::{Intake, QueueName};
use gas_shared::reference::ReferenceId;
use gas_shared::share_link::ShareTerm;
use gas_shared::webhook::WebhookEvent;
use std::fmt;
use std::path::PathBuf;
use uuid::Uuid;

/// What the exit codes mean; see [`crate::error::CliError::exit_code`].
const EXIT_CODES: &str = "\
The token is read from the environment variable GAS_TOKEN or from --token-file; create one on the
account page. It is not an argument because other users of the machine can see arguments.

Results are printed to standard output, and progress, warnings and errors to standard error. With
--json, each result is an object of the REST API in one line; /api/docs of the service describes them.

Examples:
  export GAS_URL=https://gas.example.org GAS_TOKEN=gas_…
  gas-cli annotate *.vcf.gz --output results
  gas-cli jobs --status completed --json
  gas-cli help annotate

Exit codes:
  0  success
  1  GAS or the network failed, or a job ended with a status that this version does not know
  2  the command line is not valid, or a file would be overwritten
  3  the token is missing, not valid, or lacks the required scope
  4  GAS rejects the input: a file is not valid or larger than the plan allows, no reference can be
     built from the files, or a value is not allowed, such as the URL of a webhook
  5  a job failed or was cancelled
  6  what an id or a name stands for does not exist: a job, reference, webhook, link or saved item
  7  the state does not allow the command: a finished job cannot be cancelled, a job without an
     available result cannot be downloaded, the plan does not include it, or a limit of numbers is met";

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
    /// Print JSON: each result as an object of the REST API in one line.
    #[arg(long, global = true)]
    pub json: bool,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The form of what the command prints.
    pub const fn format(&self) -> OutputFormat {
        if self.json { OutputFormat::Json } else { OutputFormat::Text }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Submit VCF files.
    #[command(after_help = "\
Examples:
  gas-cli annotate a.vcf b.vcf.gz --output results --labels exome,urgent --project Hearts
  gas-cli annotate genome.vcf.gz --wait --limit-rate 20M --parallel-parts 8
  gas-cli annotate a.vcf --reference homo_sapiens/GRCh38/ensembl-115 --select pick --no-sources")]
    Annotate(AnnotateOptions),
    /// Submit a file at a URL, such as a presigned URL of S3. GAS copies it itself, so it does not pass through this machine.
    Import(ImportOptions),
    /// List your jobs, newest first.
    #[command(after_help = "\
Examples:
  gas-cli jobs --status failed
  gas-cli jobs --label urgent --project Hearts --limit 1000 --json")]
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
    #[command(after_help = "\
Example:
  gas-cli status 0198c5e2-0000-7000-8000-000000000001 --json")]
    Status {
        /// The job's id.
        id: Uuid,
    },
    /// Wait until jobs have finished, and print each then.
    #[command(after_help = "\
Example:
  gas-cli wait 0198c5e2-0000-7000-8000-000000000001 0198c5e2-0000-7000-8000-000000000002")]
    Wait {
        /// The ids of the jobs.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<Uuid>,
    },
    /// Rename a job, or change its labels, its project or its note. What is not given stays.
    #[command(after_help = "\
Examples:
  gas-cli edit 0198c5e2-0000-7000-8000-000000000001 --title 'Patient 7' --labels exome,urgent
  gas-cli edit 0198c5e2-0000-7000-8000-000000000001 --note ''")]
    Edit {
        /// The job's id.
        id: Uuid,
        #[command(flatten)]
        changes: EditOptions,
    },
    /// Run a job that has finished again, with the same or other options.
    #[command(after_help = "\
Example:
  gas-cli rerun 0198c5e2-0000-7000-8000-000000000001 --layout ann --wait")]
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
    /// Download the result and the run log of a job. The same command continues an interrupted download.
    #[command(after_help = "\
Examples:
  gas-cli download 0198c5e2-0000-7000-8000-000000000001 --output results --index
  gas-cli download 0198c5e2-0000-7000-8000-000000000001 --plain --force")]
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
    #[command(after_help = "\
Examples:
  gas-cli export 0198c5e2-0000-7000-8000-000000000001 --format xlsx,parquet
  gas-cli export 0198c5e2-0000-7000-8000-000000000001 --format tsv --filter '{\"impacts\":[\"high\"]}'
  gas-cli export 0198c5e2-0000-7000-8000-000000000001 --format tsv --saved-filter 'rare and high'")]
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
        /// The name of a saved filter, instead of --filter.
        #[arg(long, value_name = "NAME", conflicts_with = "filter")]
        saved_filter: Option<String>,
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
    /// Compare the results of two jobs: print the counts and the first differences, or save the differences.
    #[command(after_help = "\
Prints the number of records of each result and of each kind of difference, then the first 200
differences: the record, and its consequence, impact and gene in both results.

Examples:
  gas-cli compare 0198c5e2-0000-7000-8000-000000000001 0198c5e2-0000-7000-8000-000000000002
  gas-cli compare 0198c5e2-0000-7000-8000-000000000001 0198c5e2-0000-7000-8000-000000000002 --kind impact
  gas-cli compare 0198c5e2-0000-7000-8000-000000000001 0198c5e2-0000-7000-8000-000000000002 --output results")]
    Compare {
        /// The id of the first job.
        first: Uuid,
        /// The id of the second job.
        second: Uuid,
        /// Print or save only differences of this kind: only_first, only_second, consequence or impact.
        #[arg(long)]
        kind: Option<DifferenceKind>,
        /// Save the differences as a table (TSV) in this folder instead, without a limit on their number.
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// Replace an existing file.
        #[arg(long, requires = "output")]
        force: bool,
    },
    /// List the share links to the result of a job, make one, or revoke one.
    #[command(after_help = "\
Examples:
  gas-cli links 0198c5e2-0000-7000-8000-000000000001 add --days 30 --no-downloads
  gas-cli links 0198c5e2-0000-7000-8000-000000000001
  gas-cli links 0198c5e2-0000-7000-8000-000000000001 revoke 0198c5e2-0000-7000-8000-000000000002")]
    Links {
        /// The job's id.
        id: Uuid,
        /// What to do; without it, the links are listed.
        #[command(subcommand)]
        action: Option<LinkAction>,
    },
    /// List the webhooks, which GAS calls when something happens to your jobs, or change them.
    #[command(after_help = "\
Examples:
  gas-cli webhooks add https://lab.example.org/gas --events job.completed,job.failed
  gas-cli webhooks test 0198c5e2-0000-7000-8000-000000000001
  gas-cli webhooks deliveries 0198c5e2-0000-7000-8000-000000000001")]
    Webhooks {
        /// What to do; without it, the webhooks are listed.
        #[command(subcommand)]
        action: Option<WebhookAction>,
    },
    /// List the filters that you have saved for the results explorer, or change them.
    #[command(after_help = "\
Examples:
  gas-cli filters save 'rare and high' --filter '{\"impacts\":[\"high\"]}' --sort -impact
  gas-cli filters --json
  gas-cli filters remove 0198c5e2-0000-7000-8000-000000000001")]
    Filters {
        /// What to do; without it, the filters are listed.
        #[command(subcommand)]
        action: Option<FilterAction>,
    },
    /// List your gene panels for the results explorer, or change them.
    #[command(after_help = "\
Examples:
  gas-cli panels save epilepsy SCN1A KCNQ2
  gas-cli panels save hearts --file genes.txt
  gas-cli panels rename 0198c5e2-0000-7000-8000-000000000001 cardiomyopathy")]
    Panels {
        /// What to do; without it, the gene panels are listed.
        #[command(subcommand)]
        action: Option<PanelAction>,
    },
    /// List the references that files can be annotated with, and manage your own ones.
    #[command(after_help = "\
Examples:
  gas-cli references
  gas-cli references add --name mine --assembly GRCh38 --fasta a.fa.gz --gff a.gff3.gz
  gas-cli references show private/GRCh38/mine")]
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
    #[command(after_help = "\
Examples:
  gas-cli admin state
  gas-cli admin banner 'Maintenance from 18:00 UTC'
  gas-cli admin users ada --json")]
    Admin {
        /// What to do.
        #[command(subcommand)]
        action: AdminAction,
    },
}

/// What to do with share links.
#[derive(Debug, Subcommand)]
pub enum LinkAction {
    /// List the links, newest first.
    List,
    /// Create a link and print its address, which is shown only once. Anyone with it can read the result.
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
    /// End the sessions of a user, delete their tokens, share links and copies from URLs, and reject their sign-ins.
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

/// Reads labels.
fn read_labels(text: &str) -> Result<Labels, OrganizationError> {
    Labels::parse(text.split(','))
}

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum WebhookAction {
    /// List the webhooks.
    List,
    /// Create a webhook, and print its id and its secret, which is shown only once.
    Add {
        /// The URL to call, such as https://lab.example.org/gas
        #[arg(value_name = "URL")]
        webhook_url: String,
        /// What to report, separated by commas: job.completed, job.failed, job.archived or job.restored.
        #[arg(
            long,
            value_name = "EVENT,…",
            value_delimiter = ',',
            default_value = "job.completed,job.failed"
        )]
        events: Vec<WebhookEvent>,
    },
    /// List the newest messages to a webhook, with the outcome of each.
    Deliveries {
        /// The webhook's id.
        id: Uuid,
    },
    /// Send a test message. `deliveries` lists its outcome a few seconds later.
    Test {
        /// The webhook's id.
        id: Uuid,
    },
    /// Enable a webhook that was disabled because it failed for too long.
    Enable {
        /// The webhook's id.
        id: Uuid,
    },
    /// Delete a webhook. Messages that are not delivered yet are discarded.
    Remove {
        /// The webhook's id.
        id: Uuid,
    },
}

/// What to do with saved filters.
#[derive(Debug, Subcommand)]
pub enum FilterAction {
    /// List the saved filters.
    List,
    /// Save a filter. It replaces one of the same name.
    Save {
        /// The name, of 1 to 60 characters.
        name: String,
        /// Which records, as JSON: what the address of the results explorer has after `filter=`.
        #[arg(long, value_name = "JSON", value_parser = read_filter)]
        filter: Box<Filter>,
        /// The order of the table: position, gene, impact or the name of a column; `-` before it for descending
        /// [default: the most severe records first].
        #[arg(long, value_name = "[-]KEY", allow_hyphen_values = true, value_parser = read_sort)]
        sort: Option<Sort>,
        /// The columns of the table: clinical, population, samples, all, or own: and names separated by commas
        /// [default: your own].
        #[arg(long)]
        columns: Option<String>,
    },
    /// Rename a saved filter.
    Rename {
        /// The id of the saved filter.
        id: Uuid,
        /// The new name.
        name: String,
    },
    /// Delete a saved filter.
    Remove {
        /// The id of the saved filter.
        id: Uuid,
    },
}

/// What to do with gene panels.
#[derive(Debug, Subcommand)]
pub enum PanelAction {
    /// List the gene panels.
    List,
    /// Save a gene panel. It replaces one of the same name.
    Save {
        /// The name, of 1 to 60 characters.
        name: String,
        /// The symbols of the genes.
        #[arg(required_unless_present = "file", value_name = "GENE")]
        genes: Vec<String>,
        /// A file with symbols, separated by spaces, commas or line breaks.
        #[arg(long, value_name = "FILE", conflicts_with = "genes")]
        file: Option<PathBuf>,
    },
    /// Rename a gene panel.
    Rename {
        /// The id of the panel.
        id: Uuid,
        /// The new name.
        name: String,
    },
    /// Delete a gene panel.
    Remove {
        /// The id of the panel.
        id: Uuid,
    },
}

/// Reads a filter; all records for an empty text.
pub fn read_filter(text: &str) -> Result<Box<Filter>, serde_json::Error> {
    url::read_filter(text).map(Box::new)
}

/// Reads a sort order.
fn read_sort(text: &str) -> Result<Sort, String> {
    let name = text.strip_prefix('-').unwrap_or(text);
    let known = SortKey::by_name(name).map(|_| url::read_sort(text));
    known.ok_or_else(|| format!("{name:?} is no column; give position, gene, impact or a column"))
}

/// What to do with references.
#[derive(Debug, Subcommand)]
pub enum ReferenceAction {
    /// List the references, with your own ones and their states.
    List,
    /// Show one of your own references, with its state and the notes of its build.
    Show {
        /// The id, such as private/GRCh38/my-genes
        id: ReferenceId,
    },
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
    /// The VCF or BCF files, or texts with one variant per line: .vcf, .vcf.gz, .vcf.bgz, .bcf or .txt
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
    /// How the jobs are organized.
    #[command(flatten)]
    pub organize: OrganizeOptions,
    /// Replace existing files.
    #[arg(long, requires = "output")]
    pub force: bool,
    /// The options of the jobs.
    #[command(flatten)]
    pub job: JobOptionArgs,
}

/// How new jobs are organized.
#[derive(Args, Clone, Debug, Default)]
pub struct OrganizeOptions {
    /// Labels of the jobs, separated by commas: at most 10, of at most 32 characters each.
    #[arg(long, value_name = "LABEL,…", value_parser = read_labels)]
    pub labels: Option<Labels>,
    /// The project that the jobs belong to, at most 64 characters.
    #[arg(long, value_parser = ProjectName::parse)]
    pub project: Option<ProjectName>,
}

impl OrganizeOptions {
    /// The change of each new job; `None` if there is nothing to change.
    pub fn request(&self) -> Option<OrganizationRequest> {
        let labels = self.labels.iter().flatten().map(ToString::to_string).collect();
        let request = OrganizationRequest {
            labels: self.labels.is_some().then_some(labels),
            project: self.project.clone().map(String::from),
            ..OrganizationRequest::default()
        };
        (request != OrganizationRequest::default()).then_some(request)
    }
}

/// The options of `import`. Their `Debug` form does not contain the URL, which may be a secret.
#[derive(Args)]
pub struct ImportOptions {
    /// The https URL of the file; with -, it is read from the standard input, so that it is not in the list of processes.
    #[arg(value_name = "FILE_URL")]
    pub file_url: String,
    /// The name of the file, if the path of the URL does not end with it.
    #[arg(long)]
    pub name: Option<String>,
    /// Wait until the job has finished.
    #[arg(long)]
    pub wait: bool,
    /// The options of the job.
    #[command(flatten)]
    pub job: JobOptionArgs,
}

impl fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file_url: _, name, wait, job } = self;
        f.debug_struct("ImportOptions")
            .field("name", name)
            .field("wait", wait)
            .field("job", job)
            .finish_non_exhaustive()
    }
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
    /// Also save the index of a compressed result: .annot.vcf.gz.tbi or .csi
    #[arg(long, conflicts_with = "plain")]
    pub index: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use gas_shared::explorer::Direction;

    /// Splits a line as a shell does, without expansions.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        for (at, part) in line.split('\'').enumerate() {
            if at % 2 == 1 {
                words.last_mut().unwrap().push_str(part);
                continue;
            }
            let mut pieces = part.split(' ');
            words.last_mut().unwrap().push_str(pieces.next().unwrap());
            words.extend(pieces.map(str::to_owned));
        }
        words
    }

    #[test]
    fn a_sort_order_is_a_key_with_a_sign() {
        let sort = read_sort("-gene").unwrap();
        assert_eq!((sort.key, sort.direction), (SortKey::Gene, Direction::Descending));
        assert!(read_sort("no column!").is_err());
    }

    #[test]
    fn every_example_of_a_help_text_is_a_valid_command() {
        let root = Cli::command();
        let mut examples = 0;
        for command in std::iter::once(&root).chain(root.get_subcommands()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().map(str::trim).filter(|line| line.starts_with("gas-cli ")) {
                let parsed = Cli::try_parse_from(words(line));
                let is_help = matches!(&parsed, Err(error) if !error.use_stderr());
                assert!(parsed.is_ok() || is_help, "{line}: {parsed:?}");
                let named = words(line).get(1).is_some_and(|name| name == command.get_name());
                assert!(named || command.get_name() == root.get_name(), "{line}");
                examples += 1;
            }
        }
        assert!(examples > 25, "{examples}");
    }

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
        for arguments in [&["list"][..], &["add"], &["add", "--days", "90", "--no-downloads"]] {
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
        assert!(
            annotate("--labels", "a, b").is_ok() && annotate("--labels", &"a".repeat(33)).is_err()
        );
        assert!(annotate("--parallel-parts", "16").is_ok());
        assert!(annotate("--parallel-parts", "0").is_err());
        let export = |format: &str, filter: &str| {
            Cli::try_parse_from(["gas-cli", "export", id, "--format", format, "--filter", filter])
        };
        assert!(export("tsv,xlsx", r#"{"impacts":["high"]}"#).is_ok());
        assert!(export("docx", "").is_err() && export("tsv", "high").is_err());
        let both = ["--filter", "{}", "--saved-filter", "high"];
        assert!(
            Cli::try_parse_from(
                [&["gas-cli", "export", id, "--format", "tsv"], &both[..]].concat()
            )
            .is_err()
        );
        let compare = |arguments: &[&str]| {
            Cli::try_parse_from([&["gas-cli", "compare", id, id], arguments].concat())
        };
        assert!(compare(&["--output", "out", "--force"]).is_ok() && compare(&["--force"]).is_err());
        assert!(compare(&["--kind", "same"]).is_err());
        let add = |events: &str| {
            Cli::try_parse_from(["gas-cli", "webhooks", "add", "https://a/", "--events", events])
        };
        assert!(add("job.completed,job.restored").is_ok() && add("job.started").is_err());
        let panels = |arguments: &[&str]| {
            Cli::try_parse_from([&["gas-cli", "panels", "save", "a"], arguments].concat())
        };
        assert!(panels(&["TP53"]).is_ok() && panels(&["--file", "genes.txt"]).is_ok());
        assert!(panels(&[]).is_err(), "genes are required");
        assert!(Cli::try_parse_from(["gas-cli", "account", "--json"]).unwrap().json);
    }
}
