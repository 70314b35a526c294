//! The port [`ShardRuns`] on Step Functions: each run is one execution of a state machine with a Distributed
//! Map.

use crate::ports::{PortError, PortResult, RunName, ShardRun, ShardRunState, ShardRuns};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::redrive_execution::RedriveExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use gas_shared::JobId;
use gas_shared::job::ClaimId;
use serde::Serialize;

/// The error name of failed tasks, which the state machine in `deploy/template.yaml` does not retry.
const FAILED: &str = "Gas.ShardFailed";

/// How often a run is started again that cannot be redriven.
const MAX_RESTARTS: u32 = 9;

/// The longest cause that Step Functions accepts, in characters.
const MAX_CAUSE_CHARS: usize = 32_000;

/// The state machine for runs in shards.
#[derive(Clone, Debug)]
pub struct StepFunctionsShardRuns {
    client: Client,
    state_machine_arn: String,
}

/// The input of an execution, as the state machine in `deploy/template.yaml` expects it.
#[derive(Serialize)]
struct Input<'a> {
    job_id: JobId,
    claim: ClaimId,
    bucket: &'a str,
    shards_key: &'a str,
}

impl StepFunctionsShardRuns {
    pub(super) fn new(client: Client, state_machine_arn: &str) -> Self {
        Self { client, state_machine_arn: state_machine_arn.to_owned() }
    }

    /// The ARN of an execution. Only the part for the resource type differs from that of its state machine.
    fn execution_arn(&self, name: &str) -> String {
        let machine = self.state_machine_arn.replacen(":stateMachine:", ":execution:", 1);
        format!("{machine}:{name}")
    }

    /// Starts an execution, unless it exists.
    async fn start_execution(&self, run: &ShardRun, restarts: u32) -> PortResult<()> {
        let action = || format!("start the shards of {}", run.name);
        let RunName { job, claim } = run.name;
        let (bucket, shards_key) = (&run.shards.bucket, &run.shards.key);
        let input = serde_json::to_string(&Input { job_id: job, claim, bucket, shards_key })
            .map_err(|error| PortError::new(action(), error))?;
        let call = self.client.start_execution().state_machine_arn(&self.state_machine_arn);
        match call.name(execution_name(&run.name, restarts)).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) =>
            {
                Ok(())
            }
            Err(error) => Err(PortError::new(action(), error)),
        }
    }

    /// The latest execution of a run: how often the run was started again, and its state.
    async fn latest(&self, name: &RunName) -> PortResult<Option<(u32, ShardRunState)>> {
        let mut latest = None;
        for restarts in 0..=MAX_RESTARTS {
            let arn = self.execution_arn(&execution_name(name, restarts));
            let state = match self.client.describe_execution().execution_arn(arn).send().await {
                Ok(execution) => match execution.status {
                    ExecutionStatus::Succeeded => ShardRunState::Succeeded,
                    ExecutionStatus::Failed
                    | ExecutionStatus::Aborted
                    | ExecutionStatus::TimedOut => ShardRunState::Failed,
                    _ => ShardRunState::Running,
                },
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|e| e.is_execution_does_not_exist()) =>
                {
                    break;
                }
                Err(error) => {
                    return Err(PortError::new(format!("describe the shards of {name}"), error));
                }
            };
            latest = Some((restarts, state));
            // Only an execution that has failed is followed by another one.
            if state != ShardRunState::Failed {
                break;
            }
        }
        Ok(latest)
    }
}

/// Whether an execution can never be redriven: it is too old or too long, or the implementation has no such operation.
fn cannot_redrive(error: &RedriveExecutionError) -> bool {
    let unknown = ["UnknownOperationException", "InvalidAction"];
    error.is_execution_not_redrivable()
        || error.is_execution_does_not_exist()
        || error.code().is_some_and(|code| unknown.contains(&code))
}

