//! Compressed results: the stored file with its index and by ranges, and the same as plain text.

use crate::program::{BOTH, Program};
use crate::stack::stack;
use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use gas_shared::JobId;
use gas_shared::JobStatus::Completed;
use gas_tests::{Client, sample};
use noodles_core::{Position, region::Interval};
use noodles_csi::BinningIndex;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::io::{Read, Write};

/// The most bytes of a block of BGZF (SAM specification, section 4.1).
const BLOCK_BYTES: u64 = 1 << 16;

/// The sample of the Free plan, compressed, so that its result is compressed, too.
pub(crate) fn packed_sample() -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(sample("free.vcf")?.as_bytes())?;
    Ok(encoder.finish()?)
}

/// Uploads the compressed sample and waits for its result.
pub(crate) async fn completed(user: &Client) -> Result<JobId> {
    let job = user.submit("free.vcf.gz", &packed_sample()?).await?;
    user.wait_for(job.id, &[Completed]).await?;
    Ok(job.id)
}

/// Follows a link of the REST API to a stored file.
pub(crate) async fn stored(program: &Program, path: &str) -> Result<Vec<u8>> {
    let url = link(program, path).await?;
    Ok(reqwest::get(url).await?.error_for_status()?.bytes().await?.to_vec())
}

async fn link(program: &Program, path: &str) -> Result<String> {
    let link = program.call_json(Method::GET, &format!("{path}?redirect=false"), None).await?;
    Ok(link["url"].as_str().context("no link")?.to_owned())
}

/// The text of BGZF.
pub(crate) fn text(packed: &[u8]) -> Result<String> {
    let mut text = String::new();
    MultiGzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(text)
}

#[tokio::test]
async fn a_compressed_result_has_an_index_and_is_given_as_plain_text() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-result-forms").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = completed(&ada).await?;

    let packed = stored(&program, &format!("/jobs/{id}/result")).await?;
    let job = program.call_json(Method::GET, &format!("/jobs/{id}"), None).await?;
    assert_eq!(job["result"]["size_bytes"], packed.len());
    let whole = text(&packed)?;
    assert!(whole.starts_with("##fileformat=") && whole.contains("\n#CHROM\t"), "{whole:.200}");

    // The text, for programs and for pages.
    let plain = program.call(Method::GET, &format!("/jobs/{id}/result?plain=true"), None).await?;
    assert_eq!(plain.status(), StatusCode::OK);
    let named = plain.headers()["content-disposition"].to_str()?.to_owned();
    assert!(named.contains("free.annot.vcf") && !named.contains(".gz"), "{named}");
    assert!(plain.text().await? == whole);
    let page = ada.get(&format!("/annotations-result/{id}?file=plain")).send().await?;
    assert!(page.error_for_status()?.text().await? == whole);

    // The index, for programs and for pages.
    let index = stored(&program, &format!("/jobs/{id}/result/index")).await?;
    let page = ada.get(&format!("/annotations-result/{id}?file=index")).send().await?;
    assert!(page.error_for_status()?.bytes().await? == index);
    Ok(())
}

#[tokio::test]
async fn the_index_leads_to_the_records_of_a_region_in_a_range_of_the_stored_file() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-result-ranges").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = completed(&ada).await?;
    let index = stored(&program, &format!("/jobs/{id}/result/index")).await?;
    let index = noodles_tabix::io::Reader::new(&*index).read_index()?;
    let names = index.header().context("no header")?.reference_sequence_names();
    let contig = names.get_index_of(&b"20"[..]).context("the contig is not in the index")?;

    let whole = text(&stored(&program, &format!("/jobs/{id}/result")).await?)?;
    let position = |line: &str| line.split('\t').nth(1)?.parse::<usize>().ok();
    let records: Vec<(usize, &str)> = whole
        .lines()
        .filter(|line| line.starts_with("20\t"))
        .filter_map(|line| Some((position(line)?, line)))
        .collect();
    let (low, high) = (records[records.len() / 2].0, records[records.len() / 2 + 20].0);
    let interval = Interval::from(Position::try_from(low)?..=Position::try_from(high)?);

    let mut found = Vec::new();
    for chunk in index.query(contig, interval)? {
        let (start, end) = (chunk.start(), chunk.end());
        let url = link(&program, &format!("/jobs/{id}/result")).await?;
        let bytes = format!("bytes={}-{}", start.compressed(), end.compressed() + BLOCK_BYTES - 1);
        let part = reqwest::Client::new().get(url).header("range", bytes).send().await?;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        let part = part.bytes().await?;
        ensure!((part.len() as u64) <= end.compressed() - start.compressed() + BLOCK_BYTES);
        let mut text = Vec::new();
        // The last block of the range may be cut.
        _ = MultiGzDecoder::new(&*part).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text[usize::from(start.uncompressed())..]).into_owned();
        let in_region = |line: &&str| position(line).is_some_and(|at| (low..=high).contains(&at));
        found.extend(text.lines().filter(in_region).map(str::to_owned));
    }
    let expected: Vec<&str> =
        records.iter().filter(|(at, _)| (low..=high).contains(at)).map(|(_, line)| *line).collect();
    assert!(expected.len() >= 20);
    assert_eq!(found, expected);
    Ok(())
}

#[tokio::test]
async fn a_result_that_is_text_has_no_index_and_is_its_own_plain_text() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-result-text").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let id = program.submit("free.vcf", &sample("free.vcf")?).await?;
    program.completed(&id).await?;
    let plain = program.call(Method::GET, &format!("/jobs/{id}/result?plain=true"), None).await?;
    assert_eq!(plain.text().await?, ada.result(id.parse()?).await?);
    let index = program.call(Method::GET, &format!("/jobs/{id}/result/index"), None).await?;
    assert_eq!(index.status(), StatusCode::CONFLICT);
    let problem: Value = index.json().await?;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("has no index: it is plain text"), "{problem}");
    Ok(())
}
