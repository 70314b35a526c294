// The home page, the help pages and the changelog: open to everybody, correct, accessible, and without layout shift.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { hydrated, live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const HELP = ['inputs', 'columns', 'consequences', 'plans', 'programs'];

test('the home page is open to everybody, shows results, and does not shift', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${stack.web_url}/`);
    assert.equal(await page.locator('.demo tbody tr').count(), 6);
    await page.getByRole('link', { name: 'Sign in to start' }).first().waitFor();
    await page.waitForLoadState('networkidle');
    const shift = await page.evaluate(() => window.shift);
    assert.ok(shift <= 0.02, `layout shift ${shift}`);
    const plans = page.getByRole('table', { name: 'The plans compared' });
    await plans.getByRole('row', { name: /^File size up to 150 kB up to 500 GiB$/ }).waitFor();
    await hydrated(page);
    await checkPage(page, '/home');
    // 200 % zoom of 1280 px.
    await page.setViewportSize({ width: 640, height: 400 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the variants of the home page are what the service answers', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-home');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').first().waitFor();
    const job = new URL(page.url()).pathname.split('/')[2];
    await page.goto(`${stack.web_url}/`);
    const shown = await page.locator('.demo tbody tr').evaluateAll((rows) =>
      rows.map((row) => [row.dataset.position, ...[...row.cells].slice(1).map((cell) => cell.textContent.trim())]));
    const regions = shown.map(([position]) => ({ contig: '20', start: Number(position), end: Number(position) }));
    const answered = await page.evaluate(async ([job, regions]) => {
      const query = { filter: { regions: regions.map(({ contig, start, end }) => `${contig}:${start}-${end}`) }, sort: { key: 'position' }, limit: 20 };
      const response = await fetch(`/api/jobs/${job}/variants`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      if (!response.ok) throw new Error(await response.text());
      return response.json();
    }, [job, regions]);
    const rows = new Map(answered.rows.map((row) => [String(row.pos), row]));
    const change = (hgvs) => (hgvs ? decodeURIComponent(hgvs.split(':').at(-1)) : '–');
    const digits = (frequency) => String(Number(frequency.toPrecision(3)));
    for (const [position, alleles, gene, consequence, impact, coding, protein, frequency] of shown) {
      const row = rows.get(position);
      assert.ok(row, `there is a record at ${position}`);
      assert.deepEqual(
        [alleles, gene, consequence, impact, coding, protein, frequency],
        [
          `${row.reference} > ${row.alt}`, row.gene, row.consequence.replaceAll('_', ' '), row.impact.toUpperCase(),
          change(row.hgvs_c), change(row.hgvs_p), digits(row.file_frequency),
        ],
        position,
      );
    }
    assert.equal(answered.total, 2083, 'the caption has the number of variants');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the help pages explain terms where the question arises, and fit every screen', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.goto(`${stack.web_url}/`);
    await page.getByRole('contentinfo').getByRole('link', { name: 'Help' }).click();
    await page.getByRole('heading', { name: 'Help', level: 1 }).waitFor();
    await checkPage(page, '/help');
    for (const topic of HELP) {
      const response = await page.goto(`${stack.web_url}/help/${topic}`);
      assert.equal(response.status(), 200, topic);
      assert.equal(await page.locator('h1').count(), 1, topic);
      await hydrated(page);
      await checkPage(page, `/help/${topic}`);
    }
    assert.equal((await page.goto(`${stack.web_url}/help/nothing`)).status(), 404);
    // An entry of the address is marked and scrolled to.
    await page.goto(`${stack.web_url}/help/consequences?entry=missense_variant`);
    const term = page.locator('#help-missense_variant');
    assert.match(await term.getAttribute('class'), /help-named/);
    await page.waitForFunction(() => {
      const { top, bottom } = document.getElementById('help-missense_variant').getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight;
    });
    await term.getByText('MODERATE').waitFor();
    await term.getByText('resulting in a different amino acid sequence').waitFor();
    await page.goto(`${stack.web_url}/changelog`);
    await page.getByRole('heading', { name: 'Unreleased' }).waitFor();
    assert.ok((await page.locator('.changelog li').count()) > 50);
    await hydrated(page);
    await checkPage(page, '/changelog');
    assert.deepEqual(problems.filter((text) => !text.includes('404')), []);
  } finally {
    await close();
  }
});

test('the explorer, the upload page and billing link to their help', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-help');
    await page.getByRole('link', { name: 'Which files can be annotated' }).waitFor();
    await upgrade(page);
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.getByRole('link', { name: 'Files, notations and limits' }).waitFor();
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').first().waitFor();
    await page.getByRole('link', { name: 'Results', exact: true }).click();
    await page.locator('.variant-open').first().click();
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('link', { name: 'splice acceptor variant' }).click();
    await page.waitForURL('**/help/consequences?entry=splice_acceptor_variant');
    await page.locator('#help-splice_acceptor_variant.help-named').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('link', { name: 'What the columns mean' }).click();
    await page.waitForURL('**/help/columns?entry=');
    await page.goto(`${stack.web_url}/billing`);
    await live(page);
    const plans = page.getByRole('table', { name: 'The plans compared' });
    await plans.getByText(/^for .*, then the results are archived$/).waitFor();
    await plans.getByText(/a month$/).waitFor();
    await page.getByRole('link', { name: 'Plans and limits in detail' }).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
