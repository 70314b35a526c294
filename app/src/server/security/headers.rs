//! Security headers of responses, above all the Content Security Policy.

use super::nonce::add_nonce;
use super::page_template::TemplateSources;
use crate::server::Web;
use crate::server::settings::Settings;
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gas_backend::Gas;
use gas_backend::ports::Download;
use gas_shared::job::ObjectLocation;
use jiff::SignedDuration;

/// The largest page, in bytes; far larger than any real page.
const MAX_HTML_BYTES: usize = 8 * 1024 * 1024;

/// The parts of the headers that depend on the deployment.
pub struct Policies {
    upload_origin: String,
    sign_in_origin: String,
    /// `None` if nothing is sold.
    stripe: Option<StripeSources>,
    template: TemplateSources,
    https: bool,
}

/// The origins of Stripe's scripts, frames, API calls and images
/// (<https://docs.stripe.com/security/guide#content-security-policy>).
struct StripeSources {
    /// The origin of Stripe.js.
    script: String,
    frames: String,
    calls: String,
    images: String,
}

impl StripeSources {
    /// The origins that belong to a Stripe.js URL. An emulator serves everything from one origin.
    fn of(script_url: &str) -> anyhow::Result<Self> {
        let script = origin(script_url)?;
        if script == "https://js.stripe.com" {
            return Ok(Self {
                frames: format!("{script} https://hooks.stripe.com https://*.stripe.com"),
                calls: "https://api.stripe.com https://checkout.stripe.com".to_owned(),
                images: "https://*.stripe.com".to_owned(),
                script,
            });
        }
        let all = || script.clone();
        Ok(Self { frames: all(), calls: all(), images: all(), script })
    }
}

impl Policies {
    /// Determines the origins that pages may connect to: uploads, sign-in and Stripe.
    ///
    /// # Errors
    /// If the object store cannot sign a link or a URL of the settings is invalid.
    pub async fn new(gas: &Gas, settings: &Settings) -> anyhow::Result<Self> {
        // Only the link's origin is used; the object need not exist.
        let file = ObjectLocation {
            bucket: gas.object_keys.inputs_bucket.clone(),
            key: gas.object_keys.prefix.clone(),
        };
        let valid_for = SignedDuration::from_secs(1);
        let link = Download { file: &file, save_as: "origin", valid_for };
        let link = gas.objects.sign_download(&link).await?;
        Ok(Self {
            upload_origin: origin(&link)?,
            sign_in_origin: origin(&settings.oidc_issuer)?,
            stripe: settings
                .billing
                .stripe()
                .map(|stripe| StripeSources::of(&stripe.js_url))
                .transpose()?,
            template: TemplateSources::read(),
            https: settings.public_url.is_https(),
        })
    }

    fn content_security_policy(&self, nonce: Option<&str>) -> String {
        let nonce = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
        let (upload, sign_in) = (&self.upload_origin, &self.sign_in_origin);
        let stripe = |of: fn(&StripeSources) -> &str| {
            self.stripe.as_ref().map(|stripe| format!(" {}", of(stripe))).unwrap_or_default()
        };
        let (script, images) = (stripe(|all| &all.script), stripe(|all| &all.images));
        let (calls, frames) = (stripe(|all| &all.calls), stripe(|all| &all.frames));
        let frames = if frames.is_empty() { " 'none'" } else { &frames };
        let template = &self.template;
        let (inline_script, inline_style) = (&template.script, &template.style);
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{script}{inline_script}{nonce}; \
             style-src 'self'{inline_style}; img-src 'self' data:{images}; font-src 'self'; \
             connect-src 'self' {upload}{calls}; frame-src{frames}; \
             form-action 'self' {sign_in}; base-uri 'none'; frame-ancestors 'none'"
        )
    }

    fn write(&self, headers: &mut HeaderMap, nonce: Option<&str>) {
        let policy = self.content_security_policy(nonce);
        // Origins parsed from URLs and a base64 nonce are always valid header text.
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        let payment = match &self.stripe {
            Some(stripe) => format!("(self \"{}\")", stripe.script),
            None => "()".to_owned(),
        };
        let features = format!("camera=(), geolocation=(), microphone=(), payment={payment}");
        if let Ok(features) = HeaderValue::from_str(&features) {
            headers.insert(HeaderName::from_static("permissions-policy"), features);
        }
        const FIXED: [(HeaderName, &str); 3] = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
        ];
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.https {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
    }
}

