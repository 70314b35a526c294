//! Operators: who is one, what they can do, and who cannot.

use crate::calls::Calls;
use crate::database::NewDatabase;
use crate::events::Events;
use crate::program::{BOTH, Program, token};
use crate::stack::{program, stack};
use crate::web_process::WebProcess;
use anyhow::{Context, Result};
use gas_backend::Gas;
use gas_backend::ports::{Accounts, Administration, EndedJob, Identity};
use gas_backend::postgres::{PostgresAccounts, PostgresAdministration, PostgresTokens};
use gas_backend::usecases::create_token;
use gas_shared::operations::QueueName;
use gas_shared::token::{NewToken, Scope};
use gas_shared::{Account, JobStatus, LiveEvent, UserId};
use gas_tests::Client;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use uuid::Uuid;

/// A user that nobody is.
const NOBODY: &str = "/admin/users/00000000-0000-4000-8000-000000000000";

/// All operations, with a body that changes nothing.
fn operations() -> Vec<(Method, &'static str, Option<Value>)> {
    vec![
        (Method::GET, "/admin/state", None),
        (Method::PUT, "/admin/intake", Some(json!({ "intake": "open" }))),
        (Method::PUT, "/admin/banner", Some(json!({ "text": "" }))),
        (Method::POST, "/admin/queues/mail/redrive", None),
        (Method::GET, "/admin/users?search=nobody-at-all", None),
        (Method::POST, NOBODY, Some(json!({ "action": "unblock" }))),
        (Method::GET, "/admin/audit", None),
        (Method::GET, "/admin/statistics", None),
    ]
}

async fn id_of(client: &Client) -> Result<UserId> {
    let account: Account = client.get("/api/account").send().await?.json().await?;
    Ok(account.id)
}

