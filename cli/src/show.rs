//! The output of the commands.

use crate::api::Api;
use crate::dto::{Account, Job, Status};
use crate::error::CliError;

/// Prints up to `limit` jobs, newest first.
pub async fn jobs(api: &Api, status: Option<&Status>, limit: usize) -> Result<(), CliError> {
    let mut cursor = None;
    let mut left = limit;
    loop {
        let page = api.jobs(status, cursor.as_deref()).await?;
        for job in page.jobs.iter().take(left) {
            println!("{}", line(job));
        }
        left = left.saturating_sub(page.jobs.len());
        cursor = page.next_cursor;
        if left == 0 || cursor.is_none() {
            return Ok(());
        }
    }
}

/// Formats a job as one line of columns that scripts can split at white space.
pub fn line(job: &Job) -> String {
    // The status stays one word, since scripts compare it.
    let note = if job.warnings.is_empty() { "" } else { "  (completed with warnings)" };
    format!("{}  {:<9}  {}  {}{note}", job.id, job.status, job.submitted_at, job.file_name)
}

/// Prints the details of a job.
pub fn details(job: &Job) {
    let mut lines = vec![
        ("id", job.id.to_string()),
        ("file", job.file_name.clone()),
        ("status", status(job)),
        ("submitted", job.submitted_at.to_string()),
    ];
    if let Some(progress) = &job.progress {
        lines.push(("progress", format!("{}, {:.0} %", progress.step, progress.percent)));
    }
    if let Some(at) = job.finished_at {
        lines.push(("finished", at.to_string()));
    }
    if let Some(failure) = &job.failure {
        lines.push(("reason", failure.reason.clone()));
    }
    if let Some(result) = &job.result {
        lines.push(("variants", result.variants.to_string()));
        lines.push(("result", format!("{}, {} bytes", result.state, result.size_bytes)));
        if let Some(until) = result.downloadable_until {
            lines.push(("on Free until", until.to_string()));
        }
    }
    lines.extend(job.warnings.iter().map(|warning| ("warning", warning.message.clone())));
    lines.iter().for_each(|(name, value)| println!("{name:<14}{value}"));
}

fn status(job: &Job) -> String {
    let note = if job.warnings.is_empty() { "" } else { " with warnings" };
    format!("{}{note}", job.status)
}

/// Prints the account that the token belongs to.
pub fn account(account: &Account) {
    println!("{:<14}{} <{}>", "account", account.name, account.email);
    println!("{:<14}{}", "plan", account.plan);
    println!("{:<14}{} bytes", "largest file", account.max_upload_bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_fixed_columns() {
        let job = serde_json::from_str(
            r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a b.vcf","status":"failed","submitted_at":"2026-09-21T14:13:20Z"}"#,
        );
        assert_eq!(
            line(&job.unwrap()),
            "00000000-0000-0000-0000-000000000000  failed     2026-09-21T14:13:20Z  a b.vcf"
        );
    }

    #[test]
    fn a_completed_job_with_warnings_says_so() {
        let job: Job = serde_json::from_str(
            r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a.vcf","status":"completed","submitted_at":"2026-09-21T14:13:20Z","warnings":[{"code":"ref_mismatch","count":1,"message":"1 record …"}]}"#,
        )
        .unwrap();
        let words: Vec<String> = line(&job).split_whitespace().map(str::to_owned).collect();
        assert_eq!(
            (&*words[1], words[4..].join(" ")),
            ("completed", "(completed with warnings)".to_owned())
        );
        assert_eq!(status(&job), "completed with warnings");
    }
}
