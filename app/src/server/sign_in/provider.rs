//! The OpenID provider: discovery, the authorization request, and the check of what comes back.

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

/// How long the provider's metadata and keys are used before they are fetched again.
const METADATA_TTL: Duration = Duration::from_secs(3600);

const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// What Globus Auth says beyond the standard claims.
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

/// What must come back unchanged from the provider, kept in the session meanwhile.
#[derive(Debug, Serialize, Deserialize)]
pub struct PendingSignIn {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl PendingSignIn {
    /// Whether a callback belongs to this request.
    pub fn has_state(&self, state: &str) -> bool {
        // The value is random and used once, so the time of the comparison tells nothing.
        self.state.secret() == state
    }
}

/// The OpenID provider of this service.
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
    /// A provider that is called when it is first needed.
    ///
    /// # Errors
    /// Where the issuer is no URL.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let http = openidconnect::reqwest::Client::builder()
            // A redirect could lead the server to hosts inside its own network.
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .timeout(HTTP_TIMEOUT)
            .build()?;
        let callback = settings.public_url.join("/authcallback");
        Ok(Self {
            issuer: IssuerUrl::new(settings.oidc_issuer.clone())
                .with_context(|| format!("issuer {:?} is no URL", settings.oidc_issuer))?,
            client_id: ClientId::new(settings.oidc_client_id.clone()),
            client_secret: ClientSecret::new(settings.oidc_client_secret.expose().to_owned()),
            redirect_url: RedirectUrl::new(callback)?,
            logout_url: settings.oidc_logout_url.clone(),
            http,
            metadata: RwLock::new(None),
        })
    }

    /// Where to send a browser to sign in, and what to remember until it comes back.
    ///
    /// # Errors
    /// Where the provider cannot be reached.
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

    /// Exchanges the code of a callback for the user's identity. The ID token's signature, issuer,
    /// audience, expiry and nonce are checked; the tokens are then dropped.
    ///
    /// # Errors
    /// Where the provider refuses, cannot be reached, or says what cannot be trusted.
    pub async fn finish(&self, pending: PendingSignIn, code: String) -> anyhow::Result<Identity> {
        let client = self.client().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(pending.verifier)
            .request_async(&self.http)
            .await
            .context("the provider did not accept the code")?;
        let id_token = tokens.id_token().ok_or_else(|| anyhow!("no ID token"))?;
        let verifier = client.id_token_verifier();
        let claims = match id_token.claims(&verifier, &pending.nonce) {
            Ok(claims) => claims,
            Err(error) => {
                // Perhaps the provider has new keys: fetch them for the next try.
                *self.metadata.write().await = None;
                return Err(error).context("the ID token cannot be trusted");
            }
        };
        let mut said = Said {
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: claims.email().map(|email| email.to_string()),
            globus: claims.additional_claims().clone(),
        };
        if said.email.is_none() {
            // Providers may give the profile at the UserInfo endpoint only (OIDC Core, 5.4).
            let subject = Some(claims.subject().clone());
            let request = client.user_info(tokens.access_token().clone(), subject)?;
            let info: UserInfoClaims<GlobusClaims, CoreGenderClaim> =
                request.request_async(&self.http).await.context("no UserInfo")?;
            said = Said {
                name: info.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
                email: info.email().map(|email| email.to_string()),
                globus: info.additional_claims().clone(),
            };
        }
        said.identity(claims.subject())
    }

    /// Where a browser goes after sign-out.
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

/// What the provider says of a user, before it is checked for what GAS needs.
struct Said {
    name: Option<String>,
    email: Option<String>,
    globus: GlobusClaims,
}

impl Said {
    fn identity(self, subject: &str) -> anyhow::Result<Identity> {
        let id: UserId = subject
            .parse()
            .with_context(|| format!("the subject {subject:?} is no UUID, as Globus Auth gives"))?;
        let Some(email) = self.email else { bail!("the provider gave no e-mail address") };
        let institution = self.globus.organization.or(self.globus.identity_provider_display_name);
        Ok(Identity {
            id,
            name: self.name.unwrap_or_else(|| email.clone()),
            email,
            institution: institution.unwrap_or_default(),
        })
    }
}
