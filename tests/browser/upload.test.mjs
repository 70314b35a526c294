// What goes wrong on the way of a file, and what the user can do about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const statuses = async (page) => {
  await page.goto(`${stack.web_url}/annotations`);
  await live(page);
  return page.locator('tr[data-job] [data-status]').evaluateAll((all) => all.map((one) => one.dataset.status));
};

const onUploadPage = async (user) => {
  const browser = await openBrowser();
  await signIn(browser.page, user);
  await browser.page.goto(`${stack.web_url}/annotate`);
  await live(browser.page);
  return browser;
};

test('an upload whose connection breaks can be tried again, and leaves no job waiting', async () => {
  const { page, close } = await onUploadPage('ada-broken-net');
  try {
    await page.route(`${stack.aws_url}/**`, (route) => route.abort());
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.getByText('The connection to the storage broke').waitFor();
    await page.unroute(`${stack.aws_url}/**`);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.deepEqual((await statuses(page)).sort(), ['CANCELLED', 'COMPLETED']);
  } finally {
    await close();
  }
});

test('a file that is in storage is not sent again when only queueing it failed', async () => {
  const { page, close } = await onUploadPage('ada-unconfirmed');
  try {
    await page.route('**/api/uploads/*/confirm', (route) => route.abort(), { times: 1 });
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.getByText('GAS cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.deepEqual(await statuses(page), ['COMPLETED']);
  } finally {
    await close();
  }
});

test('an upload can be cancelled', async () => {
  const { page, close } = await onUploadPage('ada-cancels');
  try {
    // Held up until the page gives it up.
    await page.route(`${stack.aws_url}/**`, () => {});
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
    await page.unroute(`${stack.aws_url}/**`);
    assert.deepEqual(await statuses(page), ['CANCELLED']);
  } finally {
    await close();
  }
});
