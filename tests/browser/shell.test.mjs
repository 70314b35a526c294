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
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const bright = await background();
    await page.getByRole('button', { name: /^Colours: system/ }).click();
    await page.getByRole('button', { name: /^Colours: light/ }).click();
    await page.getByRole('button', { name: /^Colours: dark/ }).waitFor();
    const dark = await background();
    assert.notEqual(dark, bright);
    // Without the module: the colours do not wait for it.
    await page.route('**/*.wasm', (route) => route.abort());
    await page.reload({ waitUntil: 'domcontentloaded' });
    assert.equal(await background(), dark);
    await page.unroute('**/*.wasm');
    problems.length = 0;
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
