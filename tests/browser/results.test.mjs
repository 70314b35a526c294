// The download window of a Free user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payInDialog, upgrade } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

test('when the countdown ends, the page offers the upgrade instead of the download', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-countdown');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    const loads = [];
    page.on('load', () => loads.push(page.url()));
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    const timer = page.getByRole('timer', { name: 'Time left to download' });
    await timer.waitFor();
    assert.match(await timer.innerText(), /^\d\d:\d\d$/);
    await page.getByRole('button', { name: 'Download results' }).waitFor();

    // The list shows the same time.
    await page.locator('.top nav').getByRole('link', { name: 'Annotations' }).click();
    await page.locator('tr[data-job] [data-results=Available] .digits').waitFor();
    await page.locator('tr[data-job] a').click();
    // So does the explorer, where users are when the time ends.
    const tab = (name) => page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name });
    await tab('Results').click();
    await page.getByRole('timer', { name: 'Time left to explore and download' }).waitFor();
    await tab('Overview').click();

    // Each announcement appears once, although the digits change every second.
    await page.getByText('At most 10 seconds left to download').waitFor({ state: 'attached' });
    await page.getByText('The time to download the results is over').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Download results' }).count(), 0);
    const options = [
      page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }),
      page.getByRole('main').getByRole('link', { name: 'Upload again' }),
    ];
    for (const option of options) await option.evaluate((element) => { element.isMarked = true; });

    await page.locator('[data-results-state=archived]').waitFor();
    for (const option of options) assert.ok(await option.evaluate((element) => element.isMarked), 'the same element, which is clicked');
    // The records are closed, without filters that do nothing; the charts stay open.
    await tab('Results').click();
    await page.getByText('Archived: the time on Free is over').waitFor();
    await page.getByText('upgrade to Premium to restore them').waitFor();
    assert.equal(await page.getByRole('search').count(), 0);
    await page.getByRole('main').getByRole('link', { name: 'charts', exact: true }).click();
    await page.locator('[data-chart=consequences] .mark').first().waitFor();
    assert.deepEqual(loads, [], 'nothing was reloaded');
    assert.deepEqual(problems.filter((text) => !text.includes('402')), [], 'the server says why the results are closed');
  } finally {
    await close();
  }
});

