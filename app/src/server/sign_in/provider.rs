//! The OpenID provider: discovery, the authorization request, and verification of the response.

use crate::server::settings::Settings;
use anyhow::{Context, anyhow, bail};
use gas_backend::ports::Identity;
use gas_shared::UserId;
use openidconnect::core::*;
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;

/// How long the provider's metadata and keys are cached.
const METADATA_TTL: Duration = Duration::from_secs(3600);

const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// Claims of Globus Auth beyond the standard ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct GlobusClaims {
    organization: Option<String>,
    identity_provider_display_name: Option<String>,
}

impl AdditionalClaims for GlobusClaims {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        GlobusClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    GlobusClaims,
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

/// The values of a started sign-in that the provider's response must match. They are kept in the
/// session.
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
}

/// A client of the OpenID provider.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_url: RedirectUrl,
    logout_url: Option<String>,
    http: openidconnect::reqwest::Client,
    metadata: RwLock<Option<(Instant, CoreProviderMetadata)>>,
}

impl Provider {
    /// Creates the client. The provider is contacted on first use.
    ///
    /// # Errors
    /// If the issuer is not a URL or the HTTP client cannot be created.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let http = openidconnect::reqwest::Client::builder()
            // A redirect could send the server to hosts inside its own network (SSRF).
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .timeout(HTTP_TIMEOUT)
            .build()?;
        let callback = settings.public_url.join("/authcallback");
        Ok(Self {
            issuer: IssuerUrl::new(settings.oidc_issuer.clone())
                .with_context(|| format!("issuer {:?} is not a URL", settings.oidc_issuer))?,
            client_id: ClientId::new(settings.oidc_client_id.clone()),
            client_secret: ClientSecret::new(settings.oidc_client_secret.expose().to_owned()),
            redirect_url: RedirectUrl::new(callback)?,
            logout_url: settings.oidc_logout_url.clone(),
            http,
            metadata: RwLock::new(None),
        })
    }

    /// Starts a sign-in: returns the URL to redirect the browser to, and the values to keep in the
    /// session until it returns.
    ///
    /// # Errors
    /// If the provider cannot be reached.
    pub async fn begin(&self) -> anyhow::Result<(String, PendingSignIn)> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.into(), PendingSignIn { state, nonce, verifier }))
    }

    /// Exchanges the code of a callback for the user's identity. Checks the ID token's signature,
    /// issuer, audience, expiry and nonce, then discards the tokens.
    ///
    /// # Errors
    /// If the provider rejects the code, cannot be reached, or returns an invalid ID token.
    pub async fn finish(&self, pending: PendingSignIn, code: String) -> anyhow::Result<Identity> {
        let client = self.client().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(pending.verifier)
            .request_async(&self.http)
            .await
            .context("the OpenID provider rejected the code")?;
        let id_token =
            tokens.id_token().ok_or_else(|| anyhow!("the OpenID provider sent no ID token"))?;
        let verifier = client.id_token_verifier();
        let claims = match id_token.claims(&verifier, &pending.nonce) {
            Ok(claims) => claims,
            Err(error) => {
                // The provider may have new keys: fetch them on the next attempt.
                *self.metadata.write().await = None;
                return Err(error).context("the ID token is not valid");
            }
        };
        let mut profile = ProviderProfile {
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: claims.email().map(|email| email.to_string()),
            globus: claims.additional_claims().clone(),
        };
        if profile.email.is_none() {
            // Providers may return the profile only from the UserInfo endpoint (OIDC Core, 5.4).
            let subject = Some(claims.subject().clone());
            let request = client.user_info(tokens.access_token().clone(), subject)?;
            let info: UserInfoClaims<GlobusClaims, CoreGenderClaim> =
                request.request_async(&self.http).await.context("failed to read UserInfo")?;
            profile = ProviderProfile {
                name: info.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
                email: info.email().map(|email| email.to_string()),
                globus: info.additional_claims().clone(),
            };
        }
        profile.identity(claims.subject())
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

    async fn client(&self) -> anyhow::Result<Client> {
        let metadata = self.discover().await?;
        let secret = Some(self.client_secret.clone());
        let client = Client::from_provider_metadata(metadata, self.client_id.clone(), secret);
        Ok(client.set_redirect_uri(self.redirect_url.clone()))
    }

    async fn discover(&self) -> anyhow::Result<CoreProviderMetadata> {
        if let Some((fetched, metadata)) = &*self.metadata.read().await
            && fetched.elapsed() < METADATA_TTL
        {
            return Ok(metadata.clone());
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .with_context(|| format!("failed to reach the OpenID provider {}", *self.issuer))?;
        *self.metadata.write().await = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }
}

/// A user's claims as the provider sent them. Any may be missing.
struct ProviderProfile {
    name: Option<String>,
    email: Option<String>,
    globus: GlobusClaims,
}

impl ProviderProfile {
    fn identity(self, subject: &str) -> anyhow::Result<Identity> {
        let id: UserId = subject.parse().with_context(|| {
            format!("the subject {subject:?} is not a UUID, which Globus Auth uses")
        })?;
        let Some(email) = self.email else { bail!("the OpenID provider sent no email address") };
        let institution = self.globus.organization.or(self.globus.identity_provider_display_name);
        Ok(Identity {
            id,
            name: self.name.unwrap_or_else(|| email.clone()),
            email,
            institution: institution.unwrap_or_default(),
        })
    }
}
