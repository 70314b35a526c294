// Share links: the owner makes, copies and revokes one; a stranger with it sees the result and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { hydrated, live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

test('a result is shared by a link that can be revoked', async () => {
  const owner = await openBrowser();
  const stranger = await openBrowser();
  try {
    const { page } = owner;
    await signIn(page, 'ada-share');
    await upgrade(page);
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').waitFor();
    const job = new URL(page.url()).pathname;

    const share = page.getByRole('main').getByRole('button', { name: 'Share', exact: true });
    await share.click();
    const dialog = page.getByRole('dialog', { name: 'Share this result' });
    await dialog.getByText('This result is not shared.').waitFor();
    await checkPage(page, '/share-empty');
    await dialog.getByLabel('Expires after').selectOption('30');
    await dialog.getByRole('button', { name: 'Create link' }).click();
    const address = await dialog.locator('[data-share-url]').innerText();
    assert.match(address, new RegExp(`^${stack.web_url}/s/[0-9A-Za-z]{38}$`));
    await dialog.getByRole('button', { name: 'Copy the link' }).waitFor();
    await dialog.getByText('Never opened').waitFor();
    await checkPage(page, '/share-made');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    const seen = stranger.page;
    const requests = [];
    seen.on('request', (request) => requests.push(request));
    await seen.goto(address);
    await seen.getByRole('heading', { level: 1, name: 'Results of free.vcf' }).waitFor();
    await seen.getByText(/^Shared with you, read only\..* Shared until /).waitFor();
    await seen.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
    await seen.locator('tr.variant').first().waitFor();
    await hydrated(seen);
    assert.equal(await seen.getByRole('button', { name: 'Saved filters' }).count(), 0);
    assert.equal(await seen.getByRole('button', { name: 'Gene panels' }).count(), 0);
    assert.equal(await seen.locator('main').getByText('ada-share').count(), 0, 'nothing of the owner');
    await checkPage(seen, '/shared-results');

    // The explorer works: a filter, the details of a variant, an export.
    await seen.getByLabel(/^HIGH/).check();
    await seen.waitForURL(/%22impacts%22|"impacts"/);
    await seen.locator('.count[aria-busy=false]').waitFor();
    assert.ok(seen.url().startsWith(`${address}/results?`), seen.url());
    await seen.locator('.variant-open').first().click();
    await seen.getByRole('dialog').getByRole('heading', { name: 'In your file' }).waitFor();
    await seen.keyboard.press('Escape');
    await seen.getByRole('button', { name: 'Export' }).click();
    const [tsv] = await Promise.all([
      seen.waitForEvent('download'),
      seen.getByRole('link', { name: 'Download TSV' }).click(),
    ]);
    assert.equal(tsv.suggestedFilename(), 'free.annot.filtered.tsv');
    await seen.keyboard.press('Escape');

    // Charts, whose bars lead to the explorer of the link, and the genome browser.
    const tab = (name) => seen.getByRole('navigation', { name: 'Parts of this result' }).getByRole('link', { name });
    await tab('Charts').click();
    await seen.locator('[data-chart=consequences] .mark').first().waitFor();
    await checkPage(seen, '/shared-charts');
    await seen.locator('[data-chart=consequences] .mark').first().click();
    await seen.waitForURL(`${address}/results?*`);
    await seen.locator('tr.variant').first().waitFor();
    await tab('Genome browser').click();
    await seen.locator('#genome[data-ready=true]').waitFor();

    // Everything that the pages loaded is of the link, or the application itself.
    const secret = address.split('/').pop();
    const paths = requests.map((request) => new URL(request.url()).pathname);
    assert.deepEqual(paths.filter((path) => /^\/(api\/jobs|annotations)/.test(path)), []);
    const referrers = requests.map((request) => request.headers().referer ?? '');
    assert.deepEqual(referrers.filter((referrer) => referrer.includes(secret)), []);
    for (const path of [job, `${job}/log`, '/annotations']) {
      assert.equal((await seen.goto(`${stack.web_url}${path}`)).status(), 401, path);
    }

    // The owner sees that it was opened, and revokes it.
    await share.click();
    await dialog.getByText(/^Opened once/).waitFor();
    assert.equal(await dialog.locator('[data-share-url]').count(), 0, 'the address is shown once');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await dialog.getByText('This result is not shared.').waitFor();
    assert.equal((await seen.goto(address)).status(), 404);
    await seen.getByText('This link does not exist, has expired or was revoked.').waitFor();
    await checkPage(seen, '/shared-ended');
    assert.deepEqual(owner.problems, []);
    assert.deepEqual(stranger.problems.filter((text) => !/40[14]/.test(text)), []);
  } finally {
    await owner.close();
    await stranger.close();
  }
});

test('a link without downloads has neither exports nor the genome browser', async () => {
  const owner = await openBrowser();
  const stranger = await openBrowser();
  try {
    const { page } = owner;
    await signIn(page, 'ada-share-view');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Share', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Share this result' });
    await dialog.getByText('On the Free plan').waitFor();
    await dialog.getByLabel('Allow downloads and the genome browser').uncheck();
    await dialog.getByRole('button', { name: 'Create link' }).click();
    const address = await dialog.locator('[data-share-url]').innerText();
    await dialog.getByText('without downloads').waitFor();
    const seen = stranger.page;
    // The download window may end meanwhile, after which the page has the charts only.
    await seen.goto(`${address}/charts`);
    await seen.locator('[data-chart=consequences] .mark').first().waitFor();
    const tabs = await seen.getByRole('navigation', { name: 'Parts of this result' }).getByRole('link').allInnerTexts();
    assert.deepEqual(tabs, ['Results', 'Charts']);
    assert.equal(await seen.getByRole('link', { name: /as SVG$/ }).count(), 0);
    await seen.goto(`${address}/results`);
    await seen.getByRole('heading', { level: 1, name: 'Results of free.vcf' }).waitFor();
    assert.equal(await seen.getByRole('button', { name: 'Export' }).count(), 0);
  } finally {
    await owner.close();
    await stranger.close();
  }
});
