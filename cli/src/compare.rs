//! `gas-cli compare`: how the results of two jobs differ.

use crate::api::Api;
use crate::dto::{AnnotatedRecord, ComparedResults, Difference};
use crate::error::CliError;
use crate::export::save;
use crate::file_names::short_stems;
use crate::output::OutputFormat;
use gas_shared::FileName;
use gas_shared::comparison::DifferenceKind;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Prints in what two results differ: the counts, and the first differences of a kind or of all.
pub async fn print(
    api: &Api,
    first: Uuid,
    second: Uuid,
    kind: Option<DifferenceKind>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let compared = api.compare(first, second, kind).await?;
    println!("{}", format.show(&compared, text));
    Ok(())
}

/// Saves the differences, those of a kind or all, as a table in a folder, and returns the path of the file.
pub async fn save_differences(
    api: &Api,
    first: Uuid,
    second: Uuid,
    kind: Option<DifferenceKind>,
    folder: &Path,
    force: bool,
) -> Result<PathBuf, CliError> {
    // Validated here too, so that the server's response cannot lead out of the folder.
    let one = FileName::parse(&api.job(first).await?.file_name)?;
    let other = FileName::parse(&api.job(second).await?.file_name)?;
    let kind_of = kind.map_or_else(String::new, |kind| format!(".{}", kind.as_str()));
    let (one, other) = short_stems(one.stem(), other.stem());
    let path = folder.join(format!("{one}.{other}.differences{kind_of}.tsv"));
    save(api, &path, first, force, || api.differences(first, second, kind)).await?;
    Ok(path)
}

/// The counts with their names, then a line for each difference.
fn text(compared: &ComparedResults) -> String {
    let counts = [
        ("first", compared.first_records),
        ("second", compared.second_records),
        ("in both", compared.both),
        ("only first", compared.only_first),
        ("only second", compared.only_second),
        ("consequence", compared.consequence),
        ("impact", compared.impact),
    ];
    let mut text = String::new();
    for (name, count) in counts {
        // Writing to a String cannot fail.
        _ = writeln!(text, "{name:<14}{count}");
    }
    for note in &compared.notes {
        _ = writeln!(text, "{:<14}{note}", "note");
    }
    for difference in &compared.differences {
        text.push_str(&difference_line(difference));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// A record with its annotations in both results; `-` where a result does not have it.
fn difference_line(difference: &Difference) -> String {
    let Difference { chrom, pos, reference, alt, first, second } = difference;
    let one = |record: &Option<AnnotatedRecord>| {
        record.as_ref().map_or_else(|| "-".to_owned(), annotation)
    };
    format!("{chrom}:{pos} {reference}>{alt}  {}  {}", one(first), one(second))
}

fn annotation(record: &AnnotatedRecord) -> String {
    let AnnotatedRecord { consequence, impact, gene } = record;
    let parts = [consequence, impact, gene].map(|part| part.as_deref().unwrap_or("-"));
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::response::IntoResponse;

    const COMPARED: &str = r#"{"notes":["The options differ."],"first_records":5,"second_records":4,"both":3,
        "only_first":2,"only_second":1,"consequence":1,"impact":0,"differences":[
        {"chrom":"20","pos":76758,"reference":"T","alt":"C","first":{"number":0,"consequence":"stop_gained",
         "impact":"high","gene":"DEFB125"},"second":null}]}"#;

    #[test]
    fn counts_notes_and_differences_are_lines() {
        let text = text(&serde_json::from_str(COMPARED).unwrap());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[4]), ("first         5", "only second   1"));
        assert_eq!(lines[7], "note          The options differ.");
        assert_eq!(lines[8..], ["20:76758 T>C  stop_gained/high/DEFB125  -"]);
    }

    #[tokio::test]
    async fn all_differences_are_saved_under_the_names_of_both_files() {
        let (api, _) = start(Box::new(|call, _| {
            call.ends_with("/differences").then(|| b"difference\tchrom\n".into_response())
        }))
        .await;
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let save = |force| save_differences(&api, one, two, None, folder.path(), force);
        let path = save(false).await.unwrap();
        assert_eq!(path, folder.path().join("a.a.differences.tsv"));
        assert_eq!(std::fs::read(&path).unwrap(), b"difference\tchrom\n");
        assert!(matches!(save(false).await, Err(CliError::Exists(_))));
        assert!(save(true).await.is_ok());
        let impact = Some(DifferenceKind::Impact);
        let path = save_differences(&api, one, two, impact, folder.path(), false).await.unwrap();
        assert_eq!(path, folder.path().join("a.a.differences.impact.tsv"), "beside the others");
    }
}
