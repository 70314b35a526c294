//! The OpenID provider: discovery, the authorization request, and verification of the response.

use crate::server::settings::Settings;
use anyhow::{Context, anyhow, bail, ensure};
use gas_backend::ports::Identity;
use gas_shared::UserId;
use openidconnect::core::*;
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Mutex, RwLock};
use uuid::Uuid;

/// How long the provider's metadata and keys are cached.
const METADATA_TTL: Duration = Duration::from_secs(3600);

/// Keys are fetched again at most this often because of an ID token that names an unknown key, so
/// that forged tokens do not become requests to the provider.
const REFETCH_EVERY: Duration = Duration::from_secs(60);

/// How far the provider's clock may be ahead of ours.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The algorithms that an ID token may be signed with, if the provider's metadata lists them: only
/// those with a public key. With HMAC the client secret would sign, and `none` signs nothing.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    // Globus Auth uses this one.
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
];

const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// Claims beyond the standard ones: those of Globus Auth, and any others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ProviderClaims {
    organization: Option<String>,
    identity_provider_display_name: Option<String>,
    /// All other claims, one of which may have the groups of the user.
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

impl ProviderClaims {
    /// Whether a claim, which is a text or a list of texts, has a value.
    fn has(&self, claim: &str, value: &str) -> bool {
        match self.others.get(claim) {
            Some(Value::String(text)) => text == value,
            Some(Value::Array(all)) => all.iter().any(|one| one == value),
            _ => false,
        }
    }
}

impl AdditionalClaims for ProviderClaims {}

/// The provider's metadata beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Endpoints {
    /// Where tokens are revoked (RFC 8414, section 2).
    revocation_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for Endpoints {}

type Metadata = ProviderMetadata<
    Endpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Claims = IdTokenClaims<ProviderClaims, CoreGenderClaim>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        ProviderClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    ProviderClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The values of a started sign-in that the provider's response must match. They are kept in a cookie
/// of the browser.
#[derive(Debug, Serialize, Deserialize)]
pub struct PendingSignIn {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl PendingSignIn {
    /// Whether a callback with this state belongs to this sign-in.
    pub fn has_state(&self, state: &str) -> bool {
        // The state is random and used once, so the comparison need not take constant time.
        self.state.secret() == state
    }

    /// The state, which the provider's response repeats.
    pub fn state(&self) -> &str {
        self.state.secret()
    }
}

/// The result of a sign-in: the claims of the identity provider.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The claims about the user.
    pub identity: Identity,
    /// Whether the user is in the group of the operators.
    pub is_operator: bool,
}

/// Where the group of the operators is found.
#[derive(Clone, Debug)]
struct OperatorGroup {
    claim: String,
    group: String,
}

/// A client of the OpenID provider.
pub struct Provider {
    /// `None` if nobody is an operator.
    operators: Option<OperatorGroup>,
    /// Scopes to ask for besides the usual ones.
    scopes: Vec<String>,
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_url: RedirectUrl,
    logout_url: Option<String>,
    http: openidconnect::reqwest::Client,
    cache: RwLock<Option<Cached>>,
    /// Held while the metadata is fetched, so that concurrent sign-ins fetch it once.
    fetching: Mutex<()>,
    /// When the keys were last fetched because of an unknown key.
    refetched: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Cached {
    fetched: Instant,
    metadata: Metadata,
}

impl Provider {
    /// Creates the client. The provider is contacted on first use.
    ///
    /// # Errors
    /// If the issuer is not a URL or the HTTP client cannot be created.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let callback = settings.public_url.join("/authcallback");
        let (id, secret) = (&settings.oidc_client_id, settings.oidc_client_secret.expose());
        let provider = Self::of_client(&settings.oidc_issuer, id, secret, callback)?;
        let claim = settings.oidc_groups_claim.clone();
        Ok(Self {
            logout_url: settings.oidc_logout_url.clone(),
            operators: settings
                .operator_group
                .clone()
                .filter(|group| !group.is_empty())
                .map(|group| OperatorGroup { claim, group }),
            scopes: settings
                .oidc_scopes
                .iter()
                .filter(|scope| !scope.is_empty())
                .cloned()
                .collect(),
            ..provider
        })
    }

