//! Text with a little Markdown: code, strong text and links, as in the changelog and the API document.

use dioxus::prelude::*;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// Text in backticks.
    Code(&'a str),
    /// Text in double asterisks.
    Strong(&'a str),
}

/// Splits a text at its marks. A link is its text. A mark without an end is text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let starts = ["`", "**", "["].map(|mark| rest.find(mark));
        let Some(start) = starts.into_iter().flatten().min() else { break };
        let (before, marked) = rest.split_at(start);
        let next = [
            ("`", "`", Piece::Code as fn(_) -> _),
            ("**", "**", Piece::Strong),
            ("[", "](", Piece::Text),
        ]
        .into_iter()
        .find(|(open, ..)| marked.starts_with(open))
        .and_then(|(open, close, piece)| {
            let inner = &marked[open.len()..];
            let end = inner.find(close)?;
            let mut after = &inner[end + close.len()..];
            if open == "[" {
                after = after.split_once(')')?.1;
            }
            Some((piece(&inner[..end]), after))
        });
        let Some((piece, after)) = next else {
            // The mark has no end.
            let length = start + if marked.starts_with("**") { 2 } else { 1 };
            found.push(Piece::Text(&rest[..length]));
            rest = &rest[length..];
            continue;
        };
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// A text with its code and strong text. Links are shown as their texts. A function and not a component, because pages
/// have hundreds of these texts, and a component costs more than its few elements.
pub fn inline_markdown(text: &str) -> Element {
    rsx! {
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => rsx! { "{text}" },
                Piece::Code(code) => rsx! { code { "{code}" } },
                Piece::Strong(text) => rsx! { strong { "{text}" } },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_pieces_and_unfinished_marks_stay() {
        use Piece::{Code, Strong, Text};
        assert_eq!(
            pieces("see `gas up` and [the docs](docs/a.md), **now**"),
            [
                Text("see "),
                Code("gas up"),
                Text(" and "),
                Text("the docs"),
                Text(", "),
                Strong("now")
            ]
        );
        assert_eq!(pieces("a ` b"), [Text("a `"), Text(" b")]);
        assert_eq!(pieces("x[0] é"), [Text("x["), Text("0] é")]);
        assert_eq!(pieces(""), []);
    }
}
