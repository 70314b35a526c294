//! The check of a file before it is sent, by the same code that the worker uses. The browser itself
//! unpacks what is compressed.

use crate::error::{ApiError, ErrorCode};
use crate::pages::{Event, Found, Uploads};
use dioxus::core::spawn_forever;
use gas_shared::Plan;
use gas_shared::vcf::{BGZF_END, CompressionFormat, Preview, bgzf_blocks, check_preview};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, ReadableWritablePair};

/// How much of a file's text is checked, in bytes.
const PREVIEW_BYTES: usize = 262_144;

/// Files of more bytes than this may have over 4 GiB of text, which gzip's trailer cannot tell.
const GZIP_TRAILER_BYTES: f64 = 250_000_000.0;

#[wasm_bindgen]
extern "C" {
    /// The browser's own gzip; `web-sys` has it among the unstable interfaces only.
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// Checks a file of the queue.
pub fn check(uploads: Uploads, id: u32, plan: Plan) {
    spawn_forever(async move {
        let Some(card) = uploads.card(id) else { return };
        let event = match look(&card.content).await {
            Ok(found) => {
                uploads.note(id, found);
                // It may have changed while the file was read.
                let plan = uploads.live.latest_plan().unwrap_or(plan);
                let fits = card.size <= plan.max_upload_bytes();
                if fits { Event::Passed } else { Event::TooLarge }
            }
            Err(error) => Event::Refused(error),
        };
        uploads.tell(id, event);
    });
}

async fn look(file: &Blob) -> Result<Found, ApiError> {
    let beginning = read(file, 0.0, PREVIEW_BYTES as f64).await?;
    let packing = CompressionFormat::of(&beginning);
    match packing {
        CompressionFormat::Plain => {
            let is_whole = file.size() <= PREVIEW_BYTES as f64;
            let preview = preview(&beginning, is_whole)?;
            Ok(Found::new(packing, &preview, is_whole, Some(file.size() as u64)))
        }
        CompressionFormat::Bgzf => look_into_bgzf(file, &beginning).await,
        CompressionFormat::Gzip => look_into_gzip(file).await,
    }
}

fn preview(text: &[u8], is_whole: bool) -> Result<Preview, ApiError> {
    check_preview(text, is_whole).map_err(|found| invalid(&found.to_string()))
}

async fn look_into_bgzf(file: &Blob, beginning: &[u8]) -> Result<Found, ApiError> {
    let end = read(file, (file.size() - BGZF_END.len() as f64).max(0.0), file.size()).await?;
    if end != BGZF_END {
        return Err(invalid(
            "the compressed file is cut off: its last block is missing; copy it again",
        ));
    }
    let (mut text, mut packed) = (Vec::new(), 0_usize);
    for block in bgzf_blocks(beginning) {
        let (start, size) = (packed as f64, block.len() as f64);
        let part = slice(file, start, start + size)?;
        let Unpacked { bytes, is_whole, .. } = unpack(&part).await;
        if !is_whole {
            return Err(invalid("the compressed file is damaged; compress it again with bgzip"));
        }
        text.extend(bytes);
        packed += block.len();
        if text.len() >= PREVIEW_BYTES {
            break;
        }
    }
    let is_whole = packed as f64 >= file.size();
    let preview = preview(&text, is_whole)?;
    let bytes = text.len() as f64 * file.size() / (packed as f64).max(1.0);
    Ok(Found::new(CompressionFormat::Bgzf, &preview, is_whole, Some(bytes as u64)))
}

async fn look_into_gzip(file: &Blob) -> Result<Found, ApiError> {
    let Unpacked { bytes, is_whole } = unpack(file).await;
    if bytes.is_empty() {
        // Damaged, or joined of several gzip files, which browsers do not unpack. The worker does.
        return Ok(Found::unseen(CompressionFormat::Gzip));
    }
    let preview = preview(&bytes, is_whole)?;
    let trailer = read(file, file.size() - 4.0, file.size()).await?;
    let text_bytes = trailer.try_into().ok().map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    let text_bytes = text_bytes.filter(|_| file.size() < GZIP_TRAILER_BYTES);
    Ok(Found::new(CompressionFormat::Gzip, &preview, is_whole, text_bytes))
}

/// What a gzip file gave.
struct Unpacked {
    bytes: Vec<u8>,
    /// Whether that is all of it, without an error.
    is_whole: bool,
}

/// Unpacks the beginning of a gzip file; the browser reads no more of it than that needs.
async fn unpack(file: &Blob) -> Unpacked {
    let mut bytes = Vec::new();
    let is_whole = unpack_into(file, &mut bytes).await.unwrap_or(false);
    Unpacked { bytes, is_whole }
}

async fn unpack_into(file: &Blob, bytes: &mut Vec<u8>) -> Result<bool, JsValue> {
    let unpacker = DecompressionStream::new("gzip")?;
    let unpacked = file.stream().pipe_through(&unpacker);
    let reader = ReadableStreamDefaultReader::new(&unpacked)?;
    while bytes.len() < PREVIEW_BYTES {
        let step = JsFuture::from(reader.read()).await?;
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(true);
        }
        bytes.extend(Uint8Array::new(&Reflect::get(&step, &"value".into())?).to_vec());
    }
    // Nobody waits for what is left.
    _ = reader.cancel();
    Ok(false)
}

async fn read(file: &Blob, from: f64, to: f64) -> Result<Vec<u8>, ApiError> {
    let buffer = JsFuture::from(slice(file, from, to)?.array_buffer()).await;
    let buffer = buffer.map_err(|_| unreadable())?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A part of a file; nothing is read yet.
pub(super) fn slice(file: &Blob, from: f64, to: f64) -> Result<Blob, ApiError> {
    file.slice_with_f64_and_f64(from, to).map_err(|_| unreadable())
}

/// The file was changed, moved or deleted after it was chosen.
pub(super) fn unreadable() -> ApiError {
    invalid("the file cannot be read any more; choose it again")
}

fn invalid(text: &str) -> ApiError {
    ApiError::new(ErrorCode::Invalid, text)
}
