//! An outage of PostgreSQL while users work: it is stopped for a time and then starts again, as in a
//! failover. No process may end, and everything that needs the database must say so.

use crate::stack::Stack;
use anyhow::{Context, Result};
use gas_local::Description;
use gas_tests::Client;
use reqwest::StatusCode;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// The processes that use the database, directly or through messages.
const PROCESSES: [&str; 3] = ["web", "worker", "utility"];

/// Without this file, PostgreSQL does not start. The stack tries once in a second.
const NEEDED_FILE: &str = "postgresql.conf";

/// How long users work before and after the outage.
pub(crate) const AROUND: Duration = Duration::from_secs(15);

/// How long after the outage the service may take to serve users again.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// The time limit of a request during the outage.
const REQUEST: Duration = Duration::from_secs(20);

/// Stops PostgreSQL for `length` and returns what was wrong, one text for each finding.
///
/// # Errors
/// If the outage cannot be made.
pub(crate) async fn stop_database(stack: &Stack, length: Duration) -> Result<Vec<String>> {
    let description = Description::of_test()?;
    let user = Client::signed_in(&stack.web_url(), "outage").await?;
    let visitor = Client::anonymous(&stack.web_url())?;
    sleep(AROUND).await;
    let before = processes(&description)?;
    let mut findings = Vec::new();

    let database = Database::stop(&description)?;
    let end = Instant::now() + length;
    // The outcome of a check of readiness is shared for a second.
    sleep(Duration::from_secs(1)).await;
    while Instant::now() + REQUEST < end {
        look(&visitor, &user, &mut findings).await;
        sleep(Duration::from_secs(5)).await;
    }
    sleep(end.saturating_duration_since(Instant::now())).await;
    drop(database);

    let ended = Instant::now();
    while status(&visitor, "/readyz").await != Some(StatusCode::OK) {
        if ended.elapsed() > READY_WITHIN {
            findings.push(format!("/readyz is not 200 {READY_WITHIN:?} after the outage"));
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    println!("soak: ready {:.1} s after the end of the outage", ended.elapsed().as_secs_f64());
    if processes(&description)? != before {
        findings.push("a process was started again during the outage; see its log".to_owned());
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// What users see during the outage: the process lives, is not ready, and pages, server functions and
/// the REST API say that the failure is temporary.
async fn look(visitor: &Client, user: &Client, findings: &mut Vec<String>) {
    let mut expect = |what: &str, found: Option<StatusCode>, wanted: StatusCode| {
        if found != Some(wanted) {
            findings.push(format!("{what}: {found:?} instead of {wanted}"));
        }
    };
    expect("/livez", status(visitor, "/livez").await, StatusCode::OK);
    expect("/readyz", status(visitor, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    expect("the home page of a visitor", status(visitor, "/").await, StatusCode::OK);
    let account = status(user, "/api/account").await;
    expect("a server function", account, StatusCode::SERVICE_UNAVAILABLE);
    let page = timeout(REQUEST, async { user.get("/annotations").send().await?.text().await });
    match page.await {
        Ok(Ok(text)) if text.contains("does not respond") => {}
        Ok(Ok(_)) => findings.push("the page of jobs does not say what happens".to_owned()),
        Ok(Err(error)) => findings.push(format!("the page of jobs: {error}")),
        Err(_) => findings.push(format!("the page of jobs: no answer in {REQUEST:?}")),
    }
}

async fn status(client: &Client, path: &str) -> Option<StatusCode> {
    let response = timeout(REQUEST, client.get(path).send()).await.ok()?.ok()?;
    Some(response.status())
}

fn processes(description: &Description) -> Result<Vec<u32>> {
    PROCESSES.iter().map(|name| Ok(description.pid(name)?)).collect()
}

/// A stopped database, which may start again when this is dropped.
struct Database {
    needed: PathBuf,
    hidden: PathBuf,
}

impl Database {
    /// Stops PostgreSQL as an administrator does ("fast shutdown").
    fn stop(description: &Description) -> Result<Self> {
        let pid = description.pid("postgres")?;
        let folder = data_folder(pid)?;
        let needed = folder.join(NEEDED_FILE);
        let hidden = folder.join(format!("{NEEDED_FILE}.hidden"));
        fs::rename(&needed, &hidden).with_context(|| format!("hide {}", needed.display()))?;
        let database = Self { needed, hidden };
        let signalled = Command::new("kill").args(["-INT", &pid.to_string()]).status()?;
        anyhow::ensure!(signalled.success(), "PostgreSQL does not run");
        Ok(database)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = fs::rename(&self.hidden, &self.needed) {
            println!("soak: PostgreSQL cannot start again: {error}");
        }
    }
}

/// The data folder of a server, which is the argument after `-D`.
fn data_folder(pid: u32) -> Result<PathBuf> {
    let command = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
    let mut arguments = command.split('\0').skip_while(|argument| *argument != "-D");
    let folder = arguments.nth(1).context("PostgreSQL was started without -D")?;
    Ok(Path::new(folder).to_owned())
}
