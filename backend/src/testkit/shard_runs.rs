//! Runs in shards, in memory.

use super::{Crash, lock};
use crate::ports::{PortResult, RunName, ShardRun, ShardRunState, ShardRuns};
use async_trait::async_trait;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Runs in shards that record what is asked of them. They send no messages.
#[derive(Debug, Default)]
pub struct FakeShardRuns {
    state: Mutex<State>,
    crash: Crash,
}

#[derive(Debug, Default)]
struct State {
    runs: HashMap<RunName, (ShardRun, ShardRunState)>,
    /// The tasks that nobody waits for.
    gone: HashSet<String>,
    /// The tasks that have ended, with the cause of their failure.
    ended: Vec<(String, Option<String>)>,
    redriven: u32,
    cannot_redrive: bool,
}

impl FakeShardRuns {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The runs that were started.
    pub fn started(&self) -> Vec<ShardRun> {
        lock(&self.state).runs.values().map(|(run, _)| run.clone()).collect()
    }

    /// Changes the state of a run, or forgets it.
    pub fn set(&self, name: RunName, state: Option<ShardRunState>) {
        let runs = &mut lock(&self.state).runs;
        match (state, runs.get_mut(&name)) {
            (Some(state), Some(run)) => run.1 = state,
            (None, _) => _ = runs.remove(&name),
            (Some(_), None) => {}
        }
    }

    /// Makes a task one that nobody waits for.
    pub fn forget_task(&self, task: &str) {
        lock(&self.state).gone.insert(task.to_owned());
    }

    /// Makes it impossible to redrive runs.
    pub fn refuse_to_redrive(&self) {
        lock(&self.state).cannot_redrive = true;
    }

    /// How often runs were redriven.
    pub fn redriven(&self) -> u32 {
        lock(&self.state).redriven
    }

    /// The tasks that have ended, with the cause of their failure.
    pub fn ended_tasks(&self) -> Vec<(String, Option<String>)> {
        lock(&self.state).ended.clone()
    }

    fn end(&self, task: &str, cause: Option<&str>) {
        let mut state = lock(&self.state);
        if state.gone.insert(task.to_owned()) {
            state.ended.push((task.to_owned(), cause.map(str::to_owned)));
        }
    }
}

#[async_trait]
impl ShardRuns for FakeShardRuns {
    async fn start(&self, run: &ShardRun) -> PortResult<()> {
        self.crash.before_call()?;
        let new = (run.clone(), ShardRunState::Running);
        lock(&self.state).runs.entry(run.name).or_insert(new);
        self.crash.after_effect()
    }

    async fn state(&self, name: &RunName) -> PortResult<Option<ShardRunState>> {
        self.crash.before_call()?;
        Ok(lock(&self.state).runs.get(name).map(|(_, state)| *state))
    }

    async fn stop(&self, name: &RunName) -> PortResult<()> {
        self.crash.before_call()?;
        if let Some((_, state @ ShardRunState::Running)) = lock(&self.state).runs.get_mut(name) {
            *state = ShardRunState::Failed;
        }
        self.crash.after_effect()
    }

    async fn redrive(&self, run: &ShardRun) -> PortResult<bool> {
        self.crash.before_call()?;
        {
            let mut state = lock(&self.state);
            if state.cannot_redrive {
                return Ok(false);
            }
            let Some((_, run @ ShardRunState::Failed)) = state.runs.get_mut(&run.name) else {
                return Ok(false);
            };
            *run = ShardRunState::Running;
            state.redriven += 1;
        }
        self.crash.after_effect()?;
        Ok(true)
    }

    async fn heartbeat(&self, task: &str) -> PortResult<bool> {
        self.crash.before_call()?;
        Ok(!lock(&self.state).gone.contains(task))
    }

    async fn succeed(&self, task: &str) -> PortResult<()> {
        self.crash.before_call()?;
        self.end(task, None);
        self.crash.after_effect()
    }

    async fn fail(&self, task: &str, cause: &str) -> PortResult<()> {
        self.crash.before_call()?;
        self.end(task, Some(cause));
        self.crash.after_effect()
    }
}
