//! Streams a result as plain text, whatever form it is stored in.
//!
//! A result is read by ranges and decompressed on the way, in bounded memory. This takes time of a
//! processor, so it runs on the pool of the explorer's queries, as exports do.

use super::download::is_gzip;
use super::explore::{ExploreError, Explorers, Export};
use super::result_access::{ResultAccess, open_result};
use crate::Gas;
use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use gas_explorer::source::Source;
use gas_shared::{JobId, UserId};
use std::io;
use std::sync::Arc;
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

/// The bytes of the object that are read at a time.
const RANGE_BYTES: u64 = 4 << 20;

/// The most bytes of text that are sent at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Streams a result as plain text for its owner, with the access rule of
/// [`sign_result_link`](super::sign_result_link).
///
/// # Errors
/// [`ExploreError`]; later errors are items of the content.
pub async fn plain_result(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    id: JobId,
) -> Result<Export, ExploreError> {
    let result = open_result(gas, &ResultAccess::of_owner(owner, id)).await?;
    let is_packed = is_gzip(gas, &result.file).await?;
    let source = explorers.source(gas, &result.file, result.size);
    let stored = StreamReader::new(ranges(source).boxed());
    let text: Box<dyn AsyncRead + Send + Unpin> = if is_packed {
        let mut decoder = GzipDecoder::new(stored);
        // The blocks of BGZF.
        decoder.multiple_members(true);
        Box::new(decoder)
    } else {
        Box::new(stored)
    };
    let pieces = ReaderStream::with_capacity(text, PIECE_BYTES);
    let pieces = pieces.map_err(|error| ExploreError::Explorer(gas_explorer::Error::Input(error)));
    let content = explorers.stream(owner.into(), pieces).await?;
    let file_name = format!("{}.annot.vcf", result.job.input.name.stem());
    Ok(Export { file_name, content })
}

/// All bytes of a source, in order.
fn ranges(source: Arc<dyn Source>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(0, move |offset| {
        let source = source.clone();
        async move {
            let length = RANGE_BYTES.min(source.len().saturating_sub(offset));
            if length == 0 {
                return Ok(None);
            }
            let bytes = source.read(offset, length).await?;
            Ok(Some((bytes, offset + length)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query_pool::PoolLimits;
    use crate::testkit::TestGas;
    use crate::usecases::DownloadError;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use gas_shared::Plan;
    use gas_shared::vcf::BGZF_END;
    use std::io::Write;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn explorers() -> Explorers {
        Explorers::new(1 << 20, 1 << 20, PoolLimits::default()).unwrap()
    }

    #[tokio::test]
    async fn a_result_is_text_whatever_form_it_is_stored_in() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let explorers = explorers();
        // More than a range, of text that cannot be compressed well.
        let mut state = 1u64;
        let text: Vec<u8> = (0..9_000_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                b'A' + (state >> 60) as u8
            })
            .collect();
        let mut packed: Vec<u8> = text.chunks(60_000).flat_map(member).collect();
        packed.extend_from_slice(&BGZF_END);
        for stored in [&packed, &text] {
            let job = test.completed_job_with(&ada, stored).await;
            let Export { file_name, content } =
                plain_result(&test.gas, &explorers, ada.id, job.id).await.unwrap();
            assert_eq!(file_name, "a.annot.vcf");
            let pieces: Vec<Bytes> = content.try_collect().await.unwrap();
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
            assert!(pieces.concat() == text);
        }
    }

    #[tokio::test]
    async fn a_damaged_result_ends_with_an_error() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let packed = member(&[b'A'; 1000]);
        let job = test.completed_job_with(&ada, &packed[..packed.len() - 9]).await;
        let export = plain_result(&test.gas, &explorers(), ada.id, job.id).await.unwrap();
        assert!(export.content.try_collect::<Vec<_>>().await.is_err());
    }

    #[tokio::test]
    async fn only_the_owner_of_an_available_result_gets_its_text() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Premium));
        let explorers = explorers();
        let job = test.completed_job(&ada).await;
        assert!(plain_result(&test.gas, &explorers, eve.id, job.id).await.is_err());
        test.clock.advance_secs(180);
        let late = plain_result(&test.gas, &explorers, ada.id, job.id).await.err();
        assert!(matches!(late, Some(ExploreError::Download(DownloadError::Expired { .. }))));
    }
}
