// What works on every page: the command palette, dropping files, undoing a deletion, and news of jobs that end elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { upgrade } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const good = sample('free.vcf').text;
const slow = (seconds) => good.replace('\n', `\n##gas_test_delay_secs=${seconds}\n`);
const palette = (page) => page.getByRole('dialog', { name: 'Go to' });
const field = (page) => palette(page).getByRole('combobox');
const option = (page, name) => palette(page).getByRole('option', { name });

/** The option that Enter chooses, by the id that the field names. */
const active = (page) =>
  page.evaluate(() => {
    const id = document.getElementById('palette-text').getAttribute('aria-activedescendant');
    return document.getElementById(id)?.textContent ?? '';
  });

test('the command palette finds pages, actions, jobs and genes by keyboard', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-palette');
    await upgrade(page);
    const job = await submit(page, 'palette.vcf', good);
    await page.locator(`tr[data-job="${job}"] [data-status=COMPLETED]`).waitFor();
    const modules = [];
    page.on('request', (request) => {
      if (request.url().includes('split_palette')) modules.push(request.url());
    });
    await page.keyboard.press('Control+k');
    await field(page).waitFor();
    assert.equal(modules.length, 1, 'the palette is loaded on demand');
    assert.ok(await field(page).evaluate((field) => field === document.activeElement));
    await option(page, /palette\.vcf/).waitFor();
    await checkPage(page, '/palette');

    // Arrow keys move, and the first entry follows the last one.
    assert.match(await active(page), /New annotation/);
    await page.keyboard.press('ArrowUp');
    assert.match(await active(page), /API reference/);
    await page.keyboard.press('ArrowDown');
    assert.match(await active(page), /New annotation/);
    await field(page).fill('help cons');
    await palette(page).getByText('1 entry').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/help/consequences?entry=');
    await page.waitForFunction(() => document.activeElement?.matches('h1'));

    // Also in a text field, and a job by its name.
    await page.goto(`${stack.web_url}/annotations`);
    await live(page);
    await page.locator('#list-search').focus();
    await page.keyboard.press('Control+k');
    await field(page).fill('palette');
    await option(page, /palette\.vcf/).click();
    await page.waitForURL(`**/annotations/${job}`);

    // Its parts and its genes.
    await page.keyboard.press('Control+k');
    await option(page, 'Charts of this job').waitFor();
    await field(page).fill('tmc2');
    await option(page, /^TMC2 /).waitFor();
    await checkPage(page, '/palette-gene');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/results?filter=*');
    await page.locator('.count').getByText(/of 2,083 variants/).waitFor();
    assert.equal(await page.locator('#filter-genes').inputValue(), 'TMC2');

    // An action, nothing found, and Esc returns the focus to the button.
    const button = page.getByRole('button', { name: 'Search', exact: true });
    await button.click();
    await field(page).fill('no such entry');
    await palette(page).getByText('Nothing found.').waitFor();
    await page.keyboard.press('Escape');
    await palette(page).waitFor({ state: 'hidden' });
    assert.ok(await button.evaluate((button) => button === document.activeElement), 'the focus is restored');
    await page.keyboard.press('Control+k');
    await field(page).fill('shortcuts');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('files that are dropped on any page are annotated', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-drop-anywhere');
    await page.goto(`${stack.web_url}/billing`);
    await live(page);
    // A handle belongs to the page that it was made on.
    const dragged = () => page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'dropped.vcf'));
      return data;
    }, good);
    let data = await dragged();
    await page.dispatchEvent('h1', 'dragover', { dataTransfer: data });
    await page.getByText('Drop up to 10 VCF files').waitFor();
    await page.dispatchEvent('h1', 'drop', { dataTransfer: data });
    // The only file of the queue: its job is opened when it is submitted.
    await page.waitForURL(/annotations\/[0-9a-f-]{36}$/);
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('dropped.vcf', { exact: true }).waitFor();
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    // Files for a reference stay on its page.
    await page.goto(`${stack.web_url}/references`);
    await live(page);
    data = await dragged();
    await page.dispatchEvent('h1', 'dragover', { dataTransfer: data });
    await page.dispatchEvent('h1', 'drop', { dataTransfer: data });
    await page.waitForTimeout(300);
    assert.match(page.url(), /\/references$/);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the deletion of one job needs no typing and can be undone', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-undo');
    const jobs = [];
    for (const name of ['one.vcf', 'two.vcf', 'three.vcf']) jobs.push(await submit(page, name, good));
    const row = (id) => page.locator(`tr[data-job="${id}"]`);
    for (const id of jobs) await row(id).locator('[data-status=COMPLETED]').waitFor();
    const deleted = [];
    page.on('request', (request) => {
      const id = /\/api\/jobs\/([^/]+)\/delete$/.exec(new URL(request.url()).pathname)?.[1];
      if (id) deleted.push(id);
    });
    const remove = async (id, name) => {
      await row(id).getByRole('button', { name: `Actions for ${name}` }).click();
      await page.locator('#job-menu').getByRole('button', { name: 'Delete' }).click();
      await row(id).waitFor({ state: 'detached' });
    };
    await remove(jobs[0], 'one.vcf');
    const toast = page.locator('.toast', { hasText: 'one.vcf deleted' });
    await toast.getByRole('button', { name: 'Undo' }).click();
    await row(jobs[0]).waitFor();
    await toast.waitFor({ state: 'detached' });

    // Without an undo, it is deleted after 8 seconds.
    await remove(jobs[1], 'two.vcf');
    await checkPage(page, '/undo');
    await page.locator('.toast', { hasText: 'two.vcf deleted' }).waitFor({ state: 'detached' });
    await page.waitForFunction(async (id) => (await fetch(`/api/jobs/${id}`)).status === 404, jobs[1]);
    assert.deepEqual(deleted, [jobs[1]], 'the first one was not deleted');

    // On its own page, and if the window is closed meanwhile.
    await row(jobs[2]).getByRole('link', { name: 'three.vcf' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(/\/annotations(\?|$)/);
    await page.locator('.toast', { hasText: 'three.vcf deleted' }).waitFor();
    assert.equal(await row(jobs[2]).count(), 0);
    await page.goto(`${stack.web_url}/help`);
    await page.waitForFunction(async (id) => (await fetch(`/api/jobs/${id}`)).status === 404, jobs[2], { timeout: 5000 });
    assert.deepEqual(problems.filter((text) => !text.includes('404')), []);
  } finally {
    await close();
  }
});