/// Whether Step Functions has taken the message of a task: `false` if the task has ended, which is no error.
fn unless_ended<T, E>(sent: Result<T, SdkError<E>>, action: &str) -> PortResult<bool>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Some("TaskTimedOut" | "TaskDoesNotExist")) => {
            Ok(false)
        }
        Err(error) => Err(PortError::new(action, error)),
    }
}

/// The name of an execution of a run. Step Functions allows 80 characters.
fn execution_name(name: &RunName, restarts: u32) -> String {
    if restarts == 0 { name.to_string() } else { format!("{name}_{restarts}") }
}

#[async_trait]
impl ShardRuns for StepFunctionsShardRuns {
    async fn start(&self, run: &ShardRun) -> PortResult<()> {
        self.start_execution(run, 0).await
    }

    async fn state(&self, name: &RunName) -> PortResult<Option<ShardRunState>> {
        Ok(self.latest(name).await?.map(|(_, state)| state))
    }

    async fn stop(&self, name: &RunName) -> PortResult<()> {
        // Stopping an execution that has ended is an error in some implementations.
        let Some((restarts, ShardRunState::Running)) = self.latest(name).await? else {
            return Ok(());
        };
        let arn = self.execution_arn(&execution_name(name, restarts));
        match self.client.stop_execution().execution_arn(arn).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_execution_does_not_exist()) =>
            {
                Ok(())
            }
            Err(error) => Err(PortError::new(format!("stop the shards of {name}"), error)),
        }
    }

    async fn redrive(&self, run: &ShardRun) -> PortResult<bool> {
        let name = &run.name;
        let Some((restarts, ShardRunState::Failed)) = self.latest(name).await? else {
            return Ok(false);
        };
        let arn = self.execution_arn(&execution_name(name, restarts));
        match self.client.redrive_execution().execution_arn(arn).send().await {
            Ok(_) => return Ok(true),
            Err(error) if error.as_service_error().is_some_and(cannot_redrive) => {}
            Err(error) => {
                return Err(PortError::new(format!("redrive the shards of {name}"), error));
            }
        }
        // The row has the annotated shards, so another execution goes on with what is missing, too.
        if restarts >= MAX_RESTARTS {
            return Ok(false);
        }
        self.start_execution(run, restarts + 1).await?;
        Ok(true)
    }

    async fn heartbeat(&self, task: &str) -> PortResult<bool> {
        let sent = self.client.send_task_heartbeat().task_token(task).send().await;
        unless_ended(sent, "send the heartbeat of a shard")
    }

    async fn succeed(&self, task: &str) -> PortResult<()> {
        let sent = self.client.send_task_success().task_token(task).output("{}").send().await;
        unless_ended(sent, "report that a shard is annotated").map(|_| ())
    }

    async fn fail(&self, task: &str, cause: &str) -> PortResult<()> {
        let cause: String = cause.chars().take(MAX_CAUSE_CHARS).collect();
        let call = self.client.send_task_failure().task_token(task).error(FAILED).cause(cause);
        unless_ended(call.send().await, "report that a shard has failed").map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use gas_shared::job::ObjectLocation;
    use std::sync::{Arc, Mutex};
    use uuid::Uuid;

    const NAME: RunName = RunName { job: JobId::new(Uuid::nil()), claim: ClaimId(Uuid::max()) };

    const ARN: &str = "arn:aws:states:eu-central-1:1:execution:gas_shards:00000000-0000-0000-0000-000000000000_ffffffff-ffff-ffff-ffff-ffffffffffff";

    type Calls = Arc<Mutex<Vec<(String, serde_json::Value)>>>;

    /// The port on a server that answers every call with this status and body, and the calls.
    async fn runs(status: StatusCode, body: &'static str) -> (StepFunctionsShardRuns, Calls) {
        let calls = Calls::default();
        let answer = async move |State(calls): State<Calls>, headers: HeaderMap, sent: String| {
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            let action = target.rsplit('.').next().unwrap().to_owned();
            calls.lock().unwrap().push((action, serde_json::from_str(&sent).unwrap()));
            (status, body)
        };
        let app = Router::new().fallback(answer).with_state(calls.clone());
        let client = Client::new(&serve(app).await);
        let arn = "arn:aws:states:eu-central-1:1:stateMachine:gas_shards";
        (StepFunctionsShardRuns::new(client, arn), calls)
    }

    fn run() -> ShardRun {
        let shards = ObjectLocation { bucket: "b".into(), key: "k".into() };
        ShardRun { name: NAME, shards }
    }

    #[tokio::test]
    async fn an_execution_is_named_after_job_and_claim() {
        let (runs, calls) = runs(StatusCode::OK, r#"{"status":"TIMED_OUT","startDate":1}"#).await;
        assert_eq!(runs.state(&NAME).await.unwrap(), Some(ShardRunState::Failed));
        runs.start(&run()).await.unwrap();
        let calls = calls.lock().unwrap().clone();
        assert_eq!(calls[0].1["executionArn"], ARN);
        let (_, started) = calls.last().unwrap();
        assert_eq!(started["name"].as_str().unwrap().len(), 73, "at most 80 are allowed");
        let input: serde_json::Value =
            serde_json::from_str(started["input"].as_str().unwrap()).unwrap();
        assert_eq!((&input["bucket"], &input["shards_key"]), (&"b".into(), &"k".into()));
        assert_eq!(input["job_id"], "00000000-0000-0000-0000-000000000000");
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_an_error() {
        let gone = r#"{"__type":"TaskDoesNotExist","message":"gone"}"#;
        let (runs, _) = runs(StatusCode::BAD_REQUEST, gone).await;
        assert!(!runs.heartbeat("token").await.unwrap());
        runs.succeed("token").await.unwrap();
        runs.fail("token", "line 3").await.unwrap();
    }

    #[tokio::test]
    async fn a_run_that_does_not_exist_is_neither_stopped_nor_redriven() {
        let absent = r#"{"__type":"ExecutionDoesNotExist","message":"gone"}"#;
        let (runs, calls) = runs(StatusCode::BAD_REQUEST, absent).await;
        assert_eq!(runs.state(&NAME).await.unwrap(), None);
        runs.stop(&NAME).await.unwrap();
        assert!(!runs.redrive(&run()).await.unwrap());
        let actions: Vec<String> = calls.lock().unwrap().iter().map(|(a, _)| a.clone()).collect();
        assert_eq!(actions, ["DescribeExecution"; 3]);
    }

    #[tokio::test]
    async fn a_run_that_cannot_be_redriven_is_started_again_under_another_name() {
        let calls = Calls::default();
        let answer = async move |State(calls): State<Calls>, headers: HeaderMap, sent: String| {
            let action = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap();
            let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
            let is_second = sent["executionArn"].as_str().is_some_and(|arn| arn.ends_with("_1"));
            calls.lock().unwrap().push((action.to_owned(), sent));
            match action {
                "DescribeExecution" if is_second => {
                    (StatusCode::BAD_REQUEST, r#"{"__type":"ExecutionDoesNotExist"}"#)
                }
                "DescribeExecution" => (StatusCode::OK, r#"{"status":"FAILED","startDate":1}"#),
                "RedriveExecution" => {
                    (StatusCode::BAD_REQUEST, r#"{"__type":"InvalidAction","message":"unknown"}"#)
                }
                _ => (StatusCode::OK, r#"{"executionArn":"a","startDate":1}"#),
            }
        };
        let app = Router::new().fallback(answer).with_state(calls.clone());
        let client = Client::new(&serve(app).await);
        let arn = "arn:aws:states:eu-central-1:1:stateMachine:gas_shards";
        let runs = StepFunctionsShardRuns::new(client, arn);
        assert!(runs.redrive(&run()).await.unwrap());
        let calls = calls.lock().unwrap().clone();
        let (action, started) = calls.last().unwrap();
        assert_eq!((&**action, &started["name"]), ("StartExecution", &format!("{NAME}_1").into()));
    }
}
