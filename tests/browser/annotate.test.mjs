// The main path of GAS in a real browser: sign in, upload, watch, download.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const records = (vcf) => vcf.split('\n').filter((line) => line && !line.startsWith('#'));

test('a VCF file is uploaded, annotated live and downloaded', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-browser');
    await page.getByText('You have no annotations yet.').waitFor();
    await page.getByRole('link', { name: 'New annotation' }).click();
    const loads = [];
    page.on('load', () => loads.push(page.url()));

    const { path, text } = sample('free.vcf');
    await page.locator('#vcf-file').setInputFiles(path);
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.deepEqual(loads, [], 'the status changed without a reload');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download results' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'free.annot.vcf');
    const annotated = readFileSync(await download.path(), 'utf8');
    assert.match(annotated, /^##INFO=<ID=CSQ,/m);
    const [before, after] = [records(text), records(annotated)];
    assert.equal(after.length, before.length);
    after.forEach((line, index) => {
      const [old, fresh] = [before[index].split('\t'), line.split('\t')];
      assert.deepEqual(fresh.slice(0, 7), old.slice(0, 7));
      assert.match(fresh[7], /CSQ=/);
    });

    await page.getByRole('link', { name: 'View log' }).click();
    await page.getByText(`Total: ${before.length}`).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the list shows a job from another tab without a reload', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-windows');
    const other = await page.context().newPage();
    await other.goto(`${stack.web_url}/annotate`);
    await live(other);
    await other.locator('#vcf-file').setInputFiles(sample('mitochondrial.vcf').path);
    await page.locator('tr[data-job] [data-status=COMPLETED]').waitFor();
    assert.equal(await page.locator('tr[data-job]').count(), 1);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('files that cannot be annotated are rejected before they are sent', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-rejected');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    const posts = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') posts.push(request.url());
    });
    const choose = (name, text) =>
      page.locator('#vcf-file').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

    await choose('big.vcf', sample('premium.vcf').text);
    await page.getByText('Free allows 150 kB').waitFor();
    await page.getByText('It may also fit if you compress it with gzip or bgzip').waitFor();
    await choose('letter.doc', 'Dear reader');
    await page.getByText('must end in .vcf').waitFor();
    await choose('broken.vcf', sample('free.vcf').text.replace('\n20\t1000226', '\n20\t12a'));
    await page.getByText('line 8, POS: "12a" is not a position').waitFor();
    assert.deepEqual(posts, []);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
