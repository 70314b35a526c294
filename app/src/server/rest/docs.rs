//! `/api/docs`: the OpenAPI document as an HTML page without scripts, and a shell script that annotates files.

use super::DOCUMENT;
use super::problem::Code;
use crate::components::inline_markdown;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Html;
use axum::routing::get;
use dioxus::prelude::*;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The parts of the application's style sheets that this page needs. The application's own file
/// cannot be linked, since its name changes with its content.
const STYLE: &str = concat!(
    include_str!("../../../../assets/css/00-tokens.css"),
    include_str!("../../../../assets/css/10-base.css"),
    include_str!("docs.css"),
);

static PAGE: LazyLock<String> = LazyLock::new(page);

/// The page and its style sheet.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/api/docs", get(|| async { Html(PAGE.as_str()) }))
        .route("/api/docs.css", get(|| async { ([(header::CONTENT_TYPE, CSS)], STYLE) }))
        .route("/api/annotate.sh", get(|| async { ([(header::CONTENT_TYPE, SCRIPT)], ANNOTATE) }))
}

const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/x-shellscript; charset=utf-8");

/// The requests from the creation of a job to the download of its result, as a script that users run.
const ANNOTATE: &str = include_str!("../../../../assets/api/annotate.sh");

/// The start of the paths that only operators use. Users look for the others first.
const OPERATOR_PATHS: &str = "/api/v1/admin/";

fn page() -> String {
    // Parsing cannot fail: the document is serialized by this crate.
    let document: Value = serde_json::from_str(&DOCUMENT).unwrap_or_default();
    let body = dioxus::ssr::render_element(body(&document));
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>API · GAS</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/api/docs.css\"></head>\
         <body>{body}</body></html>"
    )
}

fn body(document: &Value) -> Element {
    let info = &document["info"];
    let no_map = Map::new();
    let mut operations: Vec<_> = map(&document["paths"], &no_map)
        .iter()
        .flat_map(|(path, methods)| {
            map(methods, &no_map).iter().map(move |(method, operation)| (method, path, operation))
        })
        .collect();
    // A stable sort: the paths stay in alphabetical order.
    operations.sort_by_key(|(_, path, _)| path.starts_with(OPERATOR_PATHS));
    let schemas = map(&document["components"]["schemas"], &no_map);
    rsx! {
        header { class: "docs-top",
            a { href: "/", "GAS" }
            a { href: "/account", "Your tokens" }
            a { href: "/api/v1/openapi.json", "OpenAPI document" }
        }
        main { class: "docs",
            h1 { {text(&info["title"])} }
            p { class: "docs-lead", {inline_markdown(&text(&info["description"]))} }
            pre { tabindex: "0", code { {EXAMPLE} } }
            h2 { id: "script", "A script that annotates files" }
            p {
                "For each file, it creates a job, uploads the file, submits the job, waits, and downloads the result. Save it as "
                a { href: "/api/annotate.sh", download: "annotate.sh", "annotate.sh" }
                ", or take its requests into your own program."
            }
            pre { tabindex: "0", role: "region", "aria-label": "annotate.sh", code { {ANNOTATE} } }
            h2 { id: "operations", "Operations" }
            for (method , path , operation) in operations {
                section { class: "docs-operation",
                    h3 {
                        span { class: "docs-method", {method.to_uppercase()} }
                        code { "{path}" }
                    }
                    {operation_body(operation)}
                }
            }
            h2 { id: "types", "Types" }
            for (name , schema) in schemas.iter() {
                section { class: "docs-operation",
                    h3 { id: "type-{name}", "{name}" }
                    {schema_body(schema)}
                }
            }
            h2 { id: "errors", "Errors" }
            p {
                "Errors have the content type application/problem+json (RFC 9457). Their "
                code { "type" }
                " links to this list."
            }
            dl { class: "docs-list",
                for code in Code::ALL {
                    dt { id: code.as_str(), code { {code.as_str()} } " {code.status().as_u16()}" }
                    dd { {code.title()} }
                }
            }
        }
    }
}

const EXAMPLE: &str = "curl -H \"Authorization: Bearer $GAS_TOKEN\" https://…/api/v1/jobs";

fn operation_body(operation: &Value) -> Element {
    let scopes: Vec<_> = list(&operation["security"][0]["token"]).iter().map(text).collect();
    let parameters: Vec<_> = list(&operation["parameters"])
        .iter()
        .map(|one| (text(&one["name"]), text(&one["in"]), text(&one["description"])))
        .collect();
    let no_map = Map::new();
    let responses = map(&operation["responses"], &no_map);
    rsx! {
        p { strong { {inline_markdown(&text(&operation["summary"]))} } }
        if operation["description"].is_string() {
            p { {inline_markdown(&text(&operation["description"]))} }
        }
        dl { class: "docs-list",
            dt { "Scope" }
            dd { if scopes.is_empty() { "any" } else { code { {scopes.join(" ")} } } }
            if operation["requestBody"].is_object() {
                dt { "Body" }
                dd { {content(&operation["requestBody"])} }
            }
            for (name , location , description) in parameters {
                dt { code { "{name}" } " ({location})" }
                dd { {inline_markdown(&description)} }
            }
            for (status , response) in responses.iter() {
                dt { "{status}" }
                dd { {inline_markdown(&text(&response["description"]))} " " {content(response)} }
            }
        }
    }
}

/// A link to the schema of a request or response body.
fn content(of: &Value) -> Element {
    let no_map = Map::new();
    let schema = map(&of["content"], &no_map).values().next().map(|media| &media["schema"]);
    match schema.and_then(|schema| schema["$ref"].as_str()).and_then(|path| path.rsplit('/').next())
    {
        Some(name) => rsx! { a { href: "#type-{name}", "{name}" } },
        None => rsx! {},
    }
}

fn schema_body(schema: &Value) -> Element {
    let no_map = Map::new();
    let fields = map(&schema["properties"], &no_map);
    let values: Vec<_> = list(&schema["enum"])
        .iter()
        .chain(list(&schema["oneOf"]).iter().flat_map(|one| list(&one["enum"])))
        .map(text)
        .collect();
    rsx! {
        p { {inline_markdown(&text(&schema["description"]))} }
        if !values.is_empty() {
            p { "One of " code { {values.join(" ")} } }
        }
        dl { class: "docs-list",
            for (name , field) in fields.iter() {
                dt { code { "{name}" } }
                dd { {inline_markdown(&text(&field["description"]))} }
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn map<'a>(value: &'a Value, none: &'a Map<String, Value>) -> &'a Map<String, Value> {
    value.as_object().unwrap_or(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_every_operation_type_and_error() {
        let page = page();
        let document: Value = serde_json::from_str(&DOCUMENT).unwrap();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(page.contains(path.as_str()), "{path}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("id=\"type-{name}\"")), "{name}");
        }
        for code in Code::ALL {
            assert!(page.contains(&format!("id=\"{}\"", code.as_str())), "{}", code.as_str());
        }
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
        assert!(place("/api/v1/jobs/{id}/submit") < place("/api/v1/admin/users"), "operators last");
        assert!(!page.contains('`'), "code is shown as code");
        assert!(!page.contains("<script") && !page.contains("style="), "the policy forbids both");
    }
}
