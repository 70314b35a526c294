//! A figure as an SVG document with inline colors, for download.

use super::{Figure, WIDTH};
use std::fmt::Write;

/// Height of the title above the figure.
const HEAD: u32 = 30;

/// The colors of marks by [`super::Mark::tone`]: those of the light theme, which prints well.
const TONES: [&str; 2] = ["#0b6e6e", "#b0641f"];

const TEXT: &str = "#16282a";
const RULE: &str = "#9fb0b0";

/// Renders the document.
pub fn to_svg(figure: &Figure) -> String {
    let height = figure.height + HEAD;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 -{HEAD} {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\
         <title>{}</title><desc>{}</desc><rect y=\"-{HEAD}\" width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>",
        escape(&figure.title),
        escape(&figure.summary),
    );
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<text x=\"8\" y=\"-10\" font-size=\"15\" font-weight=\"bold\" fill=\"{TEXT}\">{}</text>\
         <path d=\"{}\" stroke=\"{RULE}\" fill=\"none\"/>",
        escape(&figure.title),
        figure.rules
    );
    for mark in &figure.marks {
        let color = TONES[usize::from(mark.tone) % TONES.len()];
        let _ = write!(
            out,
            "<path d=\"{}\" fill=\"{color}\"><title>{}: {}</title></path>",
            mark.path,
            escape(&mark.label),
            mark.count
        );
    }
    for text in &figure.texts {
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{} fill=\"{TEXT}\">{}</text>",
            text.x,
            text.y,
            text.anchor.as_str(),
            if text.is_heading { " font-weight=\"bold\"" } else { "" },
            escape(&text.text)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Escapes text for XML. Contig names come from the user's file and may contain any character.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contig_name_cannot_inject_markup() {
        let title = "<script>\"&".to_owned();
        let svg = to_svg(&Figure { title, ..Figure::default() });
        assert!(svg.contains("<title>&lt;script&gt;&quot;&amp;</title>"), "{svg}");
    }
}
