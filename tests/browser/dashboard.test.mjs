// The job list: filters in the URL, actions on one and on many jobs, and tabs that share one event
// stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const good = sample('free.vcf').text;
const slow = (seconds) => good.replace('\n', `\n##gas_test_delay_secs=${seconds}\n`);
const row = (page, id) => page.locator(`tr[data-job="${id}"]`);
const rows = (page) => page.locator('tr[data-job]');
const status = (page, id, name) => row(page, id).locator(`[data-status=${name}]`);
/** A figure of the strip above the list. */
const strip = (page, name, text) => page.locator('.strip > div', { hasText: name }).getByText(text, { exact: true });

test('jobs can be searched, watched, cancelled and deleted in the list', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-dashboard');
    await page.getByRole('heading', { name: 'You have no annotations yet.' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Try a sample file' }).count(), 1);
    await checkPage(page, '/dashboard-first');

    // New jobs appear live, without a reload.
    const loads = [];
    page.on('load', () => loads.push(page.url()));
    const done = [];
    for (const name of ['alpha.vcf', 'beta.vcf']) done.push(await submit(page, name, good));
    for (const id of done) await status(page, id, 'COMPLETED').waitFor();
    const failed = await submit(page, 'gamma.vcf', good.replace('\n20\t1000226', '\n20\t12a'));
    await status(page, failed, 'FAILED').waitFor();
    assert.deepEqual(loads, []);
    await strip(page, 'Completed in 24 h', '2').waitFor();
    await page.getByText('1–3 of 3').waitFor();

    // Filters are part of the URL: "back" undoes them, and a reload keeps them.
    await page.getByRole('link', { name: /^Failed/ }).click();
    await row(page, done[0]).waitFor({ state: 'detached' });
    assert.equal(await rows(page).count(), 1);
    assert.match(page.url(), /\?status=FAILED$/);
    await page.goBack();
    await row(page, done[0]).waitFor();
    await page.getByLabel('Search by name or job id').fill('BETA');
    await row(page, failed).waitFor({ state: 'detached' });
    assert.deepEqual(await rows(page).evaluateAll((all) => all.map((one) => one.dataset.job)), [done[1]]);
    assert.match(page.url(), /search=BETA/);
    await page.reload();
    await live(page);
    assert.equal(await page.getByLabel('Search by name or job id').inputValue(), 'BETA');
    assert.equal(await rows(page).count(), 1);
    await page.getByLabel('Search by name or job id').fill('nothing has this');
    await page.getByText('No annotations match.').waitFor();
    await checkPage(page, '/dashboard-nothing');
    await page.getByRole('main').getByRole('link', { name: 'Clear filters' }).click();
    await page.getByText('1–3 of 3').waitFor();
    assert.equal(await page.getByLabel('Search by name or job id').inputValue(), '');

    // A column header sorts the table and sets aria-sort.
    await page.getByRole('columnheader', { name: 'File' }).getByRole('link').click();
    await page.locator('th[aria-sort=ascending]', { hasText: 'File' }).waitFor();
    await page.waitForFunction(() => document.querySelector('tr[data-job] .file-name').textContent === 'alpha.vcf');
    await page.getByRole('columnheader', { name: 'File' }).getByRole('link').click();
    await page.waitForFunction(() => document.querySelector('tr[data-job] .file-name').textContent === 'gamma.vcf');
    await page.goto(`${stack.web_url}/annotations`);
    await live(page);

    // Cancel one job in its menu. No word needs to be typed, and the focus is restored.
    const running = await submit(page, 'delta.vcf', slow(60));
    await row(page, running).locator('[data-status=RUNNING], [data-status=PENDING]').waitFor();
    const actions = row(page, running).getByRole('button', { name: 'Actions for delta.vcf' });
    await actions.click();
    await page.locator('#job-menu').getByRole('button', { name: 'Cancel' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Cancel 1 annotation?' }).waitFor();
    assert.equal(await dialog.getByRole('textbox').count(), 0);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.ok(await actions.evaluate((button) => button === document.activeElement), 'the focus is restored');
    await actions.click();
    await checkPage(page, '/dashboard-menu');
    // Resizing the window may have closed the menu.
    if (!(await page.locator('#job-menu').isVisible())) await actions.click();
    await page.locator('#job-menu').getByRole('button', { name: 'Cancel' }).click();
    await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
    await status(page, running, 'CANCELLED').waitFor();
    await dialog.waitFor({ state: 'hidden' });

    // When a selected job ends, the button that deletes stays where it is, and does not move to that of the button that cancels.
    const ending = await submit(page, 'epsilon.vcf', slow(60));
    await page.getByLabel('Select epsilon.vcf').check();
    const cancel = page.getByRole('button', { name: 'Cancel 1 unfinished' });
    await cancel.waitFor();
    const left = () => page.locator('.bulk').getByRole('button', { name: 'Delete' }).evaluate((button) => button.getBoundingClientRect().left);
    const before = await left();
    const post = (act) => page.evaluate((path) => fetch(path, { method: 'POST' }), `/api/jobs/${ending}/${act}`);
    await post('cancel');
    await cancel.waitFor({ state: 'detached' });
    assert.equal(await left(), before);
    await post('delete');
    await row(page, ending).waitFor({ state: 'detached' });

    // Delete several jobs. Results need a typed confirmation, and a job that fails is reported.
    await page.getByLabel('Select all on this page').check();
    await page.getByText('4 annotations selected').waitFor();
    await checkPage(page, '/dashboard');
    await page.getByLabel('Select gamma.vcf').uncheck();
    await page.getByText('3 annotations selected').waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog.getByText('Results that you have not downloaded are lost').waitFor();
    await checkPage(page, '/dashboard-delete');
    const confirm = dialog.getByRole('button', { name: 'Delete', exact: true });
    assert.ok(await confirm.isDisabled());
    await page.route(`**/api/jobs/${done[0]}/delete`, (route) =>
      route.fulfill({ status: 503, contentType: 'application/json', body: '{"message":"the job is busy","code":503,"details":null}' }));
    await dialog.getByRole('textbox').fill('delete');
    await confirm.click();
    await dialog.getByText('alpha.vcf:').waitFor();
    assert.equal(await rows(page).count(), 2, 'the others are deleted');
    await page.unroute(`**/api/jobs/${done[0]}/delete`);
    await confirm.click();
    await dialog.waitFor({ state: 'hidden' });
    await row(page, done[0]).waitFor({ state: 'detached' });
    assert.deepEqual(await rows(page).evaluateAll((all) => all.map((one) => one.dataset.job)), [failed]);
    await page.getByText('1–1 of 1').waitFor();
    assert.deepEqual(problems.filter((text) => !text.includes('503')), []);
  } finally {
    await close();
  }
});

test('a pending job shows its position in the queue', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-waits');
    // More jobs than workers, so that some are pending.
    const ids = [];
    for (let n = 0; n < 6; n += 1) ids.push(await submit(page, `wait-${n}.vcf`, slow(6)));
    await page.locator('[data-queue]', { hasText: /in line/ }).first().waitFor();
    for (const id of ids) await page.evaluate((id) => fetch(`/api/jobs/${id}/delete`, { method: 'POST' }), id);
    for (const id of ids) await row(page, id).waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

/** Tracks the open event streams of a browser. */
function countStreams(context) {
  const open = new Set();
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/events') open.add(request);
  });
  for (const end of ['requestfinished', 'requestfailed']) context.on(end, (request) => open.delete(request));
  return open;
}

async function eventually(what, check) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`timed out waiting for ${what}`);
}

