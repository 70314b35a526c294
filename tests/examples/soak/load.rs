//! The users and what they do: they upload files, cancel, delete and repeat some jobs, and some of
//! them change to Premium.

use crate::large_file::large_file;
use crate::premium::{buy, overview};
use crate::retry::{call, until_answered};
use crate::stack::Stack;
use anyhow::{Result, ensure};
use fastrand::Rng;
use futures::future::join_all;
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{Account, JobId, JobView, Plan};
use gas_tests::{Client, sample};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The share of the time in which jobs are submitted. The rest is for their ends.
const SUBMITTING: f64 = 0.8;

/// How many jobs a user of Premium has for each job of a user on Free, whose quota is small.
const PREMIUM_SHARE: usize = 3;

/// The name of the file that is annotated in shards.
pub(crate) const LARGE_NAME: &str = "large.vcf";

/// The size of a user's queue of own requests: a browser uploads several files at a time.
const AT_A_TIME: usize = 4;

/// A user who is signed in.
pub(crate) struct User {
    pub(crate) account: Account,
    client: Client,
    role: Role,
}

/// What the user does about the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// On Premium from the beginning.
    Premium,
    /// Changes to Premium in the middle, so that archived results are restored.
    Upgrades,
    Free,
}

impl User {
    /// Signs users in, and buys Premium for every second one. Nothing fails yet.
    pub(crate) async fn sign_up(stack: &Stack, count: usize) -> Result<Vec<Self>> {
        ensure!(count > 0, "at least one user is needed");
        let mut users = Vec::new();
        for number in 0..count {
            let client = Client::signed_in(&stack.web_url(), &format!("soak-{number}")).await?;
            let role = match number % 4 {
                0 | 2 => Role::Premium,
                1 => Role::Upgrades,
                _ => Role::Free,
            };
            if role == Role::Premium {
                buy(stack, &client).await?;
            }
            let account = client.get("/api/account").send().await?.error_for_status()?;
            users.push(Self { account: account.json().await?, client, role });
        }
        Ok(users)
    }

    /// The plan of the user at the end.
    pub(crate) fn final_plan(&self) -> Plan {
        if self.role == Role::Free { Plan::Free } else { Plan::Premium }
    }

    /// Changes to Premium, however often the payment has to be tried.
    async fn upgrade(&self, stack: &Stack, deadline: Instant) {
        while Instant::now() < deadline {
            let attempt = async {
                if overview(&self.client).await?.plan != Plan::Premium {
                    buy(stack, &self.client).await?;
                }
                anyhow::Ok(())
            };
            if let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(40), attempt).await {
                return;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}

/// What a user does with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UserAction {
    Keep,
    Cancel,
    Delete,
    Rerun,
}

impl UserAction {
    fn random(random: &mut Rng) -> Self {
        match random.u8(..100) {
            0..10 => Self::Cancel,
            10..20 => Self::Delete,
            20..28 => Self::Rerun,
            _ => Self::Keep,
        }
    }
}

/// A job whose submission the service has acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) id: JobId,
    /// Whether the service has acknowledged its deletion.
    pub(crate) deleted: bool,
}

/// All users and the jobs they submit.
pub(crate) struct Load {
    pub(crate) users: Vec<User>,
    jobs: usize,
    /// The jobs whose file is annotated in shards. Users on Premium submit them.
    large_jobs: usize,
    /// Their file.
    pub(crate) large_file: String,
    begun: Instant,
    deadline: Instant,
    accepted: Mutex<Vec<Accepted>>,
    rejected: Mutex<Vec<String>>,
}

impl Load {
    /// Plans jobs that are submitted before the deadline: small ones and large ones.
    pub(crate) fn new(
        users: Vec<User>,
        (jobs, large_jobs): (usize, usize),
        deadline: Instant,
    ) -> Result<Self> {
        let (accepted, rejected) = (Mutex::default(), Mutex::default());
        let (large_file, begun) = (large_file()?, Instant::now());
        Ok(Self { users, jobs, large_jobs, large_file, begun, deadline, accepted, rejected })
    }

