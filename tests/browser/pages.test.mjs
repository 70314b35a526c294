// Every page: nobody sees another's, nothing scrolls sideways on the smallest phone, and axe finds
// no violation of WCAG 2.2 A and AA, in light and dark.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const require = createRequire(join(process.env.GAS_NODE_MODULES, 'package.json'));
const { AxeBuilder } = require('@axe-core/playwright');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function checkPage(page, path) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html).join(' ')}`);
    assert.deepEqual(found, [], `${path} in ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, `${path} scrolls sideways at 320 px`);
  await page.setViewportSize({ width: 1280, height: 800 });
  if (process.env.GAS_SCREENSHOTS) await takePictures(page, path);
}

/** Pictures for people to look at: GAS_SCREENSHOTS=folder ./gas test pages */
async function takePictures(page, path) {
  const name = path.replace(/[0-9a-f-]{36}/, 'job').replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home';
  for (const [size, width, height] of [['desktop', 1280, 800], ['phone', 375, 700]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(process.env.GAS_SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('pages of a signed-in user are accessible and fit', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-pages');
    await checkPage(page, '/annotations-empty');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await checkPage(page, '/annotate');
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').waitFor();
    const job = new URL(page.url()).pathname;
    for (const path of [job, `${job}/log`, '/annotations', '/billing', '/']) {
      await page.goto(`${stack.web_url}${path}`);
      await live(page);
      assert.equal(await page.locator('h1').count(), 1, `${path} has one heading`);
      assert.match(await page.title(), / · GAS$/);
      const marked = await page.locator('.top nav a.active').allInnerTexts();
      const here = { '/': [], '/billing': ['Billing'] }[path] ?? ['Annotations'];
      assert.deepEqual(marked, here, `the navigation shows where ${path} is`);
      await checkPage(page, path);
    }
    await page.locator('.account').getByRole('button', { name: 'Upgrade' }).click();
    await page.getByRole('dialog').getByText('a month').waitFor();
    await checkPage(page, '/upgrade-dialog');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('someone not signed in sees the home page only', async () => {
  const { page, close } = await openBrowser();
  try {
    await page.goto(`${stack.web_url}/`);
    await checkPage(page, '/welcome');
    for (const path of ['/annotations', '/annotate', '/billing', '/annotations/00000000-0000-4000-8000-000000000000']) {
      const answer = await page.goto(`${stack.web_url}${path}`);
      assert.equal(answer.status(), 401, path);
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor();
    }
    await checkPage(page, '/sign-in-required');
  } finally {
    await close();
  }
});
