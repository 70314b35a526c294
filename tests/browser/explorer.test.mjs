// The results explorer: filters and their counts, scrolling, details of a variant, exports.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const number = (text) => Number(text.replace(/,/g, ''));

/** Reads "212 of 3,011 variants" after loading. */
async function counts(page) {
  await page.locator('.count[aria-busy=false]').waitFor();
  const [, matched, total] = (await page.locator('.count').innerText()).match(/([\d,]+)\s+of\s+([\d,]+)/);
  return { matched: number(matched), total: number(total) };
}

/** Waits until `matched` variants are shown. */
async function shows(page, matched) {
  await page.locator('.count strong', { hasText: new RegExp(`^${matched.toLocaleString('en-US')}$`) }).waitFor();
}

/** The count of a choice. */
async function facet(page, label) {
  const text = await page.locator('.choice', { has: page.getByText(label, { exact: true }) }).locator('.muted').innerText();
  return number(text);
}

test('variants are filtered, scrolled, opened and exported', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-explorer');
    await upgrade(page);
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').waitFor();
    await page.getByRole('link', { name: 'Explore results' }).click();
    const records = sample('free.vcf').text.split('\n').filter((line) => line && !line.startsWith('#')).length;
    assert.deepEqual(await counts(page), { matched: records, total: records });

    // Twenty rows are visible without scrolling on a small laptop.
    await page.setViewportSize({ width: 1280, height: 800 });
    const visible = await page.locator('tr.variant').evaluateAll((rows) => {
      const end = Math.min(window.innerHeight, document.querySelector('#variants').getBoundingClientRect().bottom);
      return rows.filter((row) => row.getBoundingClientRect().bottom <= end).length;
    });
    assert.ok(visible >= 20, `${visible} rows are visible`);
    // As window.rs assumes.
    const heights = await page.locator('tr.variant').evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
    assert.deepEqual([...new Set(heights)], [24]);
    // The document has few rows, and every row can be scrolled to.
    assert.ok((await page.locator('tr.variant').count()) < 80);
    await page.locator('#variants').evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await page.locator(`tr.variant[aria-rowindex="${records + 1}"] .variant-open`).waitFor();
    assert.ok((await page.locator('tr.variant').count()) < 80);
    await page.locator('#variants').evaluate((element) => { element.scrollTop = 0; });

    // A filter changes the address, and the count to that of its choice.
    const high = await facet(page, 'HIGH');
    assert.ok(high > 0 && high < records, `${high} of ${records}`);
    await page.getByLabel(/^HIGH/).check();
    await shows(page, high);
    assert.match(decodeURIComponent(page.url()), /"impacts":\["high"\]/);
    // The rows are those of this filter.
    const impacts = await page.locator('tr.variant td:nth-child(5)').allInnerTexts();
    assert.deepEqual([...new Set(impacts)], ['HIGH']);
    assert.equal(impacts.length, high);
    const gene = await page.locator('tr.variant').first().locator('td').nth(1).innerText();
    await page.getByLabel('Genes').fill(gene.toLowerCase());
    await page.locator('.exports a[href*=genes]').first().waitFor({ state: 'attached' });
    const { matched } = await counts(page);
    assert.ok(matched > 0 && matched <= high);
    const genes = await page.locator('tr.variant td:nth-child(3)').allInnerTexts();
    assert.ok(genes.includes(gene), 'a variant may affect further genes');

    // The address is the state, so a reload shows the same.
    await page.reload();
    await live(page);
    assert.deepEqual(await counts(page), { matched, total: records });
    assert.equal(await page.getByLabel('Genes').inputValue(), gene.toLowerCase());
    assert.ok(await page.getByLabel(/^HIGH/).isChecked());

    // Columns are stored in the browser, and saved filters in the account. HGVS descriptions are shown without their transcript.
    const coding = page.getByRole('columnheader', { name: 'HGVS c.' });
    await page.locator('tr.variant td', { hasText: /^[cn]\.\S+/ }).first().waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await checkPage(page, '/explorer-columns');
    await page.getByLabel('Population', { exact: true }).check();
    await coding.waitFor({ state: 'detached' });
    await page.getByRole('columnheader', { name: 'ID', exact: true }).waitFor();
    await page.getByLabel('All', { exact: true }).check();
    await coding.waitFor();
    await page.getByRole('columnheader', { name: 'Transcript' }).waitFor();
    await page.locator('#explorer-columns').getByLabel('HGVS c.').uncheck();
    await coding.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByLabel('Save this filter as').fill('high in one gene');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await checkPage(page, '/explorer-saved');
    await page.goto(page.url().split('?')[0]);
    await live(page);
    assert.deepEqual(await counts(page), { matched: records, total: records });
    await coding.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('button', { name: 'Rename high in one gene' }).click();
    await page.getByLabel('New name of high in one gene').fill('one gene');
    await page.getByLabel('New name of high in one gene').press('Enter');
    await page.getByRole('link', { name: 'one gene', exact: true }).click();
    await shows(page, matched);
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('button', { name: 'Delete one gene' }).click();
    await page.getByText('No saved filters yet.').waitFor();
    await page.keyboard.press('Escape');

    // A gene panel has the genes of the filter, and filters by them.
    await page.getByRole('button', { name: 'Gene panels' }).click();
    await page.getByLabel(/^Save as panel/).fill('my panel');
    await page.getByRole('button', { name: 'Save panel' }).click();
    await page.getByRole('button', { name: /^my panel/ }).waitFor();
    await checkPage(page, '/explorer-panels');
    await page.keyboard.press('Escape');
    await page.getByLabel('Genes').fill('');
    await shows(page, high);
    await page.getByRole('button', { name: 'Gene panels' }).click();
    await page.getByRole('button', { name: /^my panel/ }).click();
    await shows(page, matched);
    assert.equal(await page.getByLabel('Genes').inputValue(), gene.toLowerCase());

    // Exports contain exactly the rows counted.
    await page.getByRole('button', { name: 'Export' }).click();
    await checkPage(page, '/explorer-exports');
    const formats = page.locator('#explorer-exports');
    await formats.getByLabel(/^TSV/).uncheck();
    await formats.getByText('Choose at least one format.').waitFor();
    await formats.getByLabel(/^CSV/).check();
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download CSV' }).click(),
    ]);
    assert.equal(csv.suggestedFilename(), 'free.annot.filtered.csv');
    const lines = readFileSync(await csv.path(), 'utf8').trim().split('\r\n');
    assert.equal(lines.length - 1, matched);
    await formats.getByLabel(/^Excel/).check();
    const [zip] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download ZIP' }).click(),
    ]);
    assert.equal(zip.suggestedFilename(), 'free.annot.filtered.zip');
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Clear filters' }).first().click();
    await shows(page, records);
    assert.equal(await page.getByLabel('Genes').inputValue(), '');

    // By keyboard alone: sort, move down, open, close, and continue at the same row.
    // The most severe variants come first until the user sorts otherwise.
    await page.locator('th[aria-sort=ascending]', { hasText: 'Impact' }).waitFor();
    await page.getByRole('button', { name: 'Position' }).press('Enter');
    await page.locator('th[aria-sort=ascending]', { hasText: 'Position' }).waitFor();
    await page.getByRole('button', { name: 'Impact' }).press('Enter');
    await page.locator('th[aria-sort=ascending]', { hasText: 'Impact' }).waitFor();
    await page.locator('tr.variant .badge-bad').first().waitFor();
    // From the table as a whole, the arrow key leads to its first row.
    await page.locator('#variants').focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.id === 'variant-0');
    await page.keyboard.press('ArrowDown');
    const second = page.locator('tr.variant[aria-rowindex="3"] .variant-open');
    await page.waitForFunction(() => document.activeElement?.id === 'variant-1');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: /Transcripts/ }).waitFor();
    assert.ok((await dialog.getByRole('heading', { level: 2 }).innerText()).startsWith(await second.innerText()));
    // Labels with long names of sources leave room for the values.
    const outside = await dialog.evaluate((panel) => {
      const end = panel.getBoundingClientRect().right;
      return [...panel.querySelectorAll('dd')].filter((value) => value.getBoundingClientRect().right > end).map((value) => value.innerText);
    });
    assert.deepEqual(outside, [], 'values that are cut off');
    // The transcript of the row is the first one.
    assert.equal(await dialog.locator('.transcripts tbody tr').first().getAttribute('class'), 'chosen');
    // Links to the help stay in this application.
    for (const link of await dialog.locator('a:not([href^="/help"])').all()) {
      assert.equal(await link.getAttribute('rel'), 'noreferrer');
      assert.equal(await link.getAttribute('target'), '_blank');
    }
    await checkPage(page, '/explorer-variant');
    // The panel leads to the next and the previous row, and the focus follows.
    const title = async (row) => {
      const position = await page.locator(`tr.variant[aria-rowindex="${row + 2}"] .variant-open`).innerText();
      await dialog.getByRole('heading', { level: 2, name: new RegExp(`^${position} `) }).waitFor();
    };
    await page.keyboard.press('j');
    await title(2);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await title(3);
    await page.keyboard.press('k');
    await title(2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement?.id === 'variant-2');
    await page.keyboard.press('End');
    await page.waitForFunction((id) => document.activeElement?.id === id, `variant-${records - 1}`);

    // An invalid region is reported next to the field, and no query is sent.
    await page.getByLabel('Regions', { exact: true }).fill('20:9-5');
    await page.getByText('ends before it starts').waitFor();
    await page.getByLabel('Regions', { exact: true }).fill('nonsense');
    await page.getByText('is on a chromosome "nonsense"; write a region like 20:1,000-2,000.').waitFor();
    await page.getByLabel('Genes').fill(`${gene}X`);
    await page.getByText(`is in a gene "${gene}X"; similar names: `).waitFor();
    await page.getByLabel('Genes').fill('');
    await page.getByLabel('Regions', { exact: true }).fill('20:1-5');
    await page.getByText('No variants match these filters.').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Clear filters' }).last().click();
    await shows(page, records);
    await page.getByText('More filters').click();
    await checkPage(page, '/explorer');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

