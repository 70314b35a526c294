// The local identity provider: a complete OpenID Connect server (authorization code flow with PKCE) whose
// sign-in page accepts any user name. Settings: OIDC_PORT, OIDC_ISSUER, OIDC_CLIENT_ID,
// OIDC_CLIENT_SECRET, OIDC_REDIRECT_URI, and OIDC_KEYS, the file that stores its keys.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { signInPage } from './oidc-page.mjs';

const { OIDC_PORT, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_REDIRECT_URI, OIDC_KEYS } =
  process.env;
const MAX_FORM_BYTES = 4096;
const USER_NAME = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/** The user's id. It is derived from the name, so it is the same after a restart. */
function subjectOf(name) {
  const hex = createHash('sha256').update(`gas-local:${name}`).digest('hex');
  const variant = ((parseInt(hex[16], 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** User names by subject, of users who signed in since the start. The provider's sessions do not outlive it. */
const names = new Map();

/** The claims of a user. The account id is the claim `sub`. */
function account(subject) {
  const name = names.get(subject);
  if (name === undefined) return undefined;
  const spoken = name.replace(/[._-]+/g, ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return {
    accountId: subject,
    claims: () => ({
      sub: subject,
      name: spoken,
      preferred_username: name,
      email: `${name}@example.org`,
      email_verified: true,
      organization: 'Example University',
      // The operators of GAS: local/src/environment.rs has the group.
      ...(name.startsWith('operator') ? { groups: ['gas-operators'] } : {}),
    }),
  };
}

/** Loads or creates the keys. They are kept across restarts, so that sessions and tokens of the web application stay valid. */
function keys() {
  if (existsSync(OIDC_KEYS)) return JSON.parse(readFileSync(OIDC_KEYS, 'utf8'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') };
  const made = { jwks: { keys: [jwk] }, cookies: [randomBytes(32).toString('base64url')] };
  writeFileSync(OIDC_KEYS, JSON.stringify(made), { mode: 0o600 });
  return made;
}

const { jwks, cookies } = keys();
const provider = new Provider(OIDC_ISSUER, {
  clients: [
    {
      client_id: OIDC_CLIENT_ID,
      client_secret: OIDC_CLIENT_SECRET,
      redirect_uris: [OIDC_REDIRECT_URI],
      post_logout_redirect_uris: [new URL('/', OIDC_REDIRECT_URI).href],
    },
  ],
  jwks,
  cookies: { keys: cookies },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'organization', 'groups'],
    email: ['email', 'email_verified'],
  },
  // Like Globus Auth, this provider puts the claims into the ID token.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => account(id),
  ttl: { Session: 86400, Interaction: 3600, Grant: 86400, AccessToken: 3600, IdToken: 3600 },
  // Signing in implies consent, which the tests of GAS do not cover.
  async loadExistingGrant(context) {
    const grant = new provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

async function formOf(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MAX_FORM_BYTES) throw new Error('the form is too large');
  }
  return new URLSearchParams(body);
}

function sendPage(response, status, page) {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(page);
}

/** Shows the sign-in page, or processes its form and redirects the browser. */
async function interact(request, response) {
  const { client_id: client } = (await provider.interactionDetails(request, response)).params;
  if (request.method !== 'POST') return sendPage(response, 200, signInPage(client));
  const form = await formOf(request);
  if (form.has('cancel')) {
    const rejected = { error: 'access_denied', error_description: 'the user cancelled the sign-in' };
    return provider.interactionFinished(request, response, rejected);
  }
  const name = (form.get('username') ?? '').trim().toLowerCase();
  if (!USER_NAME.test(name)) {
    return sendPage(response, 422, signInPage(client, name));
  }
  const subject = subjectOf(name);
  names.set(subject, name);
  return provider.interactionFinished(request, response, { login: { accountId: subject } });
}

const serve = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return serve(request, response);
  interact(request, response).catch((error) => {
    console.error('interaction failed:', error.message);
    sendPage(response, 400, 'This sign-in has expired. Go back to GAS and start again.');
  });
});
server.listen(Number(OIDC_PORT), '127.0.0.1', () => console.log(`identity provider at ${OIDC_ISSUER}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
