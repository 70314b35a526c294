// Private references in a browser: the note on Free, uploading and building one, a file that is annotated with it,
// files from which none can be built, and deleting one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn, stack } from './support/stack.mjs';
import { mailsTo } from './support/aws.mjs';
import { payInDialog } from './support/pay.mjs';

const line = (type, from, to, attributes) => `ctg1\tme\t${type}\t${from}\t${to}\t.\t+\t${type === 'CDS' ? 0 : '.'}\t${attributes}\n`;
const GENES =
  '##gff-version 3\n' +
  line('gene', 11, 40, 'ID=gene:G1;Name=MINE1;biotype=protein_coding') +
  line('mRNA', 11, 40, 'ID=transcript:T1;Parent=gene:G1;biotype=protein_coding') +
  line('exon', 11, 40, 'Parent=transcript:T1') +
  line('CDS', 11, 40, 'ID=CDS:P1;Parent=transcript:T1');
const FASTA = `>ctg1\nACGTACGTACATG${'ACGT'.repeat(26)}ACG\n`;
const VCF =
  '##fileformat=VCFv4.2\n##contig=<ID=ctg1,length=120>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n' +
  'ctg1\t14\t.\tA\tC\t.\t.\t.\n';
const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

/** Fills in the form and sends it. */
async function add(page, name, fasta, genes) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Assembly').fill('mine1');
  await page.locator('#reference-fasta').setInputFiles(file('a.fa', fasta));
  await page.locator('#reference-genes').setInputFiles(file('a.gff3', genes));
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
}

const row = (page, name, state) => page.locator(`tr[data-reference="private/mine1/${name}"][data-state=${state}]`);

test('a genome of the user is uploaded, built while the page is open, used, and deleted', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-own-genome');
    await page.goto(`${stack.web_url}/account`);
    await live(page);
    await page.getByRole('link', { name: 'Your references' }).click();
    await page.getByText('References of your own need the Premium plan.').waitFor();
    await checkPage(page, '/references-free');
    assert.equal(await page.getByRole('button', { name: 'Upload', exact: true }).count(), 0);
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await payInDialog(page);

    await page.getByText('You have no references.').waitFor();
    await add(page, 'my genes', FASTA, GENES);
    await row(page, 'my-genes', 'Ready').getByText('1 contig, 1 gene, 1 transcript').waitFor();
    await add(page, 'broken', '>ctg1\nAC-GT\n', GENES);
    const failed = row(page, 'broken', 'Failed');
    await failed.getByText("a.fa, line 2: '-' in column 3 is not a base; is this a FASTA file?").waitFor();
    await checkPage(page, '/references');
    // The page may be closed while a reference is built, so its owner gets a mail, too.
    const subjects = async () => (await mailsTo('ada-own-genome@example.org')).map((mail) => mail.split('\n')[0]);
    const expected = ['Reference ready: private/mine1/my-genes', 'Reference failed: private/mine1/broken'];
    let sent = [];
    for (let tries = 0; tries < 100 && !expected.every((one) => sent.includes(one)); tries += 1) {
      sent = await subjects();
      await page.waitForTimeout(200);
    }
    for (const one of expected) assert.equal(sent.filter((subject) => subject === one).length, 1, one);

    // The file is of the contigs of the new reference, so that is chosen.
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles(file('mine.vcf', VCF));
    // The page of a single file leads to its job.
    await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    await page.locator('.details').getByText('private/mine1/my-genes').waitFor();

    await page.goto(`${stack.web_url}/references`);
    await live(page);
    await page.getByRole('button', { name: 'Delete private/mine1/my-genes' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('private/mine1/my-genes is deleted').waitFor();
    await row(page, 'my-genes', 'Ready').waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('what cannot be a reference is said before anything is sent', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-own-genome');
    await page.goto(`${stack.web_url}/references`);
    await live(page);
    await add(page, 'a/b', FASTA, GENES);
    await page.getByRole('alert').getByText('The name "a/b" cannot be used').waitFor();
    await add(page, 'empty', FASTA, '');
    await page.getByRole('alert').getByText('The file with gene models is empty').waitFor();
  } finally {
    await close();
  }
});
