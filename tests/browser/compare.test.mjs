// Comparing two results: the way from a job to the comparison, counts, kinds, the table and the file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const vcf = sample('free.vcf').text;

test('two results are compared from the page of a job', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-compare-page');
    await upgrade(page);
    const lines = vcf.trimEnd().split('\n');
    const first = await submit(page, 'whole.vcf', vcf);
    const second = await submit(page, 'fewer.vcf', `${lines.slice(0, -2).join('\n')}\n`, { transcripts: 'coding' });
    await page.goto(`${stack.web_url}/annotations`);
    await live(page);
    for (const id of [first, second]) {
      await page.locator(`tr[data-job="${id}"] [data-status=COMPLETED]`).waitFor({ timeout: 90_000 });
    }

    await page.goto(`${stack.web_url}/annotations/${first}`);
    await live(page);
    await page.getByRole('link', { name: 'Compare with…' }).click();
    await page.getByRole('heading', { level: 1, name: 'Compare whole.vcf with…' }).waitFor();
    assert.equal(await page.getByRole('main').getByRole('link', { name: 'whole.vcf' }).count(), 0, 'not with itself');
    await checkPage(page, '/compare-choice');
    await page.getByRole('link', { name: 'fewer.vcf' }).click();

    await page.getByRole('heading', { level: 1, name: 'Compare whole.vcf and fewer.vcf' }).waitFor();
    await page.getByText('The options differ.').waitFor();
    const kinds = page.getByRole('list', { name: 'Differences' });
    await kinds.getByRole('link', { name: 'Only in the first 2' }).waitFor();
    await kinds.getByRole('link', { name: 'Only in the second 0' }).waitFor();
    await checkPage(page, '/compare');
    await kinds.getByRole('link', { name: /^Only in the first/ }).click();
    await page.waitForURL(/kind=only_first/);
    const table = page.getByRole('group', { name: 'Differences' });
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2);
    const [chrom, bases] = lines.at(-1).split('\t');
    const pos = Number(bases).toLocaleString('en-US');
    await table.getByRole('link', { name: new RegExp(`^${chrom}:${pos} `) }).waitFor();
    assert.equal(await table.getByText('not in this result').count(), 2);
    await page.reload();
    await live(page);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2);

    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download differences (TSV)' }).click();
    const saved = await download;
    assert.equal(saved.suggestedFilename(), 'whole.fewer.differences.tsv');
    const text = readFileSync(await saved.path(), 'utf8');
    assert.equal(text.split('\n').filter((line) => line.startsWith('only_first\t')).length, 2);

    await page.getByRole('link', { name: 'Swap' }).click();
    await page.getByRole('heading', { level: 1, name: 'Compare fewer.vcf and whole.vcf' }).waitFor();
    await kinds.getByRole('link', { name: 'Only in the second 2' }).waitFor();

    // A variant leads to its record in the explorer.
    await kinds.getByRole('link', { name: 'Only in the second 2' }).click();
    await page.waitForURL(/kind=only_second/);
    await table.getByRole('link', { name: new RegExp(`^${chrom}:${pos} `) }).click();
    await page.waitForURL(new RegExp(`/annotations/${first}/results`));
    assert.deepEqual(problems, []);

    const response = await page.goto(`${stack.web_url}/compare?a=${first}&b=00000000-0000-4000-8000-000000000000&kind=`);
    assert.equal(response.status(), 404);
  } finally {
    await close();
  }
});
