//! Share links: a stranger with one reads one result, and nothing else.

use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use gas_backend::ports::Administration;
use gas_backend::postgres::PostgresAdministration;
use gas_shared::JobStatus::Completed;
use gas_shared::explorer::Page;
use gas_shared::share_link::{CreatedShareLink, ShareLink, SharedResult};
use gas_shared::{Account, JobId};
use gas_tests::{Client, sample};
use jiff::Timestamp;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than the Free download window of the test stack and the archiving after it.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A completed job of a user, and a link to it.
struct Shared {
    owner: Client,
    job: JobId,
    link: ShareLink,
    /// The secret in its address.
    secret: String,
    stranger: Client,
}

impl Shared {
    async fn by(user: &str, new: Value) -> Result<Self> {
        let base = stack().web_url();
        let owner = Client::signed_in(&base, user).await?;
        let job = owner.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?.id;
        owner.wait_for(job, &[Completed]).await?;
        let body = Some(json!({ "new": new }));
        let made = owner.call(Method::POST, &format!("/api/jobs/{job}/links"), body).await?;
        let made: CreatedShareLink = made.error_for_status()?.json().await?;
        let secret = made.url.rsplit('/').next().context("no secret")?.to_owned();
        assert_eq!(made.url, format!("{base}/s/{secret}"));
        let stranger = Client::anonymous(&base)?;
        Ok(Self { owner, job, link: made.link, secret, stranger })
    }

    /// A request of the stranger to a server function of the link.
    async fn function(&self, path: &str) -> Result<Response> {
        Ok(self.stranger.get(&format!("/api/s/{}{path}", self.secret)).send().await?)
    }

    /// A request of the stranger to a page or file of the link.
    async fn file(&self, path: &str) -> Result<Response> {
        Ok(self.stranger.get(&format!("/s/{}{path}", self.secret)).send().await?)
    }

    async fn variants(&self) -> Result<Response> {
        let path = format!("/api/s/{}/variants", self.secret);
        let query = Some(json!({ "query": { "limit": 2, "facets": true } }));
        self.stranger.call(Method::POST, &path, query).await
    }

    /// The statuses of everything that a link opens.
    async fn statuses(&self) -> Result<Vec<StatusCode>> {
        let mut all = vec![self.variants().await?.status()];
        for path in ["", "/charts", "/genome", "/variants/0"] {
            all.push(self.function(path).await?.status());
        }
        for path in ["/results", "/charts", "/browser", "/export?format=tsv", "/genome/chrom.sizes"]
        {
            all.push(self.file(path).await?.status());
        }
        Ok(all)
    }

    async fn links(&self) -> Result<Vec<ShareLink>> {
        Ok(self.owner.get(&format!("/api/jobs/{}/links", self.job)).send().await?.json().await?)
    }
}

#[tokio::test]
async fn a_stranger_with_a_link_reads_the_result() -> Result<()> {
    let shared = Shared::by("ada-shares", json!({ "days": 30 })).await?;
    let account: Account = shared.owner.get("/api/account").send().await?.json().await?;
    let opened = shared.file("").await?;
    assert_eq!(opened.url().path(), format!("/s/{}/results", shared.secret));
    assert_eq!(opened.status(), StatusCode::OK);
    assert_eq!(opened.headers()["referrer-policy"], "no-referrer");
    assert_eq!(opened.headers()["x-robots-tag"], "noindex, nofollow");
    assert_eq!(opened.headers()["cache-control"], "no-store");
    let page = opened.text().await?;
    assert!(page.contains("Results of free.vcf") && page.contains("Shared until"), "{page}");
    for private in [&account.email, &account.name, &account.id.to_string(), &shared.job.to_string()]
    {
        assert!(!page.contains(private.as_str()), "the page has {private}");
    }

    let result: SharedResult = shared.function("").await?.json().await?;
    assert_eq!((result.file_name.as_str(), result.allows_downloads), ("free.vcf", true));
    assert_eq!(result.expires_at, shared.link.expires_at);
    let found: Page = shared.variants().await?.json().await?;
    assert_eq!((found.total, found.rows.len()), (result.records, 2));
    let number = found.rows[0].number;
    assert_eq!(shared.function(&format!("/variants/{number}")).await?.status(), StatusCode::OK);

    let own = format!("/api/jobs/{}/charts", shared.job);
    let own: Value = shared.owner.get(&own).send().await?.json().await?;
    let charts: Value = shared.function("/charts").await?.json().await?;
    assert_eq!(charts, own, "the same charts as those of the owner");
    let name = charts[0]["name"].as_str().context("no chart")?;
    let chart = shared.file(&format!("/chart/{name}.svg")).await?;
    assert_eq!(chart.headers()["content-type"], "image/svg+xml");

    let export = shared.file("/export?format=vcf").await?;
    assert_eq!(export.headers()["referrer-policy"], "no-referrer");
    assert_eq!(export.text().await?, shared.owner.result(shared.job).await?);
    let row = &found.rows[0];
    let region =
        format!("/genome/variants?referenceName={}&start=0&end={}", row.chrom, row.pos + 1);
    let ticket: Value = shared.file(&region).await?.json().await?;
    let records = ticket["htsget"]["urls"][0]["url"].as_str().context("no ticket")?;
    let path = records.strip_prefix(&stack().web_url()).context("another service")?;
    assert!(path.starts_with(&format!("/s/{}/export?", shared.secret)), "{path}");
    assert_eq!(shared.stranger.get(path).send().await?.status(), StatusCode::OK);

    let link = shared.links().await?.pop().context("no link")?;
    assert_eq!((link.id, link.opened), (shared.link.id, 2), "the page, and its server function");
    assert!(link.last_opened_at.is_some());
    Ok(())
}