test('a job that ends while another page is open is announced', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.addInitScript(() => {
      window.shown = [];
      window.Notification = class {
        static permission = 'granted';
        static requestPermission = () => Promise.resolve('granted');
        constructor(text, options) {
          window.shown.push([text, options.tag]);
          window.lastNotification = this;
        }
        close() {}
      };
    });
    await signIn(page, 'ada-elsewhere');
    const job = await submit(page, 'elsewhere.vcf', slow(3));
    await page.getByRole('link', { name: 'Billing', exact: true }).click();
    await page.getByText('Your plan').waitFor();
    const toast = page.locator('.toast', { hasText: 'elsewhere.vcf is annotated' });
    await toast.getByRole('link', { name: 'Open' }).click();
    await page.waitForURL(`**/annotations/${job}`);
    await toast.waitFor({ state: 'detached' });

    // In the background, the browser shows a notification, if the user has turned that on.
    await page.goto(`${stack.web_url}/account`);
    await live(page);
    const setting = page.getByLabel('Notify me in this browser when a job ends');
    await setting.check();
    await page.waitForFunction(() => localStorage.getItem('notifications') === 'on');
    await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
    const other = await submit(page, 'background.vcf', slow(1));
    await page.waitForFunction((id) => window.shown.some(([text, tag]) => tag === id && text === 'background.vcf is annotated'), other);
    await page.evaluate(() => window.lastNotification.onclick(new Event('click')));
    await page.waitForURL(`**/annotations/${other}`);
    await page.goto(`${stack.web_url}/account`);
    await live(page);
    await page.getByLabel('Notify me in this browser when a job ends').uncheck();
    await page.waitForFunction(() => localStorage.getItem('notifications') === null);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
