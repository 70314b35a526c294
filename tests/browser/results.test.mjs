// The download window of a Free user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

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

    // Each announcement appears once, although the digits change every second.
    await page.getByText('At most 10 seconds left to download').waitFor({ state: 'attached' });
    await page.getByText('The time to download the results is over').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Download results' }).count(), 0);
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Upload again' }).waitFor();

    await page.locator('[data-results-state=archived]').waitFor();
    // The records are closed, without filters that do nothing; the charts stay open.
    const tab = (name) => page.getByRole('navigation', { name: 'Parts of this annotation' }).getByRole('link', { name });
    await tab('Results').click();
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
