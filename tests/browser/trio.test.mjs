// A trio leads to its de novo variant: in three clicks, by keyboard alone, and with a PED file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const POSITION = '20:76,758';

/**
 * A child, its father and its mother. REF is that of the demo reference. One allele is de novo; the others that only
 * the child has are wrong calls: of the child, or of a parent who has the allele, too.
 */
const TRIO = [
  // POS, REF, ALT, and GT:AD:DP:GQ of child, father and mother.
  [76700, 'G', 'A', '0/1:16,15:31:99', '0/1:14,15:29:99', '0/0:30,0:30:90'], // of the father
  [76758, 'T', 'C', '0/1:18,17:35:99', '0/0:30,0:30:90', '0/0:33,0:33:99'], // de novo
  [76800, 'T', 'G', '0/1:15,14:29:99', '0/0:28,0:28:84', '0/1:13,15:28:99'], // of the mother
  [76900, 'A', 'G', '1/1:0,30:30:90', '0/1:14,15:29:99', '0/1:16,13:29:99'], // of both
  [123280, 'T', 'C', '0/1:20,6:26:8', '0/0:30,0:30:90', '0/0:31,0:31:93'], // low quality of the child
  [126100, 'A', 'G', '0/1:2,2:4:30', '0/0:30,0:30:90', '0/0:31,0:31:93'], // few reads of the child
  [126200, 'A', 'T', '0/1:30,3:33:40', '0/0:30,0:30:90', '0/0:31,0:31:93'], // reads of another kind of the child
  [139500, 'A', 'C', '0/1:15,16:31:99', '0/0:3,0:3:9', '0/0:31,0:31:93'], // few reads of the father
  [168600, 'T', 'C', '0/1:15,16:31:99', '0/0:27,4:31:40', '0/0:31,0:31:93'], // the father has reads of it
  [207950, 'C', 'T', '0/1:15,16:31:99', './.:.:.:.', '0/0:31,0:31:93'], // the father is not called
];

/** The trio; `samples` names child, father and mother, and `order` says which of them is in which column. */
function vcf(samples, order = [0, 1, 2]) {
  const head = [
    '##fileformat=VCFv4.2',
    '##reference=GRCh37',
    '##contig=<ID=20,length=63025520>',
    // The frequency in the family, which does not make an allele common.
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads by allele">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
    ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO', 'FORMAT', ...order.map((n) => samples[n])].join('\t'),
  ];
  const record = ([pos, ref, alt, ...calls]) =>
    ['20', pos, '.', ref, alt, '50', 'PASS', 'AF=0.167', 'GT:AD:DP:GQ', ...order.map((n) => calls[n])].join('\t');
  return `${[...head, ...TRIO.map(record)].join('\n')}\n`;
}

/** Annotates the trio and opens the explorer. */
async function explore(page, user, samples, order) {
  await signIn(page, user);
  const id = await submit(page, 'trio.vcf', vcf(samples, order));
  await page.goto(`${stack.web_url}/annotations/${id}`);
  await live(page);
  await page.locator('.job-line [data-status=COMPLETED]').waitFor();
  await page.getByRole('link', { name: 'Results', exact: true }).click();
  await counted(page, TRIO.length);
}

async function counted(page, matched) {
  await page.locator('.count[aria-busy=false] strong', { hasText: new RegExp(`^${matched}$`) }).waitFor();
}

test('three clicks lead from a trio to its de novo variant', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    // The names say nothing: of three samples, the first is the child.
    await explore(page, 'ada-trio', ['HG002', 'HG003', 'HG004']);
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('link', { name: /^De novo/ }).click();
    await counted(page, 1);
    await page.locator('.variant-open').click();

    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: `${POSITION} T > C` }).waitFor();
    await dialog.getByText('1 of 1', { exact: true }).waitFor();
    // Its position is real, so other databases have it; the synthetic identifiers of the demo are not linked.
    const links = await dialog.locator('.links a').evaluateAll((all) => all.map((link) => link.href));
    assert.ok(links.some((link) => link.includes('db=hg19&position=chr20:76758-76758')), links.join(' '));
    assert.ok(links.some((link) => link.includes('20-76758-T-C?dataset=gnomad_r2_1')), links.join(' '));
    await checkPage(page, '/trio-variant');
    await page.keyboard.press('Escape');
    // The table shows the calls that the filter is about.
    const calls = await page.locator('tr.variant .call').allInnerTexts();
    assert.deepEqual(calls.map((call) => call.split(' ')[0]), ['0/1', '0/0', '0/0']);
    await page.getByRole('button', { name: 'Presets' }).click();
    await checkPage(page, '/trio-presets');

    // A PED file states other roles, of which there is no de novo variant.
    const pedigree = 'F1 HG004 HG003 HG002 2 2\nF1 HG003 0 0 1 1\nF1 HG002 0 0 2 2\n';
    await page.getByLabel('Or open a PED file').setInputFiles({
      name: 'family.ped', mimeType: 'text/plain', buffer: Buffer.from(pedigree),
    });
    await page.getByText('Child HG004, father HG003, mother HG002. HG002 is also affected').waitFor();
    await page.getByRole('link', { name: /^De novo/ }).click();
    await page.getByText('No variants match these filters.').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Clear filters' }).last().click();
    await counted(page, TRIO.length);

    // The same criteria by form: the calls of one sample.
    // The presets have opened the form.
    await page.getByLabel('Add criteria for a sample').selectOption('HG002');
    await page.getByRole('group', { name: /HG002/ }).getByLabel('homozygous').check();
    await counted(page, 1);
    await page.getByRole('group', { name: /HG002/ }).getByLabel('homozygous').uncheck();
    await page.getByLabel('Genotype quality (GQ) at least').fill('20');
    await counted(page, TRIO.length - 1);
    await page.getByLabel('Depth (DP) at least').fill('10');
    await counted(page, TRIO.length - 2);
    await page.getByLabel('Allele balance at least').fill('0.2');
    await counted(page, TRIO.length - 3);
    await checkPage(page, '/trio-samples');
    // Without its last criteria, the form is open for others.
    await page.getByRole('button', { name: 'Remove the criteria for HG002' }).click();
    await counted(page, TRIO.length);
    assert.ok(await page.getByLabel('Add criteria for a sample').isVisible());
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the keyboard alone leads from a trio to its de novo variant', async () => {
  const { page, problems, close } = await openBrowser();
  /** Presses Tab until an element with a text has the focus. */
  const tabTo = async (text) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.innerText ?? '');
      if (focused.startsWith(text)) return;
    }
    assert.fail(`Tab does not lead to ${text}`);
  };
  try {
    // The columns are in another order; the names of the samples say who is who.
    await explore(page, 'ada-trio-keys', ['F1-child', 'F1-father', 'F1-mother'], [1, 2, 0]);
    await tabTo('Presets');
    await page.keyboard.press('Enter');
    await tabTo('De novo');
    await page.keyboard.press('Enter');
    await counted(page, 1);
    // j goes to the first row of the list.
    await page.keyboard.press('j');
    await page.waitForFunction(() => document.activeElement?.id === 'variant-0');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: `${POSITION} T > C` }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement?.id === 'variant-0');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
