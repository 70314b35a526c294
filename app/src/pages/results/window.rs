//! Which rows of a long table are in the document. The rest are two empty rows, as high as what
//! they stand for.

/// Height of a row, in CSS pixels, as in the style sheet.
pub const ROW_PIXELS: f64 = 36.0;

/// The greatest height of the scrolled part, in CSS pixels, as in the style sheet.
pub const VIEW_PIXELS: f64 = 704.0;

/// So many rows are there before and after the visible ones, so that scrolling shows no gap.
const MARGIN_ROWS: u64 = 12;

/// Browsers end elements at 17.9 (Firefox) to 33.5 million pixels. In longer tables the scroll bar
/// goes through the rows faster than the pixels do.
const MAX_PIXELS: f64 = 15_000_000.0;

/// Rows in the document, and the heights around them in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The first row.
    pub first: u64,
    /// Past the last row.
    pub end: u64,
    /// Height before them.
    pub before: f64,
    /// Height after them.
    pub after: f64,
}

/// The window of a table of `rows` rows, scrolled so far.
pub fn window(rows: u64, scrolled: f64) -> Window {
    let height = table_pixels(rows);
    let scrolled = scrolled.clamp(0.0, (height - VIEW_PIXELS).max(0.0));
    let at = first_visible(rows, scrolled);
    let visible = (VIEW_PIXELS / ROW_PIXELS).ceil() as u64 + 1;
    let first = (at as u64).saturating_sub(MARGIN_ROWS);
    let end = (at as u64).saturating_add(visible + MARGIN_ROWS).min(rows);
    // The visible rows stand where the scroll bar is, whatever it stands for.
    let before = (scrolled - (at - first as f64) * ROW_PIXELS).max(0.0);
    let shown = (end - first) as f64 * ROW_PIXELS;
    Window { first, end, before, after: (height - before - shown).max(0.0) }
}

/// Where the scroll bar is when a row is the first visible one.
pub fn scroll_of(rows: u64, row: u64) -> f64 {
    row as f64 * ROW_PIXELS / speed(rows)
}

/// How much faster rows go by than pixels.
fn speed(rows: u64) -> f64 {
    let full = rows as f64 * ROW_PIXELS;
    if full <= MAX_PIXELS { 1.0 } else { (full - VIEW_PIXELS) / (MAX_PIXELS - VIEW_PIXELS) }
}

fn table_pixels(rows: u64) -> f64 {
    (rows as f64 * ROW_PIXELS).min(MAX_PIXELS)
}

/// The first visible row; what is behind the point is the part of it that is scrolled out.
fn first_visible(rows: u64, scrolled: f64) -> f64 {
    scrolled * speed(rows) / ROW_PIXELS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tables_are_there_as_a_whole() {
        let all = window(5, 0.0);
        assert_eq!(all, Window { first: 0, end: 5, before: 0.0, after: 0.0 });
        assert_eq!(window(0, 0.0), Window { first: 0, end: 0, before: 0.0, after: 0.0 });
    }

    #[test]
    fn however_long_the_table_few_rows_are_there_and_its_height_stays() {
        for rows in [40, 3011, 100_000, 1_000_000, 50_000_000] {
            let height = table_pixels(rows);
            for part in 0..=20 {
                let scrolled = (height - VIEW_PIXELS) * f64::from(part) / 20.0;
                let w = window(rows, scrolled);
                assert!(w.end - w.first <= 46, "{rows} {part}: {w:?}");
                let sum = w.before + (w.end - w.first) as f64 * ROW_PIXELS + w.after;
                // Rows keep their height at the ends of tables that are sped through.
                assert!((sum - height).abs() < 2000.0, "{rows} {part}: {sum} of {height}");
                let visible_from = (scrolled - w.before) / ROW_PIXELS + w.first as f64;
                assert!(
                    (visible_from - first_visible(rows, scrolled)).abs() < 0.01 || w.first == 0
                );
            }
        }
    }

    #[test]
    fn both_ends_can_be_reached_and_every_row_scrolled_to() {
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
