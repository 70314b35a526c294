// Every page: it needs sign-in, does not scroll sideways on the smallest phone, and axe finds no
// violation of WCAG 2.2 A and AA, or of its best practices, in the light and dark themes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

test('pages of a signed-in user are accessible and fit a phone', async () => {
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

test('the page of operators is accessible, fits a phone, and acts', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'operator-pages');
    await page.locator('.top nav').getByRole('link', { name: 'Operations' }).click();
    await page.locator('[data-queue=mail]').waitFor();
    await live(page);
    assert.deepEqual(await page.locator('.top nav a.active').allInnerTexts(), ['Operations']);
    await page.getByRole('searchbox').fill('operator-pages');
    await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
    await page.locator('[data-user="operator-pages@example.org"]').waitFor();
    await page.locator('[data-action=signed_in]').first().waitFor();
    await checkPage(page, '/admin');
    const seen = await page.locator('main').innerText();
    assert.ok(!seen.includes('.vcf'), 'no name of a file is shown');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a banner appears on open pages, and disappears', async () => {
  const { page, problems, close } = await openBrowser();
  const other = await openBrowser();
  try {
    await signIn(other.page, 'banner-reader');
    await live(other.page);
    await signIn(page, 'operator-banner');
    await page.locator('.top nav').getByRole('link', { name: 'Operations' }).click();
    const text = page.getByLabel('Banner on every page');
    await text.waitFor();
    await live(page);
    for (const banner of ['Maintenance at noon', 'Maintenance at one', '']) {
      await text.fill(banner);
      await page.getByRole('button', { name: 'Save banner' }).click();
      for (const reader of [page, other.page]) {
        const shown = reader.locator('.site-banner');
        if (banner) await shown.getByText(banner).waitFor();
        else await shown.waitFor({ state: 'detached' });
      }
    }
    assert.deepEqual([...problems, ...other.problems], []);
  } finally {
    await other.close();
    await close();
  }
});

test('without sign-in only the home page, help and changelog are visible', async () => {
  const { page, close } = await openBrowser();
  try {
    await page.goto(`${stack.web_url}/`);
    await checkPage(page, '/welcome');
    for (const path of ['/annotations', '/annotate', '/billing', '/references', '/admin', '/billing/return?session_id=cs_x', '/annotations/00000000-0000-4000-8000-000000000000', '/compare?a=00000000-0000-4000-8000-000000000000&b=&kind=']) {
      const response = await page.goto(`${stack.web_url}${path}`);
      assert.equal(response.status(), 401, path);
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor();
    }
    await checkPage(page, '/sign-in-required');
  } finally {
    await close();
  }
});
