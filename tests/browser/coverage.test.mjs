// Files that the reference covers in part or not at all: badge, coverage bar, list and reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

/** A file of chromosomes 20 and 7. The demo reference has a T at 20:76758, and no chromosome 7. */
function vcf(records) {
  const head = '##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n';
  return Buffer.from(head + records.map((record) => `${record.split(' ').join('\t')}\t.\t.\t.\n`).join(''));
}

/** Submits records and waits for the end of the job. */
async function annotate(page, name, records) {
  await page.goto(`${stack.web_url}/annotate`);
  await live(page);
  await page.locator('#vcf-file').setInputFiles({ name, mimeType: 'text/plain', buffer: vcf(records) });
  await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
  await page.locator('.job-line').locator('[data-status=COMPLETED], [data-status=FAILED]').waitFor();
}

test('a partly covered file is completed with warnings, wherever its state is shown', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-covered');
    const block = '7 5 . G <NON_REF>';
    await annotate(page, 'part.vcf', ['20 76758 . T C', '20 76758 . A C', '20 6000000 . G A', '7 5 . G A', block]);
    const badge = page.locator('.job-line .badge');
    assert.equal((await badge.innerText()).trim(), 'Completed with warnings');
    const coverage = page.getByRole('region', { name: 'Coverage' });
    assert.deepEqual(
      (await coverage.getByRole('listitem').allInnerTexts()).map((text) => text.trim()),
      ['1 annotated', '2 outside the reference', '1 REF differs', '1 not a variant'],
    );
    assert.equal(await coverage.locator('svg path').count(), 4);
    await page.locator('.timeline-step-name', { hasText: 'Completed with warnings' }).waitFor();
    await checkPage(page, '/warnings-job');
    await page.goto(`${page.url()}/results`);
    await live(page);
    await page.locator('.tabs a[aria-current=page]', { hasText: 'Results' }).waitFor();

    await annotate(page, 'blocks.vcf', ['20 5 . N <NON_REF>']);
    assert.equal((await badge.innerText()).trim(), 'Completed', 'nothing is missing');
    await page.goto(`${stack.web_url}/annotations?status=COMPLETED`);
    await live(page);
    const badges = page.locator('.jobs [data-status=COMPLETED]');
    assert.deepEqual(
      (await badges.allInnerTexts()).map((text) => text.trim()),
      ['Completed', 'Completed with warnings'],
      'the filter includes both',
    );
    await checkPage(page, '/warnings-list');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a file outside of the reference is rejected before it is sent, and its job fails with the reason', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-uncovered');
    const outside = vcf(['7 5 . G A', '7 6 . G A']);
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.getByRole('complementary', { name: 'Regions that are annotated' }).getByText('20:1-5,000,000 and MT of GRCh37').waitFor();
    await page.locator('#vcf-file').setInputFiles({ name: 'outside.vcf', mimeType: 'text/plain', buffer: outside });
    const reason = page.locator('.upload[data-upload=rejected]').getByRole('alert');
    assert.match(await reason.innerText(), /^The reference GRCh37 has none of this file's contigs \(7\); it has 20, MT; ask the operator/);
    await checkPage(page, '/outside-upload');
    // Other clients may send it.
    const id = await submit(page, 'outside.vcf', outside.toString());
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.locator('.job-line [data-status=FAILED]').waitFor();
    await page.locator('.reason', { hasText: 'none of the 2 records is in the reference' }).waitFor();
    await checkPage(page, '/outside-job');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
