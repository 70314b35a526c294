//! `./gas up` and `./gas down`.

use crate::bundle::{self, Profile};
use crate::paths::Paths;
use crate::setup;
use crate::step::{at_once, done_in, run, step};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use gas_local::{ArchiveBackEnd, Ports, Programs, References, Stack, StackConfig, Verbosity};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The packages with the programs that the stack runs.
pub(crate) const SERVER_PACKAGES: [&str; 8] = [
    "gas-app",
    "gas-worker",
    "gas-annotate",
    "gas-explorer",
    "gas-references",
    "gas-restore-lambda",
    "gas-local-glacier",
    "gas-local-stripe",
];

/// Options of `up`.
#[derive(Args)]
pub(crate) struct UpOptions {
    /// Build everything with optimizations.
    #[arg(long)]
    release: bool,
    /// The prefix of the names of all AWS resources.
    #[arg(long, default_value = "gas")]
    prefix: String,
    /// The port of the web server.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of the AWS emulator.
    #[arg(long, default_value_t = 4566)]
    aws_port: u16,
    /// The port of PostgreSQL.
    #[arg(long, default_value_t = 5433)]
    postgres_port: u16,
    /// The port of the identity provider.
    #[arg(long, default_value_t = 8081)]
    oidc_port: u16,
    /// The port of the Glacier emulator.
    #[arg(long, default_value_t = 4567)]
    glacier_port: u16,
    /// The port of the Stripe emulator.
    #[arg(long, default_value_t = 4600)]
    stripe_port: u16,
    /// Where results are archived: a Glacier vault or the S3 storage class GLACIER.
    #[arg(long, value_enum, default_value_t = Archive::Vault)]
    archive: Archive,
    /// The reference of jobs that name none and of files that fit several; by default the first one of the
    /// catalog, which ./gas reference fills.
    #[arg(long, value_name = "ID")]
    reference: Option<String>,
}

/// [`ArchiveBackEnd`] as a command-line value.
#[derive(Clone, Copy, ValueEnum)]
enum Archive {
    Vault,
    S3,
}

/// Installs what is missing, starts the stack and waits for Ctrl-C.
pub(crate) fn up(paths: &Paths, options: &UpOptions) -> Result<()> {
    let clock = Instant::now();
    let ports = Ports {
        web: options.port,
        aws: options.aws_port,
        postgres: options.postgres_port,
        oidc: options.oidc_port,
        glacier: options.glacier_port,
        stripe: options.stripe_port,
    };
    let profile = if options.release { Profile::Release } else { Profile::Dev };
    let config = StackConfig {
        prefix: options.prefix.clone(),
        data_dir: paths.data.clone(),
        archive: match options.archive {
            Archive::Vault => ArchiveBackEnd::Vault,
            Archive::S3 => ArchiveBackEnd::S3,
        },
        durable: true,
        restart: true,
        verbosity: Verbosity::Product,
        ..prepare(paths, profile, ports)?
    };
    let catalog = setup::references(setup::catalog_folder(paths), options.reference.as_deref())?;
    let config = match catalog {
        Some(references) => StackConfig { references, ..config },
        // The demo reference.
        None => config,
    };
    let sources = setup::sources(paths, &config)?;
    let config = StackConfig { sources, ..config };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let stack = Stack::start(config, |name, time| done_in(&format!("starting: {name}"), time));
        let stack = stack.await?;
        let url = stack.description().web_url;
        eprintln!("gas: up after {:.0} s", clock.elapsed().as_secs_f64());
        eprintln!("gas:\ngas:   open {url} and sign in with any user name\ngas:");
        eprintln!(
            "gas: logs are in {}; Ctrl-C stops the service and keeps its data",
            paths.data.join("logs").display()
        );
        let failed = tokio::select! {
            signal = shutdown_signal() => signal.map(|()| None)?,
            failed = stack.failed() => Some(failed),
        };
        eprintln!("gas: stopping …; press Ctrl-C again to stop immediately");
        tokio::select! {
            () = stack.stop() => {}
            // The processes of the stack end when this process exits.
            signal = shutdown_signal() => signal?,
        }
        match failed {
            Some(name) => bail!("{name} exited unexpectedly; see its log"),
            None => Ok(()),
        }
    })
}

/// Stops the stack that `up` runs in another terminal, and with `wipe` deletes its data.
pub(crate) fn down(paths: &Paths, wipe: bool) -> Result<()> {
    if gas_local::owner(&paths.data).is_some() {
        step("stopping ./gas up", || Ok(gas_local::stop_running(&paths.data)?))?;
    } else {
        eprintln!("gas: nothing is running");
    }
    if wipe {
        step("deleting the data of ./gas up", || Ok(Stack::wipe(&paths.data)?))?;
    }
    Ok(())
}

/// Builds the bundle and the servers with the same profile, and returns the configuration of a stack.
/// The caller sets the data folder and the other options.
pub(crate) fn prepare(paths: &Paths, profile: Profile, ports: Ports) -> Result<StackConfig> {
    setup::system_packages(false)?;
    let python = setup::python(paths)?;
    setup::modules(paths)?;
    let servers = || step("compiling the servers", || build_servers(&paths.root, profile));
    let (bundle, ()) = at_once(|| bundle::bundle(paths, profile), servers)?;
    let binaries = paths.binaries(profile == Profile::Release);
    configure(paths, bundle.public, binaries, python, ports)
}

/// Builds the servers without the browser half, for work that opens no page. The caller sets the data folder
/// and the other options.
pub(crate) fn prepare_servers(paths: &Paths, ports: Ports) -> Result<StackConfig> {
    setup::system_packages(false)?;
    let python = setup::python(paths)?;
    setup::modules(paths)?;
    step("compiling the servers", || build_servers(&paths.root, Profile::Dev))?;
    configure(paths, no_pages(paths)?, paths.binaries(false), python, ports)
}

/// A public folder without the browser half. Its page has an inline script and styles, as app/index.tpl.html has.
pub(crate) fn no_pages(paths: &Paths) -> Result<PathBuf> {
    let public = paths.target.join("bench/public");
    std::fs::create_dir_all(&public)?;
    std::fs::write(
        public.join("index.html"),
        "<!DOCTYPE html><html><head><script>{}</script><style>body{}</style></head><body><div id=\"main\"></div></body></html>",
    )?;
    Ok(public)
}

/// Returns the configuration of a stack.
pub(crate) fn configure(
    paths: &Paths,
    public_dir: PathBuf,
    binaries: PathBuf,
    python: PathBuf,
    ports: Ports,
) -> Result<StackConfig> {
    Ok(StackConfig {
        workspace: paths.root.clone(),
        data_dir: paths.data.clone(),
        ports,
        prefix: "gas".to_owned(),
        references: References::Bundle(setup::reference(paths, &binaries)?),
        sources: None,
        programs: Programs { binaries, python, node: setup::node()?, postgres: setup::postgres()? },
        public_dir,
        processes: true,
        durable: false,
        restart: true,
        restart_all: false,
        job_visibility_secs: None,
        shards: None,
        restore_timeout_secs: None,
        archive: ArchiveBackEnd::Vault,
        free_window_secs: None,
        annotator: None,
        verbosity: Verbosity::Quiet,
    })
}

fn build_servers(root: &Path, profile: Profile) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--features", &profile.features("server")])
        .args(SERVER_PACKAGES.iter().flat_map(|package| ["--package", package]))
        .current_dir(root);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    run(&mut cargo)
}

async fn shutdown_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("failed to watch SIGTERM")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}
