// A job's pages: tabs and their URLs, the run log while the job runs, charts that link to the
// explorer, the genome browser under the Content Security Policy, and running the job again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const tab = (page, name) =>
  page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name, exact: true });

/** Opens a tab. */
async function open(page, name) {
  await tab(page, name).click();
  await page.locator('.tabs a[aria-current=page]', { hasText: name }).waitFor();
}

/** Clicks at a fraction of the width of a track, at several heights, until the drawer opens. */
async function clickTrack(page, type, fraction, drawer) {
  const box = await page.evaluateHandle((type) => {
    const name = { variant: 'Variants', annotation: 'Genes' }[type];
    const views = [...document.querySelector('#genome').shadowRoot.querySelectorAll('.igv-viewport')];
    return views.find((view) => view.textContent.includes(name));
  }, type);
  const { x, y, width } = await box.asElement().boundingBox();
  for (const below of [12, 16, 20, 24, 30]) {
    await page.mouse.click(x + width * fraction, y + below);
    if (await drawer.waitFor({ timeout: 1500 }).then(() => true, () => false)) return;
  }
  assert.fail('no click opened the drawer');
}

/** The controls of igv.js by keyboard alone, and axe with its menus and dialogs open. */
async function checkGenomeControls(page) {
  const genome = page.locator('#genome');
  const button = (name) => genome.getByRole('button', { name });
  await button('Crosshairs').press(' ');
  await genome.getByRole('button', { name: 'Crosshairs', pressed: true }).waitFor();
  await button('Crosshairs').press('Enter');
  await genome.getByRole('button', { name: 'Crosshairs', pressed: false }).waitFor();
  const size = () => genome.locator('.igv-windowsize-panel-container').innerText();
  const before = await size();
  await button('Zoom in').press('Enter');
  await page.waitForFunction(
    (before) => document.querySelector('#genome').shadowRoot.querySelector('.igv-windowsize-panel-container').innerText !== before,
    before,
  );
  await button('Menu of the track Variants').press('Enter');
  await button('Set track height').waitFor();
  await checkPage(page, '/job-browser-menu');
  await button('Set track height').press('Enter');
  await genome.getByRole('textbox', { name: 'Track Height' }).waitFor();
  await checkPage(page, '/job-browser-dialog');
  await button('Cancel').press('Enter');
  const search = genome.getByRole('textbox', { name: 'Gene or region' });
  await search.fill('NOSUCHGENE');
  await search.press('Enter');
  await genome.getByRole('alertdialog').waitFor();
  await checkPage(page, '/job-browser-alert');
  await button('OK').press('Enter');
  await genome.getByRole('alertdialog').waitFor({ state: 'hidden' });
}

async function submit(page, name, text) {
  await page.goto(`${stack.web_url}/annotate`);
  await live(page);
  await page.locator('#vcf-file').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
}