fn origin(url: &str) -> anyhow::Result<String> {
    let url = openidconnect::url::Url::parse(url)?;
    Ok(url.origin().ascii_serialization())
}

/// Sets the security headers of every response, with a new nonce for Dioxus' scripts in each page.
/// Pages and responses of server functions are personal, so caches must not store them.
pub async fn set_headers(Extension(web): Extension<Web>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    if is_html(response.headers()) {
        let nonce = STANDARD_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes());
        response = match mark_scripts(response, &nonce).await {
            Ok(response) => response,
            Err(error) => return cannot_render(&error),
        };
        web.policies.write(response.headers_mut(), Some(&nonce));
        no_store(response.headers_mut());
    } else {
        web.policies.write(response.headers_mut(), None);
        if is_api {
            no_store(response.headers_mut());
        }
    }
    response
}

fn cannot_render(error: &axum::Error) -> Response {
    tracing::error!(%error, "failed to render a page");
    (StatusCode::INTERNAL_SERVER_ERROR, "this page could not be rendered; try again")
        .into_response()
}

fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn is_html(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("text/html"))
}

async fn mark_scripts(response: Response, nonce: &str) -> Result<Response, axum::Error> {
    let (mut parts, body) = response.into_parts();
    let html = to_bytes(body, MAX_HTML_BYTES).await?;
    let html = add_nonce(&String::from_utf8_lossy(&html), nonce);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok((parts, Body::from(html)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies() -> Policies {
        Policies {
            upload_origin: "https://gas-inputs.s3.amazonaws.com".into(),
            sign_in_origin: "https://auth.globus.org".into(),
            stripe: Some(StripeSources::of("https://js.stripe.com/dahlia/stripe.js").unwrap()),
            template: TemplateSources::default(),
            https: true,
        }
    }

    #[test]
    fn the_policy_allows_what_the_pages_need_and_no_inline_code() {
        insta::assert_snapshot!(policies().content_security_policy(Some("bm9uY2U")), @"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' https://js.stripe.com 'nonce-bm9uY2U'; style-src 'self'; img-src 'self' data: https://*.stripe.com; font-src 'self'; connect-src 'self' https://gas-inputs.s3.amazonaws.com https://api.stripe.com https://checkout.stripe.com; frame-src https://js.stripe.com https://hooks.stripe.com https://*.stripe.com; form-action 'self' https://auth.globus.org; base-uri 'none'; frame-ancestors 'none'");
    }

    #[test]
    fn an_emulated_stripe_replaces_the_origins_of_the_real_one() {
        let local = StripeSources::of("http://127.0.0.1:4600/v1/stripe.js").unwrap();
        let policy = Policies { stripe: Some(local), ..policies() }.content_security_policy(None);
        assert!(policy.contains("'wasm-unsafe-eval' http://127.0.0.1:4600; "), "{policy}");
        assert!(policy.contains("frame-src http://127.0.0.1:4600; "), "{policy}");
        assert!(!policy.contains("stripe.com"), "{policy}");
    }

    #[test]
    fn a_service_without_billing_allows_nothing_of_stripe() {
        let policies = Policies { stripe: None, ..policies() };
        let policy = policies.content_security_policy(None);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'; "), "{policy}");
        assert!(policy.contains("frame-src 'none'; ") && !policy.contains("stripe"), "{policy}");
        let mut headers = HeaderMap::new();
        policies.write(&mut headers, None);
        let features = headers["permissions-policy"].to_str().unwrap();
        assert!(features.ends_with("payment=()"), "{features}");
    }

    #[test]
    fn tls_deployments_set_strict_transport_security() {
        let mut headers = HeaderMap::new();
        policies().write(&mut headers, None);
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
