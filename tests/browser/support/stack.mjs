// Access to the local stack that the tests run against, and a browser for it.
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const stackFile = process.env.GAS_TEST_STACK;
if (!stackFile) throw new Error('these tests need the local stack; run them with ./gas test');

/** The description of the stack; see Description in local/src/handle.rs. */
export const stack = JSON.parse(readFileSync(stackFile, 'utf8'));

const require = createRequire(join(process.env.GAS_NODE_MODULES, 'package.json'));
const { chromium } = require('playwright-core');

/** The path and text of a sample VCF file of the project. */
export function sample(name) {
  const path = new URL(`../../../assets/samples/${name}`, import.meta.url).pathname;
  return { path, text: readFileSync(path, 'utf8') };
}

/** Creates a folder in the data folder of the stack, with which it is deleted even if a test is killed. */
export function temporaryFolder(prefix) {
  return mkdtempSync(join(stack.data_dir, prefix));
}

/** Opens a new browser. `problems` collects console errors, warnings and CSP violations, of which there should be none. */
export async function openBrowser(options = {}) {
  const profile = temporaryFolder('chromium-');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.GAS_CHROMIUM,
    headless: true,
    acceptDownloads: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(30_000);
  const problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(`uncaught at ${page.url()}: ${error.stack}`));
  const close = async () => {
    if (problems.length > 0) console.log('the browser reported problems, expected or not:', problems);
    await context.close();
    rmSync(profile, { recursive: true, force: true });
    // In every test, also in those that expect other problems.
    const violations = problems.filter((text) => text.includes('Content Security Policy'));
    if (violations.length > 0) throw new Error(`violations of the Content Security Policy: ${violations.join('; ')}`);
  };
  return { page, problems, close };
}

/** Signs in through the identity provider's page, starting at the home page. */
export async function signIn(page, user) {
  await page.goto(`${stack.web_url}/`);
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await page.locator('input[name=username]').fill(user);
  await page.locator('button[type=submit], button:not([name=cancel])').first().click();
  await page.waitForURL('**/annotations');
  await live(page);
}

/** Waits until a page without a user is hydrated. Until then, a click on its buttons does nothing. */
export async function hydrated(page) {
  const button = page.getByRole('button', { name: /^Theme:/ });
  // Clicked until it reacts, and then on to the theme of the system again.
  for (const theme of ['light', 'system']) {
    const chosen = page.getByRole('button', { name: `Theme: ${theme}` });
    for (let tries = 0; !(await chosen.isVisible()); tries += 1) {
      if (tries === 150) throw new Error('the page is not hydrated after 30 s');
      await button.click();
      await page.waitForTimeout(200);
    }
  }
}

/** Waits until the page is hydrated and its event stream is open. */
export async function live(page) {
  await page.locator('.live-dot.live-good').waitFor();
}