/** A sample with a frequency in a population, whose column has a long label. */
function withFrequency() {
  const lines = sample('free.vcf').text.trim().split('\n');
  const head = lines.filter((line) => line.startsWith('#'));
  const columns = head.pop();
  const declaration = '##INFO=<ID=GMAF,Number=1,Type=Float,Description="Frequency of the minor allele">';
  const records = lines.filter((line) => !line.startsWith('#')).slice(0, 200).map((line) => `${line};GMAF=0.01`);
  return `${[...head, declaration, columns, ...records].join('\n')}\n`;
}

test('the filters can be skipped, long labels have titles, and a phone shows impact and consequence', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-small-explorer');
    await upgrade(page);
    const id = await submit(page, 'frequency.vcf', withFrequency());
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('link', { name: 'Results', exact: true }).click();
    await page.locator('tr.variant .variant-open').first().waitFor();

    // The link is the next stop after the tabs, visible only then, and leads to the table.
    const skip = page.getByRole('link', { name: 'Skip the filters' });
    await page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name: 'Log' }).focus();
    assert.ok((await skip.boundingBox()).x < 0, 'hidden without the focus');
    const address = page.url();
    await page.keyboard.press('Tab');
    await page.waitForFunction(() => document.activeElement?.innerText === 'Skip the filters');
    const { x, y } = await skip.boundingBox();
    assert.ok(x >= 0 && y >= 0, `${x}, ${y}`);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'variants');
    assert.equal(page.url(), address);
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.id === 'variant-0');

    // A long heading has two lines at most, and the label of its filter one: what the column has is before its source, and the
    // titles have all of it.
    const choose = async (view) => {
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByLabel(view, { exact: true }).check();
      await page.keyboard.press('Escape');
    };
    await choose('All');
    const label = 'GMAF (dbSNP, INFO of the file)';
    const heading = page.locator(`th[title="${label}"] .heading`);
    assert.equal(await heading.innerText(), label);
    const height = (element) => element.getBoundingClientRect().height / parseFloat(getComputedStyle(element).fontSize);
    const headingHeight = await heading.evaluate(height);
    assert.ok(headingHeight > 2 && headingHeight < 2.5, `the heading is ${headingHeight} em high`);
    const filter = page.locator('label[title="GMAF at most (dbSNP, INFO of the file)"]');
    const filterHeight = await filter.evaluate(height);
    assert.ok(filterHeight < 2, `the label of the filter is ${filterHeight} em high`);
    // The rows keep the height that window.rs assumes.
    const heights = await page.locator('tr.variant').evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
    assert.deepEqual([...new Set(heights)], [24]);
    assert.equal(await page.locator('.row-impact').first().isVisible(), false, 'the column has the word');

    await choose('Clinical');
    await page.getByRole('columnheader', { name: 'ID', exact: true }).waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 375, height: 740 });
    const outside = await page.locator('#variants').evaluate((table) => {
      const end = table.getBoundingClientRect().left + table.clientLeft + table.clientWidth;
      const cells = [...table.querySelectorAll('thead .col-consequence, tr.variant .row-impact')];
      return [cells.length, cells.filter((cell) => cell.getBoundingClientRect().right > end || !cell.checkVisibility()).length];
    });
    assert.ok(outside[0] > 1, 'every row has its impact');
    assert.equal(outside[1], 0, 'without scrolling');
    const cut = await page.locator('.variant-open').evaluateAll((buttons) => buttons.filter((button) => {
      const cell = button.parentElement.getBoundingClientRect();
      const { top, right } = button.getBoundingClientRect();
      return button.scrollWidth > button.clientWidth || right > cell.right || top > cell.top + 2;
    }).length);
    assert.equal(cut, 0, 'positions are shown whole');
    for (const name of ['change', 'consequence']) {
      const high = await page.locator(`thead .col-${name} .heading`).evaluate((label) => label.getBoundingClientRect().height);
      assert.ok(high < 20, `the heading ${name} has one line, not ${high} px`);
    }
    // The icon says the same as the column.
    const row = page.locator('tr.variant').first();
    assert.equal(await row.locator('.row-impact [title]').getAttribute('title'), await row.locator('td .badge').first().innerText());
    await checkPage(page, '/explorer-small');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
