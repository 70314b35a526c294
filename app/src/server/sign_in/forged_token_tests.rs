//! Sign-ins with a provider in this process: forged ID tokens, key rotation, and single use.

use super::*;
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gas_backend::testkit::{TestBilling, TestGas};
use jiff::Timestamp;
use openidconnect::core::{
    CoreHmacKey, CoreJwsSigningAlgorithm as Algorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey, LineEnding};
use serde_json::{Value, json};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

const CLIENT: &str = "gas-test";
const USER: &str = "6b3f2f0e-6a0e-4a52-9f0f-0a2f6a1f0001";

/// Two RSA keys, generated once since this is slow.
fn keys() -> &'static [rsa::RsaPrivateKey; 2] {
    static KEYS: OnceLock<[rsa::RsaPrivateKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| {
        [(); 2].map(|()| rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap())
    })
}

fn signing_key(number: usize) -> CoreRsaPrivateSigningKey {
    let pem = keys()[number].to_pkcs1_pem(LineEnding::LF).unwrap();
    let id = JsonWebKeyId::new(format!("key-{number}"));
    CoreRsaPrivateSigningKey::from_pem(&pem, Some(id)).unwrap()
}

/// What the provider does, and what it was asked.
#[derive(Default)]
struct Idp {
    issuer: String,
    /// The number of the key that it publishes.
    key: usize,
    algorithms: Vec<&'static str>,
    id_token: String,
    key_requests: usize,
    used_codes: Vec<String>,
    revoked: Vec<String>,
}

type Shared = Arc<Mutex<Idp>>;

/// A running provider and a client of it.
struct Test {
    idp: Shared,
    provider: Arc<Provider>,
    gas: TestGas,
}

