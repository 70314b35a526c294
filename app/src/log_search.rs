//! Searches a text in a run log.

/// An occurrence of the text: a line, and a range of bytes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The index of the line, from 0.
    pub line: usize,
    start: usize,
    end: usize,
}

/// All occurrences of a text, ignoring ASCII case and without overlaps. An empty text has none.
pub fn find(text: &str, needle: &str) -> Vec<Hit> {
    if needle.is_empty() {
        return Vec::new();
    }
    // Converting ASCII letters to lower case keeps byte offsets.
    let needle = needle.to_ascii_lowercase();
    let mut hits = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let content = content.to_ascii_lowercase();
        hits.extend(content.match_indices(&needle).map(|(start, found)| Hit {
            line,
            start,
            end: start + found.len(),
        }));
    }
    hits
}

/// A line split at its hits. Each piece is returned with whether it is a hit.
pub fn pieces<'a>(line: &'a str, hits: &[Hit]) -> Vec<(&'a str, bool)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for hit in hits {
        pieces.push((&line[from..hit.start], false));
        pieces.push((&line[hit.start..hit.end], true));
        from = hit.end;
    }
    pieces.push((&line[from..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_any_case_and_marked_in_its_original_case() {
        let log = "Total: 4\nété TOTAL total\n";
        let hits = find(log, "toTal");
        assert_eq!(hits.iter().map(|hit| hit.line).collect::<Vec<_>>(), [0, 1, 1]);
        let second = "été TOTAL total";
        let marked = [("été ", false), ("TOTAL", true), (" ", false), ("total", true)];
        assert_eq!(pieces(second, &hits[1..]), marked);
    }

    #[test]
    fn a_missing_or_empty_text_has_no_hits() {
        assert!(find("abc", "").is_empty());
        assert!(find("ab\nc", "bc").is_empty(), "no match spans two lines");
        assert_eq!(find("aaa", "aa").len(), 1, "matches do not overlap");
        assert_eq!(pieces("abc", &[]), [("abc", false)]);
        assert_eq!(pieces("", &[]), []);
    }
}
