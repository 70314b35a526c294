//! The output of the commands.

use crate::api::{Api, JobFilter};
use crate::dto::{Account, JobFields, Reference, Source};
use crate::error::CliError;
use crate::output::OutputFormat;

/// Prints up to `limit` jobs, newest first.
pub async fn jobs(
    api: &Api,
    filter: &JobFilter,
    limit: usize,
    format: OutputFormat,
) -> Result<(), CliError> {
    let mut cursor = None;
    let mut left = limit;
    loop {
        let page = api.jobs(filter, cursor.as_deref()).await?;
        for job in page.jobs.iter().take(left) {
            println!("{}", format.show(job, line));
        }
        left = left.saturating_sub(page.jobs.len());
        cursor = page.next_cursor;
        if left == 0 || cursor.is_none() {
            return Ok(());
        }
    }
}

/// Formats a job as one line of columns that scripts can split at white space.
pub fn line(job: &JobFields) -> String {
    // The status stays one word, since scripts compare it.
    let note = if job.warnings.is_empty() { "" } else { "  (completed with warnings)" };
    format!("{}  {:<9}  {}  {}{note}", job.id, job.status, job.submitted_at, job.file_name)
}

/// The details of a job, one a line.
pub fn details(job: &JobFields) -> String {
    let mut lines = vec![
        ("id", job.id.to_string()),
        ("file", job.file_name.clone()),
        ("status", status(job)),
        ("submitted", job.submitted_at.to_string()),
    ];
    let labels = Some(job.labels.join(", ")).filter(|labels| !labels.is_empty());
    let organization = [
        ("title", job.title.clone()),
        ("project", job.project.clone()),
        ("labels", labels),
        ("note", job.note.as_ref().map(|note| note.replace('\n', "\n              "))),
    ];
    lines.extend(organization.into_iter().filter_map(|(name, text)| Some((name, text?))));
    if let Some(progress) = &job.progress {
        lines.push(("progress", format!("{}, {:.0} %", progress.step, progress.percent)));
    }
    if let Some(at) = job.finished_at {
        lines.push(("finished", at.to_string()));
    }
    if let Some(failure) = &job.failure {
        lines.push(("reason", failure.reason.clone()));
        let mismatch = failure.assembly_mismatch.iter();
        let fitting = mismatch.flat_map(|mismatch| &mismatch.fitting);
        lines.extend(fitting.map(|id| ("fitting", format!("--reference {id}"))));
    }
    if let Some(result) = &job.result {
        lines.push(("variants", result.variants.to_string()));
        lines.push(("result", format!("{}, {} bytes", result.state, result.size_bytes)));
        if let Some(from) = &result.provenance {
            let assembly = [Some(&from.assembly), from.gene_set.as_ref()];
            let assembly: Vec<&str> = assembly.into_iter().flatten().map(String::as_str).collect();
            lines.push(("reference", format!("{} ({})", from.reference, assembly.join(", "))));
            lines.push(("manifest", from.reference_sha256.clone()));
            let sources = from.sources.iter();
            lines.extend(sources.map(|s| ("source", format!("{} ({})", s.id, s.label))));
            lines.extend(from.engine.clone().map(|engine| ("engine", engine)));
        }
        if let Some(until) = result.downloadable_until {
            lines.push(("on Free until", until.to_string()));
        }
    }
    lines.extend(job.warnings.iter().map(|warning| ("warning", warning.message.clone())));
    let lines = lines.iter().map(|(name, value)| format!("{name:<14}{value}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn status(job: &JobFields) -> String {
    let note = if job.warnings.is_empty() { "" } else { " with warnings" };
    format!("{}{note}", job.status)
}

/// A reference as one line of columns that begins with the id.
pub fn reference_line(reference: &Reference) -> String {
    let Reference { id, species, assembly, gene_set, is_default } = reference;
    let texts = [Some(species), Some(assembly), gene_set.as_ref()];
    let texts: Vec<&str> =
        texts.into_iter().flatten().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let note = if *is_default { "  (default)" } else { "" };
    format!("{id}  {}{note}", texts.join(", "))
}

/// A source as one line of columns that begins with the id.
pub fn source_line(source: &Source) -> String {
    let Source { id, label, license, noncommercial } = source;
    let note = if *noncommercial { "  (only with --sources)" } else { "" };
    format!("{id}  {label}, {license}{note}")
}

/// The account that the token belongs to, in three lines.
pub fn account(account: &Account) -> String {
    format!(
        "{:<14}{} <{}>\n{:<14}{}\n{:<14}{} bytes",
        "account",
        account.name,
        account.email,
        "plan",
        plan(account),
        "largest file",
        account.max_upload_bytes
    )
}

/// The plan. Where nothing is sold, it is no property of the user.
fn plan(account: &Account) -> String {
    match account.billing.as_deref() {
        Some("none") => format!("{} (every user has it)", account.plan),
        _ => account.plan.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::{Job, ReferenceList, SourceList};

    #[test]
    fn the_plan_says_whether_every_user_has_it() {
        let account = |billing: &str| -> Account {
            let text = format!(
                r#"{{"name":"Ada","email":"a@example.org","plan":"premium",{billing}"max_upload_bytes":1}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        assert_eq!(plan(&account(r#""billing":"none","#)), "premium (every user has it)");
        assert_eq!(plan(&account(r#""billing":"stripe","#)), "premium");
        assert_eq!(plan(&account("")), "premium");
    }

    #[test]
    fn a_source_is_a_line_that_begins_with_its_id() {
        let list: SourceList = serde_json::from_str(
            r#"{"sources":[{"id":"clinvar/GRCh38/1","label":"ClinVar 1","license":"Public domain","noncommercial":false},{"id":"scores/GRCh38/2","label":"Scores 2","license":"CC BY-NC 4.0","noncommercial":true}]}"#,
        )
        .unwrap();
        let lines: Vec<String> = list.sources.iter().map(|item| source_line(item)).collect();
        let expected = [
            "clinvar/GRCh38/1  ClinVar 1, Public domain",
            "scores/GRCh38/2  Scores 2, CC BY-NC 4.0  (only with --sources)",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_line_has_fixed_columns() {
        let job = serde_json::from_str::<JobFields>(
            r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a b.vcf","status":"failed","submitted_at":"2026-09-21T14:13:20Z"}"#,
        );
        assert_eq!(
            line(&job.unwrap()),
            "00000000-0000-0000-0000-000000000000  failed     2026-09-21T14:13:20Z  a b.vcf"
        );
    }

    #[test]
    fn a_reference_is_one_line_that_begins_with_its_id() {
        let list: ReferenceList = serde_json::from_str(
            r#"{"references":[{"id":"homo_sapiens/GRCh38/ensembl-115","species":"Homo sapiens","assembly":"GRCh38","gene_set":"Ensembl 115","is_default":true},{"id":"local/GRCh37/bundle-1","species":"","assembly":"GRCh37","gene_set":null,"is_default":false}]}"#,
        )
        .unwrap();
        let lines: Vec<String> = list.references.iter().map(|item| reference_line(item)).collect();
        assert_eq!(
            lines,
            [
                "homo_sapiens/GRCh38/ensembl-115  Homo sapiens, GRCh38, Ensembl 115  (default)",
                "local/GRCh37/bundle-1  GRCh37"
            ]
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
