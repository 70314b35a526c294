//! Reads the lines of the records that match a filter.

use crate::Error;
use crate::explorer::Explorer;
use crate::format::BlockOffset;
use crate::limits::PIECE_BYTES;
use crate::selection::Selection;
use crate::text::{LineRange, Span, read_text, without_line_ends};
use crate::yield_now::yield_now;
use bytes::{Bytes, BytesMut};
use gas_shared::explorer::Filter;
use std::collections::VecDeque;
use std::sync::Arc;

/// The lines of the matching records that are not read yet.
pub(super) struct MatchingLines {
    pub explorer: Arc<Explorer>,
    selection: Arc<Selection>,
    /// The bytes of a line that are read.
    limit: u64,
    /// The next block.
    block: usize,
    /// The lines of the current block that are not yet read.
    spans: VecDeque<Span>,
    /// The BGZF blocks of the current block.
    offsets: Vec<BlockOffset>,
}

impl MatchingLines {
    /// The lines of the records that match a filter, of which at most `limit` bytes are read.
    pub async fn select(
        explorer: Arc<Explorer>,
        filter: &Filter,
        limit: u64,
    ) -> Result<Self, Error> {
        let selection = explorer.select(filter, false).await?;
        let (spans, offsets) = (VecDeque::new(), Vec::new());
        Ok(Self { explorer, selection, limit, block: 0, spans, offsets })
    }

    /// Reads the next lines; `None` after the last one.
    pub async fn next_lines(&mut self) -> Result<Option<(Span, Bytes)>, Error> {
        let Some(span) = self.next_span().await? else { return Ok(None) };
        let text = self.read(&span, span.range.end).await?;
        Ok(Some((span, text)))
    }

    /// Reads the next text of complete lines, each with a line end, or the next part of a line that is longer than
    /// [`PIECE_BYTES`]; `None` after the last one.
    pub async fn next_text(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(span) = self.next_span().await? else { return Ok(None) };
        if span.range.end - span.range.start > PIECE_BYTES {
            return self.start_of_line(span).await.map(Some);
        }
        let text = self.read(&span, span.range.end).await?;
        let mut out = BytesMut::with_capacity(text.len());
        for line in span.texts(&text) {
            out.extend_from_slice(line.text);
            out.extend_from_slice(b"\n");
        }
        Ok(Some(out.freeze()))
    }

    async fn read(&self, span: &Span, end: u64) -> Result<Bytes, Error> {
        let (result, bgzf) = (&*self.explorer.result, self.explorer.footer.bgzf);
        read_text(result, &self.offsets, bgzf, span.range.start..end).await
    }

    async fn next_span(&mut self) -> Result<Option<Span>, Error> {
        yield_now().await;
        while self.spans.is_empty() {
            let Some(matches) = self.selection.blocks.get(self.block) else { return Ok(None) };
            let rows = self.explorer.footer.blocks[self.block].rows;
            let mut numbers = Vec::with_capacity(matches.count(rows) as usize);
            matches.for_each(rows, |row| numbers.push(row));
            if !numbers.is_empty() {
                let rows = numbers.into_iter();
                let lines = self.explorer.lines_of_rows(self.block, rows, self.limit).await?;
                (self.spans, self.offsets) = (lines.0.into(), lines.1);
                yield_now().await;
            }
            self.block += 1;
        }
        Ok(self.spans.pop_front())
    }

    /// The start of a long line, which is the only one of its span. The rest becomes the next span.
    async fn start_of_line(&mut self, span: Span) -> Result<Bytes, Error> {
        let end = span.range.start + PIECE_BYTES;
        let text = self.read(&span, end).await?;
        // Only empty lines follow a line end.
        if let Some(line_end) = memchr::memchr(b'\n', &text) {
            return Ok([without_line_ends(&text[..line_end]), b"\n"].concat().into());
        }
        let rest = span.lines.iter().map(|line| LineRange {
            number: line.number,
            range: end..line.range.end,
            bytes: line.range.end - end,
        });
        self.spans.push_front(Span { range: end..span.range.end, lines: rest.collect() });
        Ok(text)
    }
}