#[tokio::test]
async fn a_link_reaches_nothing_but_its_result() -> Result<()> {
    let shared = Shared::by("ada-shares-one", json!({})).await?;
    let (job, secret, stranger) = (shared.job, &shared.secret, &shared.stranger);
    let owner = &shared.owner;
    let other = owner.submit("other.vcf", sample("free.vcf")?.as_bytes()).await?.id;
    owner.wait_for(other, &[Completed]).await?;
    for id in [job, other] {
        for path in [
            format!("/api/jobs/{id}"),
            format!("/api/jobs/{id}/charts"),
            format!("/api/jobs/{id}/genome"),
            format!("/api/jobs/{id}/links"),
            format!("/api/jobs/{id}/log"),
            format!("/api/jobs/{id}/variants/0"),
            format!("/annotations-export/{id}?format=vcf"),
            format!("/annotations-log/{id}"),
            format!("/annotations-result/{id}?file=plain"),
            format!("/annotations-genome/{id}/chrom.sizes"),
        ] {
            // Neither alone nor with the secret where a token or a session would be.
            let plain = stranger.get(&path).send().await?;
            let bearer = stranger.get(&path).bearer_auth(secret).send().await?;
            let cookie = stranger.get(&path).header("cookie", format!("gas-session={secret}"));
            for response in [plain, bearer, cookie.send().await?] {
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            }
        }
        // The secret of a link in the place of a job, and a job in the place of the secret.
        let swapped = stranger.get(&format!("/api/s/{id}/charts")).send().await?;
        assert_eq!(swapped.status(), StatusCode::NOT_FOUND);
    }
    for path in ["/log", "/result", "/input", "/links", "/variants"] {
        let response = shared.function(path).await?;
        assert!(!response.status().is_success(), "{path}: {}", response.status());
        let page = shared.file(path).await?;
        assert!(!page.text().await?.contains("Shared until"), "{path}");
    }
    let program = Program::new(&stack().web_url(), secret)?;
    let by_token = program.call(Method::GET, &format!("/jobs/{job}"), None).await?;
    assert_eq!(by_token.status(), StatusCode::UNAUTHORIZED);
    let pool = stack().pool().await?;
    let stored = "select count(*) from share_links where share_links::text like $1";
    let (leaked,): (i64,) =
        sqlx::query_as(stored).bind(format!("%{secret}%")).fetch_one(&pool).await?;
    assert_eq!(leaked, 0, "only the hash is stored");
    Ok(())
}

#[tokio::test]
async fn a_revoked_link_opens_nothing() -> Result<()> {
    let shared = Shared::by("ada-revokes", json!({ "days": 1 })).await?;
    let statuses = shared.statuses().await?;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let eve = Client::signed_in(&stack().web_url(), "eve-revokes").await?;
    let revoke = format!("/api/jobs/{}/links/{}/revoke", shared.job, shared.link.id);
    assert_eq!(eve.call(Method::POST, &revoke, None).await?.status(), StatusCode::NOT_FOUND);
    let left = shared.owner.call(Method::POST, &revoke, None).await?;
    assert_eq!(left.json::<Value>().await?, json!([]));
    let statuses = shared.statuses().await?;
    assert!(statuses.iter().all(|status| *status == StatusCode::NOT_FOUND), "{statuses:?}");
    let settings: Value = shared.owner.get("/api/account/settings").send().await?.json().await?;
    let texts: Vec<_> = (0..2).map(|n| settings["activity"][n]["text"].clone()).collect();
    let revoked = format!("Revoked a share link of job {}", shared.job);
    let made = format!("Shared the result of job {}", shared.job);
    assert_eq!(texts, [json!(revoked), json!(made)]);
    Ok(())
}