impl Test {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let algorithms = vec!["RS256"];
        let idp =
            Arc::new(Mutex::new(Idp { issuer: issuer.clone(), algorithms, ..Idp::default() }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .with_state(idp.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let callback = "http://127.0.0.1:9/authcallback".to_owned();
        let provider = Arc::new(Provider::of_client(&issuer, CLIENT, "secret", callback).unwrap());
        Self { idp, provider, gas: TestGas::new() }
    }

    /// Starts a sign-in. Returns it with its nonce.
    async fn begin(&self) -> (Pending, String) {
        let (url, request) = self.provider.begin().await.unwrap();
        let url = openidconnect::url::Url::parse(&url).unwrap();
        let nonce = url.query_pairs().find(|(key, _)| key == "nonce").unwrap().1.into_owned();
        let (next, started_at) = (NextPath::parse(None), self.gas.gas.now());
        (Pending { request, next, started_at }, nonce)
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = Timestamp::now().as_second();
        json!({
            "iss": self.idp.lock().unwrap().issuer, "aud": CLIENT, "sub": USER, "nonce": nonce,
            "iat": now, "exp": now + 600, "name": "Ada", "email": "ada@example.org",
        })
    }

    async fn finish(&self, pending: Pending, id_token: String) -> Result<SignIn, String> {
        self.idp.lock().unwrap().id_token = id_token;
        let state = pending.request.state().to_owned();
        let code = format!("code-{state}");
        let query = CallbackQuery { code: Some(code), state: Some(state), ..Default::default() };
        finish(&TestBilling::new(&self.gas).billing, &self.provider, pending, query)
            .await
            .map_err(text)
    }

    /// A sign-in whose ID token `forge` makes of the valid claims.
    async fn sign_in(&self, forge: impl Fn(Value) -> String) -> Result<SignIn, String> {
        let (pending, nonce) = self.begin().await;
        let token = forge(self.claims(&nonce));
        self.finish(pending, token).await
    }

    async fn has_profile(&self) -> bool {
        let id = USER.parse().unwrap();
        self.gas.gas.accounts.account(id).await.unwrap().is_some()
    }

    fn key_requests(&self) -> usize {
        self.idp.lock().unwrap().key_requests
    }
}

fn text(error: SignInError) -> String {
    match error {
        SignInError::AccountClosing(user) => format!("{user} is closing"),
        SignInError::Blocked(user) => format!("{user} is blocked"),
        SignInError::TooMany(rejected) => rejected.to_string(),
        SignInError::Unknown(error) | SignInError::Failed(error) => format!("{error:#}"),
    }
}

async fn metadata(State(idp): State<Shared>) -> Json<Value> {
    let idp = idp.lock().unwrap();
    let url = |path: &str| format!("{}/{path}", idp.issuer);
    Json(json!({
        "issuer": idp.issuer, "authorization_endpoint": url("auth"),
        "token_endpoint": url("token"), "jwks_uri": url("jwks"),
        "revocation_endpoint": url("revoke"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": idp.algorithms,
    }))
}

async fn jwks(State(idp): State<Shared>) -> Json<Value> {
    let mut idp = idp.lock().unwrap();
    idp.key_requests += 1;
    Json(json!({ "keys": [signing_key(idp.key).as_verification_key()] }))
}

async fn token(State(idp): State<Shared>, form: String) -> Response {
    let mut idp = idp.lock().unwrap();
    let code = form.split('&').find(|pair| pair.starts_with("code=")).unwrap().to_owned();
    if idp.used_codes.contains(&code) {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
            .into_response();
    }
    idp.used_codes.push(code);
    Json(json!({
        "access_token": "at-1", "refresh_token": "rt-1", "token_type": "Bearer",
        "id_token": idp.id_token,
    }))
    .into_response()
}

async fn revoke(State(idp): State<Shared>, form: String) -> StatusCode {
    idp.lock().unwrap().revoked.push(form);
    StatusCode::OK
}

/// A token with a header and a signature over it.
fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn by_key(number: usize, claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": format!("key-{number}") });
    signed(&header, claims, |bytes| {
        signing_key(number).sign(&Algorithm::RsaSsaPkcs1V15Sha256, bytes).unwrap()
    })
}

/// A correctly signed token with other claims; null removes one.
fn with(mut claims: Value, changes: &Value) -> String {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            other => claims[name] = other.clone(),
        }
    }
    by_key(0, &claims)
}

#[tokio::test]
async fn a_valid_id_token_signs_in_and_its_tokens_are_revoked() {
    let test = Test::new().await;
    let signed_in = test.sign_in(|claims| by_key(0, &claims)).await.unwrap();
    assert!(signed_in.first && test.has_profile().await);
    assert_eq!(signed_in.account.email, "ada@example.org");
    let mut revoked = Vec::new();
    for _ in 0..200 {
        revoked = test.idp.lock().unwrap().revoked.clone();
        if revoked.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        revoked,
        ["token=at-1&token_type_hint=access_token", "token=rt-1&token_type_hint=refresh_token"]
    );
}

#[tokio::test]
async fn forged_id_tokens_are_rejected_and_create_no_profile() {
    let test = Test::new().await;
    let now = Timestamp::now().as_second();
    let none = |claims: Value| signed(&json!({ "alg": "none" }), &claims, |_| Vec::new());
    let hmac = |claims: Value| {
        let public = keys()[0].to_public_key().to_pkcs1_pem(LineEnding::LF).unwrap();
        let header = json!({ "alg": "HS256", "kid": "key-0" });
        signed(&header, &claims, |bytes| {
            CoreHmacKey::new(public.clone()).sign(&Algorithm::HmacSha256, bytes).unwrap()
        })
    };
    let rs512 = |claims: Value| {
        let header = json!({ "alg": "RS512", "kid": "key-0" });
        signed(&header, &claims, |bytes| {
            signing_key(0).sign(&Algorithm::RsaSsaPkcs1V15Sha512, bytes).unwrap()
        })
    };
    let other_signature = |claims: Value| {
        let header = json!({ "alg": "RS256", "kid": "key-0" });
        signed(&header, &claims, |bytes| {
            signing_key(1).sign(&Algorithm::RsaSsaPkcs1V15Sha256, bytes).unwrap()
        })
    };
    let changed = |changes: Value| move |claims: Value| with(claims, &changes);
    /// Makes a forged token of valid claims.
    type Forge = Box<dyn Fn(Value) -> String>;
    let forged: [(&str, Forge); 14] = [
        ("issuer", Box::new(changed(json!({ "iss": "https://evil.example" })))),
        ("audience", Box::new(changed(json!({ "aud": "another-client" })))),
        ("a second audience", Box::new(changed(json!({ "aud": [CLIENT, "another-client"] })))),
        ("nonce", Box::new(changed(json!({ "nonce": "of another sign-in" })))),
        ("no nonce", Box::new(changed(json!({ "nonce": null })))),
        ("expired", Box::new(changed(json!({ "exp": now - 1 })))),
        ("issued in the future", Box::new(changed(json!({ "iat": now + 120 })))),
        ("no subject", Box::new(changed(json!({ "sub": null })))),
        ("authorized party", Box::new(changed(json!({ "azp": "another-client" })))),
        ("alg none", Box::new(none)),
        ("HMAC with the public key", Box::new(hmac)),
        ("an algorithm that is not listed", Box::new(rs512)),
        ("another signature", Box::new(other_signature)),
        ("an unknown key", Box::new(|claims| by_key(1, &claims))),
    ];
    for (what, forge) in forged {
        let rejected = test.sign_in(forge).await;
        assert!(rejected.is_err(), "{what}: {rejected:?}");
        assert!(!test.has_profile().await, "{what}");
    }
    // The same provider and client accept a valid token.
    assert!(test.sign_in(|claims| by_key(0, &claims)).await.is_ok());
}

#[tokio::test]
async fn only_listed_algorithms_with_a_public_key_are_accepted() {
    let test = Test::new().await;
    test.idp.lock().unwrap().algorithms = vec!["none", "HS256", "RS512"];
    let hmac = |claims: Value| {
        signed(&json!({ "alg": "HS256" }), &claims, |bytes| {
            CoreHmacKey::new("secret").sign(&Algorithm::HmacSha256, bytes).unwrap()
        })
    };
    test.sign_in(hmac).await.unwrap_err();
    test.sign_in(|claims| signed(&json!({ "alg": "none" }), &claims, |_| Vec::new()))
        .await
        .unwrap_err();
    test.sign_in(|claims| by_key(0, &claims)).await.unwrap_err();
    assert!(!test.has_profile().await);
    let rs512 = |claims: Value| {
        signed(&json!({ "alg": "RS512", "kid": "key-0" }), &claims, |bytes| {
            signing_key(0).sign(&Algorithm::RsaSsaPkcs1V15Sha512, bytes).unwrap()
        })
    };
    test.sign_in(rs512).await.unwrap();
}

#[tokio::test]
async fn the_clock_of_the_provider_may_be_ahead_by_less_than_a_minute() {
    let test = Test::new().await;
    let now = Timestamp::now().as_second();
    test.sign_in(|claims| with(claims, &json!({ "iat": now + 30 }))).await.unwrap();
}

#[tokio::test]
async fn new_keys_of_the_provider_are_fetched_once_and_forged_keys_do_not_repeat_it() {
    let test = Test::new().await;
    test.sign_in(|claims| by_key(0, &claims)).await.unwrap();
    assert_eq!(test.key_requests(), 1);
    test.idp.lock().unwrap().key = 1;
    test.sign_in(|claims| by_key(1, &claims)).await.unwrap();
    assert_eq!(test.key_requests(), 2);
    test.sign_in(|claims| by_key(0, &claims)).await.unwrap_err();
    for number in 0..20 {
        let header = json!({ "alg": "RS256", "kid": format!("forged-{number}") });
        let forge = |claims: Value| {
            signed(&header, &claims, |bytes| {
                signing_key(0).sign(&Algorithm::RsaSsaPkcs1V15Sha256, bytes).unwrap()
            })
        };
        test.sign_in(forge).await.unwrap_err();
    }
    assert_eq!(test.key_requests(), 2, "the keys are fetched again after a minute at the earliest");
    test.sign_in(|claims| by_key(1, &claims)).await.unwrap();
}

#[tokio::test]
async fn a_state_works_once_for_ten_minutes_and_in_its_browser_only() {
    let test = Test::new().await;
    let key = gas_backend::testkit::unsubscribe_key();
    let copy = |pending: &Pending| Pending::verify(&key, &pending.sign(&key).unwrap()).unwrap();

    let (pending, nonce) = test.begin().await;
    let token = by_key(0, &test.claims(&nonce));
    let replayed = copy(&pending);
    test.finish(pending, token.clone()).await.unwrap();
    let rejected = test.finish(replayed, token).await.unwrap_err();
    assert_eq!(rejected, "the response was used before");

    let (pending, nonce) = test.begin().await;
    test.gas.clock.advance_secs(599);
    test.finish(pending, by_key(0, &test.claims(&nonce))).await.unwrap();
    let (pending, nonce) = test.begin().await;
    test.gas.clock.advance_secs(600);
    let rejected = test.finish(pending, by_key(0, &test.claims(&nonce))).await.unwrap_err();
    assert_eq!(rejected, "the sign-in took longer than ten minutes");

    let ((mine, _), (theirs, _)) = (test.begin().await, test.begin().await);
    let state = Some(theirs.request.state().to_owned());
    let query = CallbackQuery { code: Some("x".into()), state, ..Default::default() };
    let rejected = finish(&TestBilling::new(&test.gas).billing, &test.provider, mine, query)
        .await
        .map_err(text);
    assert_eq!(rejected.unwrap_err(), "the response belongs to another sign-in");

    let signed = theirs.sign(&key).unwrap();
    let other_key = "x".repeat(32).parse().unwrap();
    assert!(Pending::verify(&other_key, &signed).is_none());
    assert!(Pending::verify(&key, &signed[1..]).is_none());
    assert!(Pending::verify(&key, signed.split('.').next().unwrap()).is_none());
}

#[tokio::test]
async fn a_code_that_was_used_and_an_error_of_the_provider_end_the_sign_in() {
    let test = Test::new().await;
    let (pending, nonce) = test.begin().await;
    test.idp.lock().unwrap().used_codes.push(format!("code=code-{}", pending.request.state()));
    let rejected = test.finish(pending, by_key(0, &test.claims(&nonce))).await.unwrap_err();
    assert!(rejected.contains("rejected the code"), "{rejected}");
    let (pending, _) = test.begin().await;
    let query = CallbackQuery {
        state: Some(pending.request.state().to_owned()),
        error: Some("access_denied".into()),
        ..Default::default()
    };
    let rejected = finish(&TestBilling::new(&test.gas).billing, &test.provider, pending, query)
        .await
        .map_err(text);
    assert!(rejected.unwrap_err().contains("access_denied"));
    assert!(!test.has_profile().await);
}

#[tokio::test]
async fn the_audit_log_has_one_rejection_of_a_started_sign_in_at_most() {
    let test = Test::new().await;
    let (pending, _) = test.begin().await;
    let denied = |state: &str| {
        let (state, error) = (Some(state.to_owned()), Some("access_denied".to_owned()));
        CallbackQuery { state, error, ..CallbackQuery::default() }
    };
    let own = pending.request.state();
    let is_recorded = async |query: CallbackQuery| {
        let error = checked_code(&test.gas.gas, &pending, query).await.err().unwrap();
        matches!(error, SignInError::Failed(_))
    };
    assert!(!is_recorded(denied("another")).await);
    assert!(!is_recorded(CallbackQuery::default()).await);
    assert!(is_recorded(denied(own)).await);
    assert!(!is_recorded(denied(own)).await, "its state is used");
}
