//! More event streams at one web server than a process may have open files by default.

use crate::database::NewDatabase;
use crate::stack::stack;
use crate::web_process::WebProcess;
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use gas_backend::SessionSecret;
use gas_backend::ports::{Accounts, Identity, NewSession, SessionStore};
use gas_backend::postgres::{PostgresAccounts, PostgresSessions};
use gas_shared::{Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, StatusCode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Each user may have five streams.
const USERS: usize = 220;
const STREAMS_OF_A_USER: usize = 5;

/// How long the first event and a page may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The open files that the unit of the web server allows.
fn files_of_the_unit() -> Result<u64> {
    let unit = include_str!("../../deploy/ec2/gas-web.service");
    let limit = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE="));
    Ok(limit.context("the unit has no limit of open files")?.parse()?)
}

/// Raises the limit of open files of this process, which is the client of all streams. It is often 1,024, and every process
/// may raise it up to its hard limit.
fn raise_own_limit() -> Result<()> {
    const FILES: u64 = 2_048;
    let limit = getrlimit(Resource::Nofile);
    let too_low = |limit: Option<u64>| limit.is_some_and(|limit| limit < FILES);
    if too_low(limit.current) {
        ensure!(!too_low(limit.maximum), "raise the hard limit of open files to {FILES}");
        setrlimit(Resource::Nofile, Rlimit { current: Some(FILES), ..limit })?;
    }
    Ok(())
}

/// A stream that has sent its first event.
async fn open(client: &Client, url: &str, session: &str) -> Result<Response> {
    let request = client.get(format!("{url}/api/events"));
    let mut response = request.header("cookie", format!("gas-session={session}")).send().await?;
    ensure!(response.status().is_success(), "a stream was refused: {}", response.status());
    let first = tokio::time::timeout(TIMEOUT, response.chunk()).await?;
    first?.context("the stream ended before its first event")?;
    Ok(response)
}

#[tokio::test]
async fn a_web_server_has_1100_event_streams_open_and_serves_pages() -> Result<()> {
    raise_own_limit()?;
    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let pool = database.pool().await?;
    let settings = [("GAS_BILLING", "none")];
    let files = files_of_the_unit()?;
    let web = WebProcess::start_with_files(files, &stack, &database, &settings).await?;
    // Signed in after the start, which gives Premium to those who exist.
    let accounts = PostgresAccounts::new(pool.clone());
    let store = PostgresSessions::new(pool);
    let since = Timestamp::now();
    let mut sessions = Vec::new();
    for number in 0..USERS {
        let identity = Identity {
            id: UserId::new(Uuid::new_v4()),
            name: format!("User {number}"),
            email: format!("user-{number}@example.org"),
            institution: String::new(),
        };
        accounts.record_sign_in(&identity).await?;
        let secret = SessionSecret::mint()?;
        let session = NewSession {
            hash: secret.hash(),
            user: identity.id,
            since,
            plan: Plan::Free,
            expires: since + SignedDuration::from_mins(10),
        };
        ensure!(store.create(&session).await?, "no session");
        sessions.push(secret.expose().to_owned());
    }

    let client = Client::new();
    let begun = Instant::now();
    let mut streams = Vec::new();
    for session in &sessions {
        let of_user = (0..STREAMS_OF_A_USER).map(|_| open(&client, &web.url, session));
        streams.extend(try_join_all(of_user).await?);
    }
    println!("{} streams within {:?}", streams.len(), begun.elapsed());

    // One stream more than a user may have.
    let error = open(&client, &web.url, &sessions[0]).await.err().context("a sixth stream")?;
    ensure!(error.to_string().contains("429"), "{error}");
    for path in ["/readyz", "/"] {
        let page = client.get(format!("{}{path}", web.url)).timeout(TIMEOUT).send().await?;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
    }
    // All of them are still open: none has more to say than that it is alive.
    for stream in &mut streams {
        let ended = tokio::time::timeout(Duration::ZERO, stream.chunk()).await;
        ensure!(!matches!(ended, Ok(Ok(None) | Err(_))), "a stream has ended");
    }
    drop(streams);
    drop(web);
    database.drop().await
}