    pub(super) fn of_client(
        issuer: &str,
        client_id: &str,
        client_secret: &str,
        callback: String,
    ) -> anyhow::Result<Self> {
        let http = openidconnect::reqwest::Client::builder()
            // A redirect could send the server to hosts inside its own network (SSRF).
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .timeout(HTTP_TIMEOUT)
            // The provider may close an idle connection at the moment of its next use, and the exchange of
            // a code cannot be repeated.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self {
            issuer: IssuerUrl::new(issuer.to_owned())
                .with_context(|| format!("issuer {issuer:?} is not a URL"))?,
            client_id: ClientId::new(client_id.to_owned()),
            client_secret: ClientSecret::new(client_secret.to_owned()),
            redirect_url: RedirectUrl::new(callback)?,
            logout_url: None,
            operators: None,
            scopes: Vec::new(),
            http,
            cache: RwLock::new(None),
            fetching: Mutex::new(()),
            refetched: Mutex::new(None),
        })
    }

    /// Starts a sign-in: returns the URL to redirect the browser to, and the values to keep in the
    /// browser until it returns.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub async fn begin(&self) -> anyhow::Result<(String, PendingSignIn)> {
        let client = self.client(self.metadata().await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let further = self.scopes.iter().map(|scope| Scope::new(scope.clone()));
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .add_scopes(further)
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.into(), PendingSignIn { state, nonce, verifier }))
    }

    /// Exchanges the code of a callback for the user's identity, and verifies the ID token. The tokens
    /// are revoked in the background: GAS needs none after the sign-in, so none is stored, and none
    /// reaches the browser.
    ///
    /// # Errors
    /// If the provider rejects the code, cannot be reached, or returns an invalid ID token.
    pub async fn finish(
        self: &Arc<Self>,
        pending: PendingSignIn,
        code: String,
    ) -> anyhow::Result<SignedIn> {
        let metadata = self.metadata().await?;
        let tokens = self
            .client(metadata.clone())
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(pending.verifier)
            .request_async(&self.http)
            .await
            .context("the OpenID provider rejected the code")?;
        let identity = self.identity(&metadata, &tokens, &pending.nonce).await;
        self.revoke(&metadata, &tokens);
        identity
    }

    async fn identity(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        nonce: &Nonce,
    ) -> anyhow::Result<SignedIn> {
        let claims = match self.verify(metadata, tokens, nonce)? {
            Ok(claims) => claims,
            Err(error) if is_unknown_key(&error) => {
                // The provider may have new keys.
                let fresh = self.refetched_metadata().await?;
                self.verify(&fresh, tokens, nonce)?.context("the ID token is not valid")?
            }
            Err(error) => return Err(error).context("the ID token is not valid"),
        };
        if let Some(party) = claims.authorized_party() {
            ensure!(*party == self.client_id, "the ID token was issued for {:?}", **party);
        }
        let mut profile = ProviderProfile {
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: claims.email().map(|email| email.to_string()),
            claims: claims.additional_claims().clone(),
        };
        let lacks_groups = self
            .operators
            .as_ref()
            .is_some_and(|operators| !profile.claims.others.contains_key(&operators.claim));
        let has_user_info = metadata.userinfo_endpoint().is_some();
        if profile.email.is_none() || (lacks_groups && has_user_info) {
            // Providers may return the profile only from the UserInfo endpoint (OIDC Core, 5.4).
            let subject = Some(claims.subject().clone());
            let client = self.client(metadata.clone());
            let request = client.user_info(tokens.access_token().clone(), subject)?;
            let info: UserInfoClaims<ProviderClaims, CoreGenderClaim> =
                request.request_async(&self.http).await.context("failed to read UserInfo")?;
            profile = ProviderProfile {
                name: info.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
                email: info.email().map(|email| email.to_string()),
                claims: info.additional_claims().clone(),
            };
        }
        let is_operator = self
            .operators
            .as_ref()
            .is_some_and(|operators| profile.claims.has(&operators.claim, &operators.group));
        let identity = profile.identity(user_id(&self.issuer, claims.subject()))?;
        Ok(SignedIn { identity, is_operator })
    }

    /// Verifies the ID token: signature, algorithm, issuer, audience, expiry, time of issue and nonce
    /// (OIDC Core, 3.1.3.7). An inner error is the reason why it is not valid.
    fn verify(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        nonce: &Nonce,
    ) -> anyhow::Result<Result<Claims, ClaimsVerificationError>> {
        let id_token =
            tokens.id_token().ok_or_else(|| anyhow!("the OpenID provider sent no ID token"))?;
        let listed = metadata.id_token_signing_alg_values_supported();
        let allowed = ALGORITHMS.into_iter().filter(|algorithm| listed.contains(algorithm));
        let latest = SystemTime::now() + CLOCK_SKEW;
        let latest = latest.duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let client = self.client(metadata.clone());
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(allowed)
            .set_issue_time_verifier_fn(move |issued| {
                let issued = u64::try_from(issued.timestamp()).unwrap_or_default();
                if issued <= latest { Ok(()) } else { Err("issued in the future".to_owned()) }
            });
        Ok(id_token.claims(&verifier, nonce).cloned())
    }

    /// Revokes the tokens of a sign-in (RFC 7009), without waiting for it.
    fn revoke(self: &Arc<Self>, metadata: &Metadata, tokens: &Tokens) {
        let Some(endpoint) = metadata.additional_metadata().revocation_endpoint.clone() else {
            return;
        };
        let access = (tokens.access_token().secret().clone(), "access_token");
        let refresh = tokens.refresh_token().map(|token| (token.secret().clone(), "refresh_token"));
        let provider = Arc::clone(self);
        // Each request has a time limit.
        tokio::spawn(async move {
            for (token, hint) in [Some(access), refresh].into_iter().flatten() {
                let form = [("token", token.as_str()), ("token_type_hint", hint)];
                let request = provider
                    .http
                    .post(&endpoint)
                    .basic_auth(&*provider.client_id, Some(provider.client_secret.secret()))
                    .form(&form);
                let sent = request.send().await.and_then(|response| response.error_for_status());
                if let Err(error) = sent {
                    tracing::warn!(%error, hint, "failed to revoke a token of a sign-in");
                }
            }
        });
    }

    /// The URL to open after sign-out.
    pub fn after_sign_out(&self, home: &str) -> String {
        let Some(logout_url) = &self.logout_url else { return home.to_owned() };
        let Ok(mut url) = openidconnect::url::Url::parse(logout_url) else {
            return home.to_owned();
        };
        url.query_pairs_mut()
            .append_pair("client", &self.client_id)
            .append_pair("redirect_uri", home)
            .append_pair("redirect_name", "Genomics Annotation Service");
        url.into()
    }

    fn client(&self, metadata: Metadata) -> Client {
        let secret = Some(self.client_secret.clone());
        let client = Client::from_provider_metadata(metadata, self.client_id.clone(), secret);
        client.set_redirect_uri(self.redirect_url.clone())
    }

    /// The provider's metadata and keys, at most an hour old.
    async fn metadata(&self) -> anyhow::Result<Metadata> {
        self.metadata_unless(|cached| cached.fetched.elapsed() >= METADATA_TTL).await
    }

    /// Metadata and keys that are fetched again, unless that happened a short time ago.
    async fn refetched_metadata(&self) -> anyhow::Result<Metadata> {
        let mut refetched = self.refetched.lock().await;
        if refetched.is_some_and(|at| at.elapsed() < REFETCH_EVERY) {
            return self.metadata().await;
        }
        let now = Instant::now();
        *refetched = Some(now);
        self.metadata_unless(|cached| cached.fetched < now).await
    }

    /// The metadata of the provider, from the cache unless it is empty or outdated.
    async fn metadata_unless(
        &self,
        is_outdated: impl Fn(&Cached) -> bool,
    ) -> anyhow::Result<Metadata> {
        let current =
            async || self.cache.read().await.clone().filter(|cached| !is_outdated(cached));
        if let Some(cached) = current().await {
            return Ok(cached.metadata);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(cached) = current().await {
            return Ok(cached.metadata);
        }
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .with_context(|| format!("failed to reach the OpenID provider {}", *self.issuer))?;
        let cached = Cached { fetched: Instant::now(), metadata: metadata.clone() };
        *self.cache.write().await = Some(cached);
        Ok(metadata)
    }
}

