//! `gas-cli rerun`: runs a job again.

use crate::api::Api;
use crate::error::CliError;
use crate::job_options::ChangedOptionArgs;
use crate::output::OutputFormat;
use crate::show;
use crate::wait::print_ended;
use uuid::Uuid;

/// Runs a job again, with the changed options, and prints the new job; with `wait`, after it has finished.
pub async fn rerun(
    api: &Api,
    id: Uuid,
    changed: &ChangedOptionArgs,
    wait: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let changes = changed.changes();
    let options = if changes.is_empty() {
        None
    } else {
        let old = api.job(id).await?.options.clone();
        let mut options = old.ok_or_else(|| {
            CliError::File(
                "the options of this job are of a newer version of GAS; try again after its update"
                    .to_owned(),
            )
        })?;
        options.extend(changes);
        Some(options)
    };
    let job = api.rerun(id, options.as_ref(), Uuid::new_v4()).await?;
    println!("{}", format.show(&job, show::line));
    if wait { print_ended(api, job, format).await } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::response::IntoResponse;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    fn job(id: Uuid, status: &str) -> serde_json::Value {
        json!({"id": id, "file_name": "a.vcf", "status": status, "submitted_at": "2026-09-21T14:13:20Z",
            "options": {"layout": "csq", "hgvs": true, "of_a_newer_version": 1}})
    }

    #[tokio::test]
    async fn a_job_is_run_again_and_waited_for() {
        let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let (api, _) = start(Box::new(move |call, earlier| {
            seen.lock().unwrap().push(call.to_owned());
            let answer = match call {
                _ if call == format!("GET /api/v1/jobs/{old}") => job(old, "completed"),
                _ if call.ends_with("/rerun") => job(new, "pending"),
                _ if earlier == 0 => job(new, "running"),
                _ => job(new, "completed"),
            };
            Some(answer.to_string().into_response())
        }))
        .await;
        rerun(&api, old, &ChangedOptionArgs::default(), true, OutputFormat::Text).await.unwrap();
        let rerun_call = format!("POST /api/v1/jobs/{old}/rerun");
        assert_eq!(calls.lock().unwrap()[0], rerun_call, "the old options are not read");
        calls.lock().unwrap().clear();
        let changed = ChangedOptionArgs { hgvs: Some(false), ..ChangedOptionArgs::default() };
        rerun(&api, old, &changed, false, OutputFormat::Json).await.unwrap();
        assert_eq!(*calls.lock().unwrap(), [format!("GET /api/v1/jobs/{old}"), rerun_call]);
    }
}
