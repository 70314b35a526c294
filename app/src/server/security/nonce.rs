//! Puts the nonce on the inline scripts that Dioxus writes, and on no other script.
//!
//! Dioxus has no setting for a nonce, so it is inserted into the rendered page. A script gets it only
//! if its whole text is one of the three forms below, in which everything that varies is a JSON
//! literal: an injected script that imitates one can pass data to hydration, but run no code. Scripts
//! of the template are allowed without a nonce: files of this origin, and one by its hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The script at the start of the body, which receives the data of streamed parts. The bytes are
/// those of `dioxus-interpreter-js`.
const INITIALIZE_STREAMING: &str = include_str!("initialize_streaming.js");

/// The variables of the last script, in order. Debug builds define the last two.
const VARIABLES: [&str; 3] = [
    "window.initial_dioxus_hydration_data=",
    "window.initial_dioxus_hydration_debug_types=",
    "window.initial_dioxus_hydration_debug_locations=",
];

const OPEN: &str = "<script>";
const CLOSE: &str = "</script>";

/// Returns the page with the nonce on Dioxus' own inline scripts.
pub(super) fn add_nonce(html: &str, nonce: &str) -> String {
    let mut page = String::with_capacity(html.len() + 256);
    let mut rest = html;
    while let Some(start) = rest.find(OPEN) {
        let (before, tag) = rest.split_at(start);
        let text = &tag[OPEN.len()..];
        let end = text.find(CLOSE).unwrap_or(text.len());
        page.push_str(before);
        if is_between_tags(&page) && is_of_dioxus(&text[..end]) {
            page.push_str("<script nonce=\"");
            page.push_str(nonce);
            page.push_str("\">");
        } else {
            page.push_str(OPEN);
        }
        page.push_str(&text[..end]);
        rest = &text[end..];
    }
    page.push_str(rest);
    page
}

/// Whether a tag may start after this text. Within an unfinished tag, such as an injected
/// `<script src="//evil.example" `, the nonce would become an attribute of that tag.
fn is_between_tags(before: &str) -> bool {
    before.rfind('<') <= before.rfind('>')
}

fn is_of_dioxus(script: &str) -> bool {
    script.trim_end() == INITIALIZE_STREAMING.trim_end()
        || is_hydration_of_part(script)
        || is_initial_data(script)
}

/// `window.dx_hydrate([0,1], "base64")`, in debug builds with two more arrays.
fn is_hydration_of_part(script: &str) -> bool {
    let arguments = script.strip_prefix("window.dx_hydrate(").and_then(|s| s.strip_suffix(')'));
    let arguments = arguments.and_then(|list| serde_json::from_str(&format!("[{list}]")).ok());
    let Some(Value::Array(arguments)) = arguments else { return false };
    match arguments.as_slice() {
        [Value::Array(path), data, debug @ ..] => {
            path.iter().all(Value::is_u64) && is_base64(data) && debug.iter().all(is_debug)
        }
        _ => false,
    }
}

/// Assignments of JSON literals to [`VARIABLES`].
fn is_initial_data(script: &str) -> bool {
    let mut rest = script;
    for (index, variable) in VARIABLES.into_iter().enumerate() {
        let Some(literal) = rest.strip_prefix(variable) else {
            return index > 0 && rest.is_empty();
        };
        let mut values = serde_json::Deserializer::from_str(literal).into_iter::<Value>();
        let is_expected = if index == 0 { is_base64 } else { is_debug };
        if !values.next().is_some_and(|value| value.is_ok_and(|value| is_expected(&value))) {
            return false;
        }
        let Some(after) = literal[values.byte_offset()..].strip_prefix(';') else { return false };
        rest = after;
    }
    rest.is_empty()
}

fn is_base64(value: &Value) -> bool {
    value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok())
}

/// Names of types, or source locations.
fn is_debug(value: &Value) -> bool {
    let list = value.as_array();
    list.is_some_and(|list| list.iter().all(|one| one.is_string() || one.is_null()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_dioxus_get_the_nonce() {
        let streaming = INITIALIZE_STREAMING.trim_end();
        for script in [
            INITIALIZE_STREAMING,
            streaming,
            r#"window.initial_dioxus_hydration_data="AA==";"#,
            concat!(
                r#"window.initial_dioxus_hydration_data="oWE=";"#,
                r#"window.initial_dioxus_hydration_debug_types=[null,"a::B<C>"];"#,
                r#"window.initial_dioxus_hydration_debug_locations=[null,"a.rs:1:2"];"#,
            ),
            r#"window.dx_hydrate([0,1], "oWE=")"#,
            r#"window.dx_hydrate([0], "", ["a"], [null])"#,
        ] {
            let page = format!("<body><p>a &lt; b</p><script>{script}</script></body>");
            let marked = page.replace("<script>", "<script nonce=\"N\">");
            assert_eq!(add_nonce(&page, "N"), marked);
        }
    }

    #[test]
    fn an_injected_script_gets_no_nonce() {
        for injected in [
            "<script>alert(1)</script>",
            "<script src=\"//evil.example/x.js\"></script>",
            "<SCRIPT>alert(1)</SCRIPT>",
            "<script>window.dx_hydrate([0], \"oWE=\");alert(1)</script>",
            "<script>window.dx_hydrate([alert(1)], \"oWE=\")</script>",
            "<script>window.dx_hydrate([0], \"oWE=\"+alert(1))</script>",
            "<script>window.dx_hydrate([0], alert(1))</script>",
            "<script>window.dx_hydrate([0], \"not base64!\")</script>",
            "<script>window.initial_dioxus_hydration_data=\"oWE=\";alert(1);</script>",
            "<script>window.initial_dioxus_hydration_data=alert(1);</script>",
            "<script>window.hydrate_queue=[];alert(1)</script>",
            "<script></script>",
            "<script>",
            // The nonce would become an attribute of the injected tag.
            "<script src=\"//evil.example/x.js\" <script>window.dx_hydrate([0], \"\")</script>",
            // Dioxus' script would become the text of the injected one.
            "<script>alert(1)/*<script>window.dx_hydrate([0], \"\")</script>",
        ] {
            assert_eq!(add_nonce(injected, "N"), injected);
        }
    }

    #[test]
    fn an_unfinished_tag_does_not_take_the_nonce_of_the_next_script() {
        let page = "<p><script src=\"//evil.example/x.js\" <script>window.dx_hydrate([0], \"\")</script>\
                    <script>window.dx_hydrate([1], \"\")</script>";
        let marked = add_nonce(page, "N");
        assert_eq!(marked.matches("nonce=").count(), 1);
        assert!(marked.ends_with("<script nonce=\"N\">window.dx_hydrate([1], \"\")</script>"));
    }
}
