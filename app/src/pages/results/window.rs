//! Which rows of a long table are in the document. Two spacers take the height of the other rows.

/// Height of a row in CSS pixels, as in the style sheet.
pub const ROW_PIXELS: f64 = 24.0;

/// The greatest height of the visible part in CSS pixels, as in the style sheet.
pub const VIEW_PIXELS: f64 = 696.0;

/// Rows before and after the visible ones, so that scrolling shows no gap.
const MARGIN_ROWS: u64 = 12;

/// The greatest height of the table. Browsers limit elements to 17.9 (Firefox) to 33.5 million pixels,
/// so in longer tables a scrolled pixel stands for more rows.
const MAX_PIXELS: f64 = 15_000_000.0;

/// The rows in the document, and the heights around them in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The first row.
    pub first: u64,
    /// The row after the last one.
    pub end: u64,
    /// Height of the rows before the window.
    pub before: f64,
    /// Height of the rows after the window.
    pub after: f64,
}

/// The window of a table with `rows` rows that is scrolled by `scrolled` pixels.
pub fn window(rows: u64, scrolled: f64) -> Window {
    let height = table_pixels(rows);
    let scrolled = scrolled.clamp(0.0, (height - VIEW_PIXELS).max(0.0));
    let at = first_visible(rows, scrolled);
    let visible = (VIEW_PIXELS / ROW_PIXELS).ceil() as u64 + 1;
    let first = (at as u64).saturating_sub(MARGIN_ROWS);
    let end = (at as u64).saturating_add(visible + MARGIN_ROWS).min(rows);
    // The visible rows are at the position of the scroll bar.
    let before = (scrolled - (at - first as f64) * ROW_PIXELS).max(0.0);
    let shown = (end - first) as f64 * ROW_PIXELS;
    Window { first, end, before, after: (height - before - shown).max(0.0) }
}

/// The scroll position at which a row is the first visible one.
pub fn scroll_of(rows: u64, row: u64) -> f64 {
    row as f64 * ROW_PIXELS / speed(rows)
}

/// The ratio of the height of the rows to the height of the table.
fn speed(rows: u64) -> f64 {
    let full = rows as f64 * ROW_PIXELS;
    if full <= MAX_PIXELS { 1.0 } else { (full - VIEW_PIXELS) / (MAX_PIXELS - VIEW_PIXELS) }
}

fn table_pixels(rows: u64) -> f64 {
    (rows as f64 * ROW_PIXELS).min(MAX_PIXELS)
}

/// The first visible row; the fraction is the part of it that is scrolled out of view.
fn first_visible(rows: u64, scrolled: f64) -> f64 {
    scrolled * speed(rows) / ROW_PIXELS
}

/// The first row of which nothing is scrolled out of view.
pub fn first_whole_row(rows: u64, scrolled: f64) -> u64 {
    (first_visible(rows, scrolled).ceil() as u64).min(rows.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tables_are_completely_in_the_document() {
        let all = window(5, 0.0);
        assert_eq!(all, Window { first: 0, end: 5, before: 0.0, after: 0.0 });
        assert_eq!(window(0, 0.0), Window { first: 0, end: 0, before: 0.0, after: 0.0 });
    }

    #[test]
    fn long_tables_keep_their_height_with_few_rows_in_the_document() {
        for rows in [40, 3011, 100_000, 1_000_000, 50_000_000] {
            let height = table_pixels(rows);
            for part in 0..=20 {
                let scrolled = (height - VIEW_PIXELS) * f64::from(part) / 20.0;
                let w = window(rows, scrolled);
                // 29 rows fill the view; one more is cut off, and 24 are around them.
                assert!(w.end - w.first <= 54, "{rows} {part}: {w:?}");
                let sum = w.before + (w.end - w.first) as f64 * ROW_PIXELS + w.after;
                // At the ends of very long tables, rows keep their height.
                assert!((sum - height).abs() < 2000.0, "{rows} {part}: {sum} of {height}");
                let visible_from = (scrolled - w.before) / ROW_PIXELS + w.first as f64;
                assert!(
                    (visible_from - first_visible(rows, scrolled)).abs() < 0.01 || w.first == 0
                );
            }
        }
    }

    #[test]
    fn the_first_page_has_all_rows_that_are_in_the_document_at_first() {
        let rows = window(u64::MAX, 0.0).end;
        assert!(rows <= u64::from(super::super::CHUNK_ROWS), "{rows}");
    }

    #[test]
    fn the_first_whole_row_is_visible_and_exists() {
        let of = |rows, scrolled| first_whole_row(rows, scrolled);
        assert_eq!([of(3011, 0.0), of(3011, 24.0), of(3011, 25.0)], [0, 1, 2]);
        assert_eq!([of(2, 500.0), of(0, 0.0)], [1, 0]);
    }

    #[test]
    fn every_row_including_both_ends_can_be_scrolled_to() {
        for rows in [3011, 1_000_000] {
            assert_eq!(window(rows, 0.0).first, 0);
            assert_eq!(window(rows, f64::MAX).end, rows);
            for row in [0, 17, rows / 2] {
                let w = window(rows, scroll_of(rows, row));
                assert!((w.first..w.end).contains(&row));
            }
        }
    }
}
