//! The port [`ArchiveTimer`] on Step Functions: each download window is one execution.

use crate::messages::ArchiveRequest;
use crate::ports::{ArchiveTimer, PortError, PortResult};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use gas_shared::JobId;
use jiff::SignedDuration;
use serde::Serialize;

/// A state machine that waits and then puts a message into the archive queue.
#[derive(Clone, Debug)]
pub struct StepFunctionsTimer {
    client: Client,
    state_machine_arn: String,
}

/// The input of an execution, as the state machine in `deploy/template.yaml` expects it.
#[derive(Serialize)]
struct Input {
    wait_seconds: i64,
    /// The message to send after the wait.
    message: ArchiveRequest,
}

impl StepFunctionsTimer {
    pub(super) fn new(client: Client, state_machine_arn: &str) -> Self {
        Self { client, state_machine_arn: state_machine_arn.to_owned() }
    }
}

#[async_trait]
impl ArchiveTimer for StepFunctionsTimer {
    async fn start(&self, name: &str, job: JobId, wait: SignedDuration) -> PortResult<()> {
        let action = || format!("start the archive timer {name}");
        // One second more, so that the window has surely ended when the message arrives.
        let wait_seconds = wait.as_secs().max(0) + 1;
        let input = Input { wait_seconds, message: ArchiveRequest { job_id: job } };
        let input =
            serde_json::to_string(&input).map_err(|error| PortError::new(action(), error))?;
        let call = self.client.start_execution().state_machine_arn(&self.state_machine_arn);
        match call.name(name).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) =>
            {
                Ok(())
            }
            Err(error) => Err(PortError::new(action(), error)),
        }
    }
}