    /// The jobs that the service has accepted so far.
    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        lock(&self.accepted).clone()
    }

    /// The requests that the service has rejected, with its reasons.
    pub(crate) fn rejected(&self) -> Vec<String> {
        lock(&self.rejected).clone()
    }

    /// Lets all users work until the deadline.
    pub(crate) async fn run(&self, stack: &Stack, random: &mut Rng) {
        let share = |user: &User| if user.role == Role::Premium { PREMIUM_SHARE } else { 1 };
        let shares: usize = self.users.iter().map(share).sum();
        let middle = self.begun + (self.deadline - self.begun) / 2;
        let premium: Vec<&User> =
            self.users.iter().filter(|user| user.role == Role::Premium).collect();
        let time = (self.deadline - self.begun).mul_f64(SUBMITTING);
        let large = (0..self.large_jobs).map(|_| {
            let (at, user) = (self.begun + time.mul_f64(random.f64()), random.choice(&premium));
            async move {
                tokio::time::sleep_until(at.into()).await;
                let Some(user) = user else { return };
                if let Err(error) = self.large_job(user).await
                    && Instant::now() < self.deadline
                {
                    lock(&self.rejected).push(error.to_string());
                }
            }
        });
        let large: Vec<_> = large.collect();
        let work = self.users.iter().map(|user| {
            let jobs = (self.jobs * share(user)).div_ceil(shares);
            let random = random.fork();
            async move {
                let upgrade = async {
                    if user.role == Role::Upgrades {
                        tokio::time::sleep_until(middle.into()).await;
                        // Longer than the load, so that every user ends with a known plan.
                        let enough = self.deadline + Duration::from_secs(60);
                        user.upgrade(stack, enough).await;
                    }
                };
                tokio::join!(self.submit_all(user, jobs, random), upgrade);
            }
        });
        tokio::join!(join_all(work), join_all(large));
    }

    async fn large_job(&self, user: &User) -> Result<()> {
        let id = self.upload(&user.client, LARGE_NAME, &self.large_file).await?;
        lock(&self.accepted).push(Accepted { id, deleted: false });
        Ok(())
    }

    /// Submits a user's jobs, evenly over the time.
    async fn submit_all(&self, user: &User, jobs: usize, mut random: Rng) {
        let time = (self.deadline - self.begun).mul_f64(SUBMITTING);
        let planned: Vec<(Instant, Rng)> =
            (0..jobs).map(|_| (self.begun + time.mul_f64(random.f64()), random.fork())).collect();
        let slots = tokio::sync::Semaphore::new(AT_A_TIME);
        let work = planned.into_iter().map(|(at, random)| {
            let slots = &slots;
            async move {
                tokio::time::sleep_until(at.into()).await;
                let _slot = slots.acquire().await;
                if let Err(error) = self.one_job(user, random).await
                    && Instant::now() < self.deadline
                {
                    lock(&self.rejected).push(error.to_string());
                }
            }
        });
        join_all(work).await;
    }

    async fn one_job(&self, user: &User, mut random: Rng) -> Result<()> {
        let name = if random.bool() { "free.vcf" } else { "mitochondrial.vcf" };
        let id = self.upload(&user.client, name, &sample(name)?).await?;
        lock(&self.accepted).push(Accepted { id, deleted: false });
        match UserAction::random(&mut random) {
            UserAction::Keep => {}
            UserAction::Cancel => {
                // A job that has ended already cannot be cancelled.
                let path = format!("/api/jobs/{id}/cancel");
                let send = async || user.client.call(Method::POST, &path, None).await;
                until_answered(self.deadline, send).await;
            }
            UserAction::Delete => {
                tokio::time::sleep(Duration::from_millis(random.u64(..8_000))).await;
                let path = format!("/api/jobs/{id}/delete");
                let send = async || user.client.call(Method::POST, &path, None).await;
                let deleted = until_answered(self.deadline, send).await;
                if deleted.is_some_and(|response| response.status().is_success()) {
                    let mut accepted = lock(&self.accepted);
                    accepted
                        .iter_mut()
                        .filter(|job| job.id == id)
                        .for_each(|job| job.deleted = true);
                }
            }
            UserAction::Rerun => {
                self.wait_for_end(user, id).await?;
                let path = format!("/api/jobs/{id}/rerun");
                let again: JobView = call(
                    &user.client,
                    self.deadline,
                    (Method::POST, &path),
                    Some(json!({ "options": null })),
                )
                .await?;
                lock(&self.accepted).push(Accepted { id: again.id, deleted: false });
            }
        }
        Ok(())
    }

    /// Uploads and confirms a file. A request whose response was lost leaves a job behind that is
    /// never uploaded.
    async fn upload(&self, client: &Client, name: &str, text: &str) -> Result<JobId> {
        let body = json!({ "file": NewUpload::new(name, text.len() as u64) });
        let path = (Method::POST, "/api/uploads");
        let ticket: UploadTicket = call(client, self.deadline, path, Some(body)).await?;
        let send = async || client.send_to_s3(&ticket, text.as_bytes()).await;
        let sent = until_answered(self.deadline, send).await;
        let status = sent.map(|response| response.status());
        ensure!(status == Some(StatusCode::CREATED), "S3 answered {status:?} to an upload");
        let path = format!("/api/uploads/{}/confirm", ticket.job_id);
        let job: JobView = call(client, self.deadline, (Method::POST, &path), None).await?;
        Ok(job.id)
    }

    async fn wait_for_end(&self, user: &User, id: JobId) -> Result<()> {
        loop {
            let path = format!("/api/jobs/{id}");
            let job: JobView =
                call(&user.client, self.deadline, (Method::GET, &path), None).await?;
            if job.state.status().is_final() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
