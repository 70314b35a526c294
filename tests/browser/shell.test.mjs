// What surrounds every page: colours, keys, and where reading goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn } from './support/stack.mjs';

const focused = (page, selector) =>
  page.waitForFunction((what) => document.activeElement?.matches(what), selector);

test('colours are chosen, kept, and there before the first paint', async () => {
  const { page, problems, close } = await openBrowser({ colorScheme: 'light' });
  try {
    await signIn(page, 'ada-colours');
    const background = (of = page) => of.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const bright = await background();
    await page.getByRole('button', { name: /^Colours: system/ }).click();
    await page.getByRole('button', { name: /^Colours: light/ }).click();
    await page.getByRole('button', { name: /^Colours: dark/ }).waitFor();
    const dark = await background();
    assert.notEqual(dark, bright);
    // Before the module is there: the colours do not wait for it.
    const tab = await page.context().newPage();
    await tab.route('**/*.wasm', () => {});
    await tab.goto(page.url(), { waitUntil: 'domcontentloaded' });
    assert.equal(await background(tab), dark);
    await tab.close();
    await page.reload();
    await live(page);
    await page.getByRole('button', { name: /^Colours: dark/ }).click();
    await page.getByRole('button', { name: /^Colours: system/ }).waitFor();
    assert.equal(await background(), bright);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a page whose module does not load says so, and can be loaded again', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-no-module');
    await page.route('**/*.wasm', (route) => route.abort());
    await page.reload();
    await page.getByRole('alert').getByText('did not load').waitFor();
    await checkPage(page, '/no-module');
    await page.unroute('**/*.wasm');
    await page.getByRole('button', { name: 'Load again' }).click();
    await live(page);
  } finally {
    await close();
  }
});

test('keys lead through the application, and can be switched off', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-keys');
    await page.keyboard.press('n');
    await page.waitForURL('**/annotate');
    await focused(page, 'h1');
    await page.waitForFunction(() => document.getElementById('announcer').textContent.startsWith('New annotation'));
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.waitForURL('**/billing');
    await focused(page, 'h1');
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('New annotation').waitFor();
    await checkPage(page, '/shortcuts');
    // Within the dialog they are letters.
    await page.keyboard.press('n');
    await help.getByLabel('Shortcuts are on').uncheck();
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
