//! Indexes and opens results in memory.
#![allow(dead_code, reason = "each test file uses part of this")]

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use futures::TryStreamExt;
use futures::executor::block_on;
use gas_explorer::{Cache, Error, Explorer, index};
use gas_shared::explorer::{ExportFormat, Filter, Query, Sort};
use std::io::Write;
use std::sync::Arc;

/// Indexes and opens a result, with `block_rows` records per block.
pub fn open(result: &[u8], block_rows: u32) -> Result<Explorer, Error> {
    let mut bytes = Vec::new();
    let options = index::Options { block_rows };
    index::build_with(result, &mut bytes, options)?;
    open_index(bytes, result)
}

pub fn open_index(index: Vec<u8>, result: &[u8]) -> Result<Explorer, Error> {
    let source = |bytes: Vec<u8>| Arc::new(Bytes::from(bytes));
    // The cache is so small that columns are evicted and read again.
    let cache = Cache::new(200_000);
    block_on(Explorer::open(source(index), source(result.to_vec()), cache))
}

/// The numbers of the rows of all pages.
pub fn numbers(explorer: &Explorer, filter: &Filter, sort: Sort, limit: u32) -> Vec<u64> {
    let mut rows = Vec::new();
    loop {
        let offset = rows.len() as u64;
        let query = Query {
            filter: filter.clone(),
            sort: sort.clone(),
            offset,
            limit,
            facets: false,
            ..Query::default()
        };
        let page = block_on(explorer.page(&query)).unwrap();
        if page.rows.is_empty() {
            assert_eq!(page.matched, offset);
            return rows;
        }
        rows.extend(page.rows.iter().map(|row| row.number));
    }
}

pub fn export(explorer: Explorer, filter: &Filter, format: ExportFormat) -> String {
    String::from_utf8(export_bytes(explorer, filter, format)).unwrap()
}

pub fn export_bytes(explorer: Explorer, filter: &Filter, format: ExportFormat) -> Vec<u8> {
    let stream = Arc::new(explorer).export(filter.clone(), format);
    let pieces: Vec<Bytes> = block_on(stream.try_collect()).unwrap();
    pieces.concat()
}

/// Compresses a text with BGZF, in blocks of `block_bytes` bytes.
pub fn bgzf(text: &[u8], block_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for block in text.chunks(block_bytes).chain([&[][..]]) {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(block).unwrap();
        let packed = deflate.finish().unwrap();
        out.extend_from_slice(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, b'B', b'C', 2, 0]);
        out.extend_from_slice(&((packed.len() + 25) as u16).to_le_bytes());
        out.extend_from_slice(&packed);
        let mut crc = flate2::Crc::new();
        crc.update(block);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&(block.len() as u32).to_le_bytes());
    }
    out
}