#[tokio::test]
async fn without_downloads_a_link_shows_the_table_and_the_charts_only() -> Result<()> {
    let shared = Shared::by("ada-views-only", json!({ "allows_downloads": false })).await?;
    assert_eq!(shared.variants().await?.status(), StatusCode::OK);
    assert_eq!(shared.function("/charts").await?.status(), StatusCode::OK);
    assert_eq!(shared.function("/genome").await?.status(), StatusCode::NOT_FOUND);
    for path in [
        "/export?format=vcf",
        "/chart/qual.svg",
        "/genome/chrom.sizes",
        "/genome/variants?class=header",
    ] {
        let response = shared.file(path).await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.text().await?, "this link does not include downloads");
    }
    let page = shared.file("/results").await?.text().await?;
    assert!(!page.contains("explorer-exports") && !page.contains("Genome browser"), "{page}");
    Ok(())
}

#[tokio::test]
async fn after_the_download_window_a_link_shows_the_charts() -> Result<()> {
    let shared = Shared::by("ada-shares-late", json!({})).await?;
    let deadline = Instant::now() + TIMEOUT;
    let text = loop {
        let response = shared.variants().await?;
        if response.status() == StatusCode::CONFLICT {
            break response.text().await?;
        }
        ensure!(Instant::now() < deadline, "the variants can still be read");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    assert!(text.contains("archived") && !text.contains("Premium"), "{text}");
    assert_eq!(shared.file("/export?format=vcf").await?.status(), StatusCode::CONFLICT);
    assert_eq!(shared.function("/charts").await?.status(), StatusCode::OK);
    assert_eq!(shared.file("/charts").await?.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn deleting_the_job_and_blocking_the_owner_end_links() -> Result<()> {
    let deleted = Shared::by("ada-deletes-shared", json!({})).await?;
    let delete = format!("/api/jobs/{}/delete", deleted.job);
    assert_eq!(deleted.owner.call(Method::POST, &delete, None).await?.status(), StatusCode::OK);
    let blocked = Shared::by("ada-blocked-shared", json!({})).await?;
    let account: Account = blocked.owner.get("/api/account").send().await?.json().await?;
    let administration = PostgresAdministration::new(stack().pool().await?);
    ensure!(administration.set_blocked(account.id, Some(Timestamp::now())).await?);
    for ended in [&deleted, &blocked] {
        let statuses = ended.statuses().await?;
        assert!(statuses.iter().all(|status| *status == StatusCode::NOT_FOUND), "{statuses:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_program_makes_lists_and_revokes_links() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-shares-rest").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = program.submit("free.vcf", &sample("free.vcf")?).await?;
    let early = json!({ "days": 7 });
    let links = format!("/jobs/{id}/links");
    let early = program.call(Method::POST, &links, Some(early)).await?;
    // It may be completed already.
    assert!([StatusCode::CONFLICT, StatusCode::CREATED].contains(&early.status()));
    program.completed(&id).await?;
    let bad = program.call(Method::POST, &links, Some(json!({ "days": 8 }))).await?;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    let made = program.call_json(Method::POST, &links, Some(json!({ "days": 90 }))).await?;
    let url = made["url"].as_str().context("no URL")?;
    let opened = Client::anonymous(&base)?.get(url.strip_prefix(&base).context("URL")?).send();
    assert_eq!(opened.await?.status(), StatusCode::OK);
    let listed = program.call_json(Method::GET, &links, None).await?;
    assert_eq!(listed[0]["opened"], 1);
    assert!(!listed.to_string().contains(url.rsplit('/').next().context("secret")?));
    let link = made["link"]["id"].as_str().context("no id")?;
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let revoked = program.call(Method::DELETE, &format!("{links}/{link}"), None).await?;
        assert_eq!(revoked.status(), expected);
    }
    Ok(())
}
