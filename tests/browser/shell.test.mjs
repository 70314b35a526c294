// The shell around every page: theme, keyboard shortcuts, focus after navigation, load failures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn, stack } from './support/stack.mjs';

const focused = (page, selector) =>
  page.waitForFunction((what) => document.activeElement?.matches(what), selector);

test('the chosen theme is stored and applied before the first paint', async () => {
  const { page, problems, close } = await openBrowser({ colorScheme: 'light' });
  try {
    await signIn(page, 'ada-theme');
    const background = (of = page) => of.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const bright = await background();
    await page.getByRole('button', { name: /^Theme: system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    const dark = await background();
    assert.notEqual(dark, bright);
    // The theme is applied without the WASM module.
    const tab = await page.context().newPage();
    await tab.route('**/*.wasm', () => {});
    await tab.goto(page.url(), { waitUntil: 'domcontentloaded' });
    assert.equal(await background(tab), dark);
    await tab.close();
    await page.reload();
    await live(page);
    await page.getByRole('button', { name: /^Theme: dark/ }).click();
    await page.getByRole('button', { name: /^Theme: system/ }).waitFor();
    assert.equal(await background(), bright);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a page whose WASM module does not load shows an error and can be reloaded', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-no-module');
    await page.route('**/*.wasm', (route) => route.abort());
    await page.reload();
    await page.getByRole('alert').getByText('failed to load').waitFor();
    await checkPage(page, '/no-module');
    await page.unroute('**/*.wasm');
    await page.getByRole('button', { name: 'Reload page' }).click();
    await live(page);
  } finally {
    await close();
  }
});

test('text has the same width before the font of the pages has arrived', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.goto(`${stack.web_url}/help`);
    const widths = await page.evaluate(async () => {
      const text = 'Find out what the variants in a VCF file do: genes, transcripts, consequences and frequencies of 2,083 variants.';
      const [own, ...fallbacks] = getComputedStyle(document.body).fontFamily.split(', ');
      const width = async (families, weight) => {
        // Fonts that this system does not have fail to load.
        await Promise.allSettled(families.map((family) => document.fonts.load(`${weight} 100px ${family}`, text)));
        const span = document.createElement('span');
        span.textContent = text;
        Object.assign(span.style, {
          position: 'absolute', whiteSpace: 'nowrap', fontSize: '100px', fontWeight: weight, fontFamily: families.join(', '),
        });
        document.body.append(span);
        const found = span.getBoundingClientRect().width;
        span.remove();
        return found;
      };
      const found = [];
      for (const weight of [400, 600, 700]) found.push([weight, await width([own], weight), await width(fallbacks, weight)]);
      return found;
    });
    for (const [weight, own, fallback] of widths) {
      assert.ok(own > 500 && Math.abs(fallback / own - 1) < 0.02, `weight ${weight}: ${fallback} px instead of ${own} px`);
    }
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('keyboard shortcuts open pages and can be turned off', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-keys');
    await page.keyboard.press('n');
    await page.waitForURL('**/annotate');
    await focused(page, 'h1');
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.waitForURL('**/billing');
    await focused(page, 'h1');
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('New annotation').waitFor();
    await checkPage(page, '/shortcuts');
    // Shortcuts do not apply while the dialog is open.
    await page.keyboard.press('n');
    await help.getByLabel('Enable shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('n');
    await page.reload();
    await live(page);
    await page.keyboard.press('n');
    await page.waitForTimeout(300);
    assert.match(page.url(), /\/billing$/);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a page whose module does not load can be tried again', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-page-module');
    await page.evaluate(() => { window.sameDocument = true; });
    await page.route('**/split_account*', (route) => route.abort());
    await page.getByRole('link', { name: 'Billing' }).click();
    const alert = page.getByRole('main').getByRole('alert');
    await alert.getByText('could not be loaded').waitFor();
    await checkPage(page, '/no-page-module');
    await page.unroute('**/split_account*');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Your plan').waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    // The server renders the page; without its module it cannot be hydrated.
    await page.route('**/split_account*', (route) => route.abort());
    await page.reload();
    await page.getByRole('alert').getByText('failed to load').waitFor();
    await page.unroute('**/split_account*');
    await page.getByRole('button', { name: 'Reload page' }).click();
    await live(page);
  } finally {
    await close();
  }
});

test('a page that was loaded before a deployment is replaced when it needs a module that is gone', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-deployment');
    await page.evaluate(() => { window.sameDocument = true; });
    let isGone = true;
    const gone = { status: 404, contentType: 'text/html', body: 'no such file' };
    await page.route('**/split_account*', (route) => (isGone ? route.fulfill(gone) : route.continue()));
    await page.route('**/app-dxh*.wasm', (route) => {
      if (route.request().method() !== 'HEAD') return route.continue();
      isGone = false;
      return route.fulfill({ status: 404 });
    });
    await page.getByRole('link', { name: 'Account' }).click();
    await page.waitForFunction(() => window.sameDocument === undefined);
    await live(page);
    assert.match(page.url(), /\/account$/);
  } finally {
    await close();
  }
});

test('page modules are loaded when they are needed, and early if the first page needs one', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    const loaded = [];
    page.on('request', (request) => {
      const name = /(split_\w+|app)-dxh\w+\.wasm$/.exec(new URL(request.url()).pathname)?.[1];
      if (name) loaded.push(name);
    });
    await signIn(page, 'ada-on-demand');
    // The home page, where signing in starts, has a module.
    loaded.length = 0;
    await page.reload();
    await live(page);
    assert.deepEqual(loaded.filter((name) => name !== 'app'), []);
    await page.getByRole('link', { name: 'Billing' }).click();
    await page.getByText('Your plan').waitFor();
    assert.deepEqual(loaded.filter((name) => name !== 'app'), ['split_account']);
    await page.reload();
    await live(page);
    await page.getByRole('heading', { name: 'Billing' }).waitFor();
    // Not before the page is painted, which the requests would delay.
    const [painted, first] = await page.evaluate(() => {
      const modules = performance.getEntriesByType('resource').filter(({ name }) => /(split_|chunk_)[^/]*\.wasm$/.test(name));
      const paints = performance.getEntriesByType('paint').map(({ startTime }) => startTime);
      return [Math.min(...paints), Math.min(...modules.map(({ startTime }) => startTime))];
    });
    // A page that is painted late does not wait for it.
    assert.ok(first >= Math.min(painted, 500), `requested after ${first} ms, painted after ${painted} ms`);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