#[tokio::test]
async fn only_a_token_of_an_operator_with_the_scope_admin_can_operate() -> Result<()> {
    let stack = stack();
    let base = stack.web_url();
    let operator = Client::signed_in(&base, "operator-tokens").await?;
    let user = Client::signed_in(&base, "ada-operates").await?;
    let of_user = Program::of(&user, &base, &BOTH).await?;
    let without_scope = Program::of(&operator, &base, &BOTH).await?;
    let admin = Program::of(&operator, &base, &["admin"]).await?;
    let stranger = Program::new(&base, "gas_00000000000000000000000000000000000000")?;
    for (method, path, body) in operations() {
        let expected = if path == NOBODY { StatusCode::NOT_FOUND } else { StatusCode::OK };
        let allowed = admin.call(method.clone(), path, body.clone()).await?;
        assert_eq!(allowed.status(), expected, "{path}");
        for (program, status) in [
            (&stranger, StatusCode::UNAUTHORIZED),
            (&of_user, StatusCode::FORBIDDEN),
            (&without_scope, StatusCode::FORBIDDEN),
        ] {
            let rejected = program.call(method.clone(), path, body.clone()).await?;
            assert_eq!(rejected.status(), status, "{method} {path}");
        }
    }
    assert_eq!(
        admin.call(Method::GET, "/jobs", None).await?.status(),
        StatusCode::FORBIDDEN,
        "the scope admin reads no jobs"
    );
    let new = json!({ "new": { "name": "a", "scopes": ["admin"], "days": 1 } });
    let forged = user.call(Method::POST, "/api/tokens", Some(new)).await?;
    assert_eq!(forged.status(), StatusCode::BAD_REQUEST);

    // The role ends without a sign-in, and so does what the token can do.
    let administration = PostgresAdministration::new(stack.pool().await?);
    administration.set_operator(id_of(&operator).await?, None).await?;
    for (method, path, body) in operations() {
        let rejected = admin.call(method, path, body).await?;
        assert_eq!(rejected.status(), StatusCode::FORBIDDEN, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_group_of_the_provider_gives_the_role_to_a_session_and_to_the_command_line()
-> Result<()> {
    let base = stack().web_url();
    let operator = Client::signed_in(&base, "operator-group").await?;
    let visit: Value = operator.get("/api/visit").send().await?.json().await?;
    assert_eq!(visit["is_operator"], true);
    let state: Value = operator.get("/api/admin/state").send().await?.json().await?;
    let queues = state["queues"].as_array().context("no queues")?;
    assert_eq!(queues.len(), QueueName::ALL.len());
    // The emulator accepts the request of the web server's role, and measures no ages.
    assert!(queues.iter().all(|queue| queue["oldest_secs"].is_null()), "{queues:?}");
    let unknown = stack().logged("web", "the ages of the oldest messages are not known")?;
    // Other failures, such as a slow answer while many tests run, are no matter of rights.
    let denied: Vec<_> = unknown.iter().filter(|line| line.contains("AccessDenied")).collect();
    assert!(denied.is_empty(), "{denied:?}");
    let page = operator.get("/admin").send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await?.contains("premium_job_requests"), "the page shows the queues");
    let user = Client::signed_in(&base, "ada-group").await?;
    let visit: Value = user.get("/api/visit").send().await?.json().await?;
    assert_eq!(visit["is_operator"], false);

    let mut command = Command::new(program("gas-cli")?);
    let command = command.args(["admin", "users", "ada-group@"]).env("GAS_URL", &base);
    let output = command.env("GAS_TOKEN", token(&operator, &["admin"]).await?).output().await?;
    let users: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    assert_eq!(users[0]["email"], "ada-group@example.org");
    Ok(())
}

#[tokio::test]
async fn a_blocked_user_has_no_session_no_token_and_no_sign_in() -> Result<()> {
    let base = stack().web_url();
    let operator = Client::signed_in(&base, "operator-blocks").await?;
    let admin = Program::of(&operator, &base, &["admin"]).await?;
    let eve = Client::signed_in(&base, "eve-blocked").await?;
    let program = Program::of(&eve, &base, &["jobs:read"]).await?;
    let path = format!("/admin/users/{}", id_of(&eve).await?);
    let act = async |action: &str| -> Result<StatusCode> {
        let body = Some(json!({ "action": action }));
        Ok(admin.call(Method::POST, &path, body).await?.status())
    };
    assert_eq!(act("block").await?, StatusCode::NO_CONTENT);
    assert_eq!(eve.get("/api/account").send().await?.json::<Value>().await?, Value::Null);
    let rejected = program.call(Method::GET, "/jobs", None).await?;
    assert_eq!(rejected.status(), StatusCode::UNAUTHORIZED);
    let error = Client::signed_in(&base, "eve-blocked").await.err().context("she signed in")?;
    assert!(error.to_string().contains("403"), "{error}");

    assert_eq!(act("unblock").await?, StatusCode::NO_CONTENT);
    Client::signed_in(&base, "eve-blocked").await?;
    let rejected = program.call(Method::GET, "/jobs", None).await?;
    assert_eq!(rejected.status(), StatusCode::UNAUTHORIZED, "the token is deleted");

    assert_eq!(act("grant_premium").await?, StatusCode::NO_CONTENT);
    let found = admin.call_json(Method::GET, "/admin/users?search=eve-blocked", None).await?;
    assert_eq!(
        (&found[0]["plan"], &found[0]["is_granted"]),
        (&json!("premium_user"), &json!(true))
    );
    assert_eq!(act("revoke_premium").await?, StatusCode::NO_CONTENT);
    let found = admin.call_json(Method::GET, "/admin/users?search=eve-blocked", None).await?;
    assert_eq!(found[0]["plan"], "free_user");
    let own = format!("/admin/users/{}", id_of(&operator).await?);
    let body = Some(json!({ "action": "block" }));
    assert_eq!(admin.call(Method::POST, &own, body).await?.status(), StatusCode::CONFLICT);
    Ok(())
}

/// The tests of a stack share its mode, so this one has a web server and a database of its own.
#[tokio::test]
async fn operators_pause_and_drain_announce_and_see_usage_and_the_audit_log() -> Result<()> {
    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let pool = database.pool().await?;
    let administration = Arc::new(PostgresAdministration::new(pool.clone()));
    let gas = Gas {
        tokens: Arc::new(PostgresTokens::new(pool.clone())),
        administration: administration.clone(),
        ..stack.gas(&Calls::default()).await?
    };
    let identity = Identity {
        id: UserId::new(Uuid::new_v4()),
        name: "Ann".to_owned(),
        email: "ann@example.org".to_owned(),
        institution: String::new(),
    };
    PostgresAccounts::new(pool.clone()).record_sign_in(&identity).await?;
    let (ann, now) = (identity.id, Timestamp::now());
    administration.set_operator(ann, Some(now + SignedDuration::from_hours(1))).await?;
    let scopes = vec![Scope::Admin, Scope::JobsWrite];
    let new = NewToken { name: "test".to_owned(), scopes, days: 1 };
    let token = create_token(&gas, ann, new).await?;
    let web = WebProcess::start(&stack, &database, &[("GAS_BILLING", "none")]).await?;
    let admin = Program::new(&web.url, &token.secret)?;
    let put = async |path: &str, body: Value| admin.call_json(Method::PUT, path, Some(body)).await;

    // The events of all web servers of a stack are the same.
    let reader = Client::signed_in(&stack.web_url(), "ada-banner").await?;
    let mut events = Events::open(&reader).await?;
    put("/admin/banner", json!({ "text": "Maintenance at noon" })).await?;
    let banner = LiveEvent::Banner(Some("Maintenance at noon".to_owned()));
    while events.next(Duration::from_secs(30)).await? != banner {}
    let home = Client::anonymous(&web.url)?.get("/").send().await?.text().await?;
    assert!(home.contains("Maintenance at noon"), "everyone sees the banner");
    put("/admin/intake", json!({ "intake": "draining" })).await?;
    let create = Some(json!({ "file_name": "a.vcf", "size_bytes": 20 }));
    let rejected = admin.call(Method::POST, "/jobs", create.clone()).await?;
    // No status of a failure: its alarm would roll back the update for which the service drains.
    assert_eq!(rejected.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(rejected.headers().contains_key("retry-after"));
    put("/admin/intake", json!({ "intake": "paused" })).await?;
    assert_eq!(admin.call(Method::POST, "/jobs", create).await?.status(), StatusCode::CREATED);
    let state = admin.call_json(Method::GET, "/admin/state", None).await?;
    assert_eq!(state["mode"], json!({ "intake": "paused", "banner": "Maintenance at noon" }));

    let ended = EndedJob {
        at: now,
        status: JobStatus::Completed,
        input_bytes: 20,
        result_bytes: 30,
        run_secs: 2,
    };
    for _ in 0..2 {
        administration.count_job(&ended).await?;
    }
    let statistics = admin.call_json(Method::GET, "/admin/statistics", None).await?;
    assert_eq!((&statistics["users"], &statistics["premium_users"]), (&json!(1), &json!(1)));
    let day = &statistics["days"][0];
    let sums = ["jobs", "input_bytes", "result_bytes", "run_secs"].map(|sum| &day[sum]);
    assert_eq!(sums, [&json!(2), &json!(40), &json!(60), &json!(4)], "{statistics}");

    let costs = &statistics["costs"];
    let costs = ["jobs", "bytes", "run_secs", "workers", "requests"].map(|sum| &costs[sum]);
    assert_eq!(costs, [&json!(2), &json!(100), &json!(4), &json!(198), &json!(320)]);

    let audit = admin.call_json(Method::GET, "/admin/audit", None).await?;
    let audit = audit.as_array().context("no list")?;
    let of_operator = |item: &&Value| item["actor"] == "operator";
    let acts: Vec<_> = audit.iter().filter(of_operator).map(|item| &item["action"]).collect();
    assert_eq!(acts, ["intake_changed", "intake_changed", "banner_changed"], "newest first");
    assert_eq!(audit[0]["operator"], json!(ann));
    assert_eq!(audit[0]["target"], "paused");
    let older = format!("/admin/audit?before={}", audit[1]["id"]);
    let older = admin.call_json(Method::GET, &older, None).await?;
    assert_eq!(older[0]["action"], "banner_changed");
    drop(web);
    database.drop().await
}