fn is_unknown_key(error: &ClaimsVerificationError) -> bool {
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)
    )
}

/// The id of a user. The claim `sub` is a text that identifies a user at its issuer (OIDC Core, 2). Globus Auth uses
/// UUIDs, which are kept. From any other text, and from a UUID that could be one of ours, a UUID of version 5 is
/// made (RFC 9562, 5.5), so that two different users never have the same id.
fn user_id(issuer: &str, subject: &str) -> UserId {
    match Uuid::try_parse(subject) {
        Ok(own) if own.get_version() != Some(uuid::Version::Sha1) => UserId::new(own),
        _ => {
            let issuer = Uuid::new_v5(&Uuid::NAMESPACE_URL, issuer.as_bytes());
            UserId::new(Uuid::new_v5(&issuer, subject.as_bytes()))
        }
    }
}

/// A user's claims as the provider sent them. Any may be missing.
struct ProviderProfile {
    name: Option<String>,
    email: Option<String>,
    claims: ProviderClaims,
}

impl ProviderProfile {
    fn identity(self, id: UserId) -> anyhow::Result<Identity> {
        let Some(email) = self.email else { bail!("the OpenID provider sent no email address") };
        let institution = self.claims.organization.or(self.claims.identity_provider_display_name);
        Ok(Identity {
            id,
            name: self.name.unwrap_or_else(|| email.clone()),
            email,
            institution: institution.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://login.example.org";

    #[test]
    fn a_group_is_a_text_or_in_a_list() {
        let claims = |text: &str| serde_json::from_str::<ProviderClaims>(text).unwrap();
        assert!(claims(r#"{"groups":["users","ops"]}"#).has("groups", "ops"));
        assert!(claims(r#"{"role":"ops"}"#).has("role", "ops"));
        for other in
            [r#"{"groups":["ops2"]}"#, r#"{"groups":{"ops":true}}"#, r#"{"roles":["ops"]}"#, "{}"]
        {
            assert!(!claims(other).has("groups", "ops"), "{other}");
        }
    }

    #[test]
    fn a_uuid_of_globus_stays_the_id() {
        let own = "c2ed7de0-5d4a-11ea-a8f4-0242ac110002";
        assert_eq!(user_id("https://auth.globus.org", own).to_string(), own);
    }

    #[test]
    fn other_subjects_have_ids_that_depend_on_issuer_and_subject() {
        let ada = user_id(ISSUER, "auth0|5f7c8ec7c33c6c004bbafe82");
        // Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, ISSUER), subject)
        assert_eq!(ada.to_string(), "d346549b-04df-501d-99ba-2a5fa00977e9");
        assert_ne!(user_id(ISSUER, "auth0|other"), ada);
        assert_ne!(user_id("https://login.example.com", "auth0|5f7c8ec7c33c6c004bbafe82"), ada);
    }

    #[test]
    fn a_subject_that_is_the_id_of_another_user_is_another_user() {
        let ada = user_id(ISSUER, "ada");
        assert_ne!(user_id(ISSUER, &ada.to_string()), ada);
    }
}
