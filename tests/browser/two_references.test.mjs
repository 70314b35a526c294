// Two references: the assembly of a file is detected, and the reference chosen, before the file is sent. This test
// runs against the second stack of ./gas test, whose catalog has the demo of GRCh37 and the mitochondrion of GRCh38.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const columns = '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n';

/** A file with header lines and the first records of the mitochondrial sample. */
function mitochondrial(header, count) {
  const records = sample('mitochondrial.vcf').text.split('\n').filter((line) => line.startsWith('MT\t'));
  return `##fileformat=VCFv4.2\n${header.join('\n')}\n${columns}${records.slice(0, count).join('\n')}\n`;
}

const OF_37 = ['##contig=<ID=1,length=249250621>', '##contig=<ID=MT,length=16569>'];
const OF_38 = ['##contig=<ID=chr1,length=248956422>', '##contig=<ID=MT,length=16569>'];
const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const card = (page, name) => page.locator('.upload', { has: page.getByText(name, { exact: true }) });
const inState = (page, name, state) => page.locator(`.upload[data-upload=${state}]`, { hasText: name }).waitFor();

/** Opens the job of a submitted file and waits for its end. */
async function openJob(page, name) {
  await card(page, name).getByRole('link', { name: 'Open the annotation' }).click();
  await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
  await page.locator('.job-line').locator('[data-status=COMPLETED], [data-status=FAILED]').waitFor();
}

test('each file is annotated with the reference of its assembly, or explained', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-references');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles([
      file('of-37.vcf', mitochondrial(OF_37, 20)),
      file('of-38.vcf', mitochondrial(OF_38, 20)),
      file('unknown.vcf', `##fileformat=VCFv4.2\n${columns}scaffold_1\t5\t.\tA\tC\t.\t.\t.\n`),
      file('silent.vcf', mitochondrial(['##source=test'], 20)),
    ]);
    await inState(page, 'of-37.vcf', 'submitted');
    await inState(page, 'of-38.vcf', 'submitted');
    await card(page, 'of-37.vcf').getByText('GRCh37 (from 1 contig length) · annotated with Homo sapiens GRCh37').waitFor();
    await card(page, 'of-38.vcf').getByText('GRCh38 (from 1 contig length) · annotated with Homo sapiens GRCh38').waitFor();
    await inState(page, 'unknown.vcf', 'rejected');
    assert.match(
      await card(page, 'unknown.vcf').getByRole('alert').innerText(),
      /^No reference of this service has the contigs of this file; the references are for GRCh37 and GRCh38; ask the operator/,
    );
    // The file does not state its assembly, and both references have its contig.
    await inState(page, 'silent.vcf', 'review');
    const silent = card(page, 'silent.vcf');
    await silent.getByText('Choose the reference that the variants of this file were called on.').waitFor();
    await checkPage(page, '/review-upload');
    await silent.getByLabel('Reference').selectOption('homo_sapiens/GRCh38/mitochondrion');
    await silent.locator('summary').click();
    await silent.getByLabel('Annotations per variant').selectOption('pick');
    await silent.getByText('The preferred transcript is found as Ensembl VEP does').waitFor();
    await silent.getByRole('button', { name: 'Annotate' }).click();
    await inState(page, 'silent.vcf', 'submitted');

    const details = page.locator('.details');
    await openJob(page, 'silent.vcf');
    await details.getByText('homo_sapiens/GRCh38/mitochondrion').waitFor();
    await details.getByText('all transcripts · preferred transcript · CSQ').waitFor();
    for (const [name, id] of [['of-37.vcf', 'homo_sapiens/GRCh37/demo'], ['of-38.vcf', 'homo_sapiens/GRCh38/mitochondrion']]) {
      await page.goBack();
      await openJob(page, name);
      await page.locator('.job-line [data-status=COMPLETED]').waitFor();
      await details.getByText(id).waitFor();
    }

    // The genome browser has the genes of the reference of the result.
    const genes = await page.evaluate(async (path) => (await fetch(path)).json(), `${new URL(page.url()).pathname.replace('annotations', 'annotations-genome')}/search?name=MT-ND1`);
    assert.equal(genes.length, 1, JSON.stringify(genes));

    // Run again with other options.
    await page.getByRole('button', { name: 'Other options …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run again with other options' });
    await dialog.getByLabel('Format').selectOption('ann');
    await checkPage(page, '/rerun-options', { without: '.job-line' });
    const before = page.url();
    await dialog.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => /annotations\/[0-9a-f-]{36}$/.test(url) && String(url) !== before);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    await details.getByText('all transcripts · ANN').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('seven records of another assembly than that of the chosen reference are caught before they run', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-wrong-assembly');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('.submission summary').click();
    await page.locator('#new-reference').selectOption('homo_sapiens/GRCh38/mitochondrion');
    await page.locator('#vcf-file').setInputFiles(file('seven.vcf', mitochondrial(OF_37, 7)));
    await inState(page, 'seven.vcf', 'review');
    const seven = card(page, 'seven.vcf');
    assert.equal(
      (await seven.getByRole('alert').innerText()).trim(),
      'This file is GRCh37; the reference is GRCh38. Choose another reference.',
    );
    const annotate = seven.getByRole('button', { name: 'Annotate' });
    assert.ok(await annotate.isDisabled());
    await checkPage(page, '/mismatch-upload');
    await seven.getByLabel('Reference').selectOption('homo_sapiens/GRCh37/demo');
    await annotate.click();
    await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();

    // Another client sends it with the wrong reference: the job fails, and the page offers the right one.
    const options = { reference: 'homo_sapiens/GRCh38/mitochondrion' };
    const id = await submit(page, 'seven.vcf', mitochondrial(OF_37, 7), options);
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.locator('.job-line [data-status=FAILED]').waitFor();
    await checkPage(page, '/mismatch-job');
    await page.getByRole('button', { name: 'Run again with GRCh37 (demo)' }).click();
    await page.waitForURL((url) => !String(url).includes(id));
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    await page.locator('.details').getByText('homo_sapiens/GRCh37/demo').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