test('the run log grows while the job runs and can be searched, linked to and downloaded', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-log');
    const slow = sample('free.vcf').text.replace('#CHROM', '##gas_test_delay_secs=6\n#CHROM');
    await submit(page, 'slow.vcf', slow);
    const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
    await crumbs.getByText('slow.vcf', { exact: true }).waitFor();
    assert.match(await crumbs.getByRole('link', { name: 'Annotations' }).getAttribute('href'), /^\/annotations\b/);
    await page.locator('[data-step=now]', { hasText: 'Running' }).getByText(/Step \d of 4/).waitFor();
    await open(page, 'Log');
    await page.locator('.log-line', { hasText: 'download' }).waitFor();
    assert.equal(await page.locator('.log-line', { hasText: 'Total:' }).count(), 0, 'the job is still running');
    assert.ok(await page.getByLabel('Follow').isChecked());
    // New lines appear without a reload.
    await page.locator('.log-line', { hasText: /^\d+\s*Total:/ }).waitFor();
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();

    await page.getByLabel('Search the log').fill('IN ');
    const matches = page.locator('.log-count');
    const [, first, count] = (await matches.innerText()).match(/(\d+) of (\d+)/);
    assert.ok(first === '1' && Number(count) > 3, `${first} of ${count}`);
    assert.equal(await page.locator('.log-text mark').count(), Number(count));
    await page.getByRole('button', { name: 'Next match' }).click();
    assert.equal(await matches.innerText(), `2 of ${count}`);
    await page.getByLabel('Search the log').press('Shift+Enter');
    await page.getByLabel('Search the log').press('Shift+Enter');
    assert.equal(await matches.innerText(), `${count} of ${count}`, 'the search wraps from the first to the last match');
    await page.getByLabel('Search the log').fill('nowhere');
    assert.equal(await matches.innerText(), 'no matches');
    await page.getByLabel('Search the log').fill('');

    await page.getByLabel('Line 2', { exact: true }).click();
    assert.match(page.url(), /\/log#L2$/);
    assert.ok(await page.locator('#L2').evaluate((line) => line.matches(':target')));
    await page.getByLabel('Wrap lines').uncheck();
    assert.equal(await page.locator('.log-wrapped').count(), 0);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'slow.log');
    const lines = readFileSync(await file.path(), 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, await page.locator('.log-line').count());
    await checkPage(page, '/job-log');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('tabs have URLs, charts link to the explorer, and a job can run again', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-job');
    await upgrade(page);
    await submit(page, 'free.vcf', sample('free.vcf').text);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    const steps = await page.locator('.timeline .timeline-step-name strong').allInnerTexts();
    assert.deepEqual(steps, ['Uploaded', 'Queued', 'Running', 'Completed', 'Available']);
    assert.equal(await page.locator('.timeline time').count(), 4, 'each reached step has its time');
    await checkPage(page, '/job-overview');
    const job = new URL(page.url()).pathname;

    await open(page, 'Charts');
    assert.equal(new URL(page.url()).pathname, `${job}/charts`);
    await page.locator('[data-chart=consequences] .mark').first().waitFor();
    // The sample has no QUAL values, so there is no chart of them.
    for (const name of ['consequences', 'density', 'ts-tv', 'known', 'indels']) {
      assert.ok(await page.locator(`[data-chart=${name}] .mark`).count(), name);
    }
    await checkPage(page, '/job-charts');
    // Each chart has a table with the same counts.
    const known = page.locator('[data-chart=known]');
    await known.getByText('Show as a table').click();
    assert.equal(await known.locator('tbody tr').count(), await known.locator('.mark').count());
    // Keyboard: one tab stop, arrow keys between marks, Enter.
    const marks = page.locator('[data-chart=consequences] .mark');
    assert.equal(await page.locator('[data-chart=consequences] .mark[tabindex="0"]').count(), 1);
    await marks.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.id === 'consequences-1');
    const [, term, count] = (await marks.nth(1).getAttribute('aria-label')).match(/^(.+): ([\d,]+)$/);
    await page.locator('[data-chart=consequences] .chart-shown', { hasText: term }).waitFor();
    // Downloads.
    const [svg] = await Promise.all([
      page.waitForEvent('download'),
      page.getByLabel('Download consequences as SVG').click(),
    ]);
    assert.equal(svg.suggestedFilename(), 'free.consequences.svg');
    assert.match(readFileSync(await svg.path(), 'utf8'), /^<svg xmlns.*<\/svg>\n$/s);
    const [png] = await Promise.all([
      page.waitForEvent('download'),
      page.getByLabel('Download consequences as PNG').click(),
    ]);
    assert.equal(png.suggestedFilename(), 'free.consequences.png');
    const pixels = readFileSync(await png.path());
    assert.deepEqual([...pixels.subarray(1, 4)], [...Buffer.from('PNG')]);
    assert.equal(pixels.readUInt32BE(16), 360 * 3, 'three times the size, for print');

    await marks.nth(1).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/results\?filter=/);
    assert.match(decodeURIComponent(page.url()), new RegExp(`"consequences":\\["${term.replace(/ /g, '_')}"\\]`));
    await page.locator('.count strong', { hasText: count }).waitFor();
    assert.equal(await page.locator('.tabs a[aria-current=page]').innerText(), 'Results');

    await open(page, 'Overview');
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => url.pathname !== job && /annotations\/[0-9a-f-]{36}$/.test(url.pathname));
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Annotation of free.vcf' }).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the genome browser draws variants and genes and only sends requests to this service', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    const requested = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http')) requested.push(url);
    });
    await signIn(page, 'ada-genome');
    await upgrade(page);
    await submit(page, 'free.vcf', sample('free.vcf').text);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    assert.ok(!requested.some((url) => url.pathname.includes('genome')), 'igv.js is not loaded before its tab is opened');
    requested.length = 0;
    await open(page, 'Browser');
    await page.locator('#genome[data-ready=true]').waitFor();

    // Each track has drawn something: its canvas has colored pixels.
    await page.waitForFunction(() => {
      const root = document.querySelector('#genome').shadowRoot;
      const drawn = [...root.querySelectorAll('.igv-viewport canvas')].filter((canvas) => {
        const { width, height } = canvas;
        if (width * height === 0) return false;
        const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
        let colored = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] > 0 && (data[at] < 200 || data[at + 1] < 200 || data[at + 2] < 200)) colored += 1;
        }
        return colored > 50;
      });
      return drawn.length >= 2;
    });
    const paths = requested.map((url) => url.pathname.replace(/[0-9a-f-]{36}/, 'ID'));
    for (const path of ['chrom.sizes', 'variants', 'genes'].map((name) => `/annotations-genome/ID/${name}`)) {
      assert.ok(paths.includes(path), `${path} was requested: ${paths}`);
    }
    const own = new URL(stack.web_url).origin;
    assert.deepEqual(requested.filter((url) => url.origin !== own).map(String), [], 'no requests to other hosts');
    if (process.env.GAS_SCREENSHOTS) await page.screenshot({ path: `${process.env.GAS_SCREENSHOTS}/genome.png` });
    await checkPage(page, '/job-browser');
    await checkGenomeControls(page);
    // A click on a variant or a gene opens the drawer of the page instead of a popup.
    const job = new URL(page.url()).pathname.split('/')[2];
    await page.goto(`${stack.web_url}/annotations/${job}/browser?locus=20:2597701-2597731`);
    await page.locator('#genome[data-ready=true]').waitFor();
    const drawer = page.getByRole('dialog', { name: '20:2,597,716' });
    await clickTrack(page, 'variant', 0.5, drawer);
    await drawer.getByText('splice acceptor variant').waitFor();
    await drawer.getByText('HIGH').waitFor();
    assert.ok(!(await page.evaluate(() => document.querySelector('#genome').shadowRoot.querySelector('.igv-ui-popover')?.checkVisibility())));
    await checkPage(page, '/job-browser-drawer');
    await drawer.getByRole('link', { name: 'Show in the results explorer' }).click();
    await page.locator('.count').getByText('1 of 2,083 variants').waitFor();
    await open(page, 'Browser');
    await page.locator('#genome[data-ready=true]').waitFor();
    // In the dark theme it is dark.
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('#genome[data-dark]').waitFor();
    if (process.env.GAS_SCREENSHOTS) await page.screenshot({ path: `${process.env.GAS_SCREENSHOTS}/genome-dark.png` });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('#genome:not([data-dark])').waitFor();
    // Leaving the tab removes the browser; opening it again creates a new one.
    await open(page, 'Overview');
    await open(page, 'Browser');
    await page.locator('#genome[data-ready=true]').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
