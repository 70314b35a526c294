//! HTML pages and their security headers.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// Who may show a page in a frame.
pub(super) enum Frame<'a> {
    /// No page.
    Nobody,
    /// Pages of one origin.
    Of(&'a str),
}

/// Escapes text for HTML, including attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Renders a page. `title` and `body` are HTML.
pub(super) fn page(status: StatusCode, frame: &Frame<'_>, title: &str, body: &str) -> Response {
    let ancestors = match frame {
        Frame::Nobody => "'none'",
        Frame::Of(origin) => origin,
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; \
         frame-ancestors {ancestors}"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
    ];
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/page.css\">{body}</html>"
    );
    (status, headers, Html(html)).into_response()
}

/// Renders an error page.
pub(super) fn problem(status: StatusCode, frame: &Frame<'_>, text: &str) -> Response {
    let text = escape(text);
    page(
        status,
        frame,
        "Something went wrong",
        &format!("<h1>Something went wrong</h1><p>{text}</p>"),
    )
}

/// Renders a card form. The field names are those of Stripe's page.
pub(super) fn card_form(action: &str, button: &str, error: Option<&str>) -> String {
    let error =
        error.map(escape).map_or_else(String::new, |text| format!("<p role=\"alert\">{text}</p>"));
    format!(
        "<form method=\"post\" action=\"{}\">{error}\
         <label>Card number <input name=\"number\" inputmode=\"numeric\" autocomplete=\"cc-number\" \
         placeholder=\"1234 1234 1234 1234\" required></label>\
         <label>Expiration <input name=\"expiry\" autocomplete=\"cc-exp\" placeholder=\"MM / YY\" \
         required></label>\
         <label>CVC <input name=\"cvc\" inputmode=\"numeric\" autocomplete=\"cc-csc\" \
         placeholder=\"CVC\" required></label>\
         <button name=\"action\" value=\"card\">{button}</button></form>",
        escape(action)
    )
}

/// The footer of every page.
pub(super) const FOOTER: &str = "<footer>This is not Stripe: no money moves. Test cards: \
    4242 4242 4242 4242 succeeds, 4000 0000 0000 0002 is declined; any later date, any CVC.</footer>";