test('tabs share one event stream, and another tab takes over when its tab is closed', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    const streams = countStreams(page.context());
    await signIn(page, 'ada-tabs');
    const tabs = [page];
    for (let n = 0; n < 2; n += 1) {
      const tab = await page.context().newPage();
      tab.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      });
      await tab.goto(`${stack.web_url}/annotations`);
      await live(tab);
      tabs.push(tab);
    }
    await eventually('one stream', () => streams.size === 1);
    const first = await submit(tabs[1], 'first.vcf', good);
    for (const tab of tabs) await status(tab, first, 'COMPLETED').waitFor();
    assert.equal(streams.size, 1);

    // Close the tab with the stream. Another tab opens a new one.
    const [leader] = [...streams].map((request) => request.frame().page());
    assert.equal(leader, page);
    await leader.close();
    streams.forEach((request) => { if (request.frame().page() === leader) streams.delete(request); });
    await eventually('another stream', () => streams.size === 1);
    const second = await submit(tabs[1], 'second.vcf', good);
    for (const tab of tabs.slice(1)) await status(tab, second, 'COMPLETED').waitFor();
    assert.equal(streams.size, 1);

    // The other tab is notified of a deletion too.
    await tabs[1].evaluate((id) => fetch(`/api/jobs/${id}/delete`, { method: 'POST' }), first);
    await row(tabs[2], first).waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('in a browser without the Web Locks API every tab has its own stream', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.context().addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    });
    const streams = countStreams(page.context());
    await signIn(page, 'ada-no-locks');
    const other = await page.context().newPage();
    await other.goto(`${stack.web_url}/annotations`);
    await live(other);
    await eventually('two streams', () => streams.size === 2);
    const id = await submit(page, 'one.vcf', good);
    for (const tab of [page, other]) await status(tab, id, 'COMPLETED').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
