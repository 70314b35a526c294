//! The content of files.

use crate::browser::data::Decompressed;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ReadableStreamDefaultReader, ReadableWritablePair};

#[wasm_bindgen]
extern "C" {
    /// The browser's gzip decoder, which web-sys offers only among its unstable interfaces.
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// The content of a file, which the browser reads on demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob(pub(super) web_sys::Blob);

impl Blob {
    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.0.size() as u64
    }

    /// When a file of the user's was last modified, in milliseconds since 1970. `None` if the content
    /// is not such a file.
    pub fn last_modified(&self) -> Option<f64> {
        let file: &File = self.0.dyn_ref()?;
        Some(file.last_modified())
    }

    /// The bytes from `start` (inclusive) to `end` (exclusive), without reading them yet. `None` if
    /// the file is not accessible any more.
    pub fn slice(&self, start: u64, end: u64) -> Option<Self> {
        self.0.slice_with_f64_and_f64(start as f64, end as f64).ok().map(Self)
    }

    /// Reads the bytes from `start` (inclusive) to `end` (exclusive). `None` if the file was modified,
    /// moved or deleted after it was chosen.
    pub async fn read(&self, start: u64, end: u64) -> Option<Vec<u8>> {
        let buffer = JsFuture::from(self.slice(start, end)?.0.array_buffer()).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }

    /// Decompresses the beginning of a gzip file, at least `limit` bytes if there are as many. The
    /// browser reads no more of the file than that takes.
    pub async fn gunzip(&self, limit: usize) -> Decompressed {
        let mut bytes = Vec::new();
        let is_complete = self.gunzip_into(&mut bytes, limit).await.unwrap_or(false);
        Decompressed { bytes, is_complete }
    }

    async fn gunzip_into(&self, bytes: &mut Vec<u8>, limit: usize) -> Result<bool, JsValue> {
        let decoder = DecompressionStream::new("gzip")?;
        let decoded = self.0.stream().pipe_through(&decoder);
        let reader = ReadableStreamDefaultReader::new(&decoded)?;
        while bytes.len() < limit {
            let step = JsFuture::from(reader.read()).await?;
            if Reflect::get(&step, &"done".into())?.is_truthy() {
                return Ok(true);
            }
            bytes.extend(Uint8Array::new(&Reflect::get(&step, &"value".into())?).to_vec());
        }
        // The rest is not needed, so the result of the cancellation does not matter.
        _ = reader.cancel();
        Ok(false)
    }
}