test('the page of a closed result keeps its elements when the job changes and when it is loaded again', async () => {
  const { page: leader, problems, close } = await openBrowser();
  try {
    await signIn(leader, 'ada-closed');
    const id = await submit(leader, 'free.vcf', sample('free.vcf').text);
    // The first tab has the event stream. If it is closed, the next one opens a new stream, and all load their data again.
    const next = await leader.context().newPage();
    await next.goto(`${stack.web_url}/annotations`);
    await live(next);
    const page = await leader.context().newPage();
    page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack}`));
    page.setDefaultTimeout(30_000);
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.getByText('The time to download the results is over').waitFor();
    const tab = (name) => page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name });
    await tab('Results').click();
    const charts = page.getByRole('main').getByRole('link', { name: 'charts', exact: true });
    await charts.waitFor();

    const elements = {
      charts,
      results: tab('Results'),
      heading: page.getByRole('heading', { level: 1 }),
      'upgrade in the header': page.locator('.page-head [data-upgrade]'),
      'upgrade in the panel': page.locator('.note [data-upgrade]'),
    };
    for (const [name, element] of Object.entries(elements)) {
      await element.evaluate((element, name) => { element.nameInTest = name; }, name);
    }
    const assertSame = async (when) => {
      for (const [name, element] of Object.entries(elements)) {
        assert.equal(await element.evaluate((element) => element.nameInTest), name, `${name} ${when}`);
      }
    };
    await page.getByText('Archived: the time on Free is over').waitFor();
    await assertSame('after the archive event');

    const paths = [`/api/jobs/${id}`, `/api/jobs/${id}/variants`];
    /** Closes a tab, and waits until the page has requested job and variants again. */
    const loadAgain = async (other) => {
      const responses = paths.map((path) => page.waitForResponse((response) => new URL(response.url()).pathname === path));
      await Promise.all([...responses, other.close()]);
      // The responses are read and rendered.
      await page.waitForTimeout(500);
    };
    const isRequested = (url) => paths.includes(url.pathname);
    await page.route(isRequested, (route) => route.fulfill({ status: 503, body: 'busy' }));
    await loadAgain(leader);
    await assertSame('after requests that failed');
    await page.unroute(isRequested);
    await loadAgain(next);
    await assertSame('after the job was loaded again');

    await charts.click();
    await page.locator('[data-chart=consequences] .mark').first().waitFor();
    assert.deepEqual(problems.filter((text) => !/40[12]|503/.test(text)), []);
  } finally {
    await close();
  }
});

test('the explorer closes when its results are archived, opens when they are restored, and keeps its filters', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-explores-on');
    const id = await submit(page, 'free.vcf', sample('free.vcf').text);
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    const loads = [];
    page.on('load', () => loads.push(page.url()));
    await page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name: 'Results' }).click();
    const row = page.locator('tr.variant .badge-bad').first();
    const count = page.locator('.count[aria-busy=false]');
    await page.getByLabel(/^HIGH/).check();
    await page.waitForFunction(() => decodeURIComponent(window.location.search).includes('"impacts":["high"]'));
    await count.waitFor();
    await row.waitFor();
    const [address, matched] = [page.url(), await count.innerText()];
    assert.doesNotMatch(matched, /^0 /);

    // At the end of the window the records close, and say why and what to do.
    await page.getByText('upgrade to Premium to restore them').waitFor();
    assert.equal(await page.locator('tr.variant').count(), 0);
    assert.equal(await page.getByRole('search').count(), 0, 'no filters that do nothing');
    await page.getByText('Your filters are kept.').waitFor();
    await page.getByText('The results are archived; upgrade to Premium to restore them.').waitFor();
    assert.equal(page.url(), address);

    await page.locator('.note').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await payInDialog(page);
    await row.waitFor();
    await count.waitFor();
    assert.equal(await count.innerText(), matched);
    assert.ok(await page.getByLabel(/^HIGH/).isChecked());
    assert.equal(page.url(), address);
    assert.deepEqual(loads, [], 'nothing was reloaded');
    assert.deepEqual(problems.filter((text) => !/40[29]/.test(text)), []);
  } finally {
    await close();
  }
});

test('an upgrade and other tabs keep the elements of a job that the user may be about to click', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-clicks');
    const id = await submit(page, 'free.vcf', sample('free.vcf').text);
    await page.goto(`${stack.web_url}/annotations/${id}`);
    await live(page);
    await page.getByRole('button', { name: 'Keep with Premium' }).waitFor();
    const main = page.getByRole('main');
    const banner = page.locator('.reference-banner');
    const elements = {
      download: page.locator('#download'),
      explore: main.getByRole('link', { name: 'Explore results' }),
      'run again': main.getByRole('button', { name: 'Run again', exact: true }),
      delete: main.getByRole('button', { name: 'Delete' }),
      banner,
    };
    const all = Object.entries(elements);
    for (const [name, element] of all) await element.evaluate((element, name) => { element.nameInTest = name; }, name);
    await upgrade(page);
    await page.getByRole('button', { name: 'Keep with Premium' }).waitFor({ state: 'detached' });
    for (const [name, element] of all) {
      assert.equal(await element.evaluate((element) => element.nameInTest), name, `${name} after the upgrade`);
    }

    // The banner is hidden where the table needs the height. Loaded again, it would move the content of the next tab.
    const tab = (name) => page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name });
    await tab('Results').click();
    await page.locator('tr.variant').first().waitFor();
    assert.equal(await banner.isVisible(), false);
    await tab('Charts').click();
    await page.locator('[data-chart=consequences] .mark').first().waitFor();
    assert.ok(await banner.isVisible());
    assert.equal(await banner.evaluate((element) => element.nameInTest), 'banner');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
