// The account page: profile, email settings, API tokens, webhooks, data export and deletion.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, signIn, stack } from './support/stack.mjs';

async function open(user) {
  const browser = await openBrowser({ permissions: ['clipboard-read', 'clipboard-write'] });
  await signIn(browser.page, user);
  await browser.page.goto(`${stack.web_url}/account`);
  await live(browser.page);
  return browser;
}

const callApi = (token, path) =>
  fetch(`${stack.web_url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });

test('a token is created, shown once, used and revoked', async () => {
  const { page, problems, close } = await open('ada-account');
  try {
    await page.getByText('You have no tokens.').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('laptop');
    await page.getByLabel('Expires after').selectOption({ label: '30 days' });
    await page.getByLabel('submit, cancel and delete jobs').uncheck();
    await page.getByRole('button', { name: 'Create token' }).click();
    const secret = await page.locator('[data-secret]').innerText();
    assert.match(secret, /^gas_[0-9A-Za-z]{38}$/);
    await page.waitForFunction(() => {
      const { top, bottom } = document.querySelector('#new-token').getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight;
    });
    await page.getByRole('button', { name: 'Copy the token' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await checkPage(page, '/account-secret');
    assert.equal((await callApi(secret, '/jobs')).status, 200);
    const write = await fetch(`${stack.web_url}/api/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
    });
    assert.equal(write.status, 403, 'the token only allows reading');

    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.reload();
    await live(page);
    const row = page.getByRole('row', { name: /laptop/ });
    await row.getByText(`${secret.slice(0, 8)}…`).waitFor();
    assert.ok(!(await page.content()).includes(secret), 'the secret is not shown again');
    await row.getByRole('button', { name: 'Revoke laptop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Revoke laptop?' });
    await dialog.waitFor();
    await checkPage(page, '/account-revoke');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no tokens.').waitFor();
    assert.equal((await callApi(secret, '/jobs')).status, 401);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the browser sends its time zone, and again when it changes', async () => {
  for (const timezoneId of ['America/Chicago', 'Asia/Kathmandu']) {
    const { page, problems, close } = await openBrowser({ timezoneId });
    try {
      await signIn(page, 'ada-account-zone');
      await page.goto(`${stack.web_url}/account`);
      await live(page);
      // Some zones have several names, and browsers differ in which one they use.
      const here = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
      await page.getByText(here, { exact: true }).waitFor();
      const account = await page.evaluate(async () => (await fetch('/api/account')).json());
      assert.equal(account.time_zone, here);
      assert.deepEqual(problems, []);
    } finally {
      await close();
    }
  }
});

test('emails about jobs are turned off and stay off', async () => {
  const { page, problems, close } = await open('ada-account-mail');
  try {
    const mail = (name) => page.getByRole('checkbox', { name: `Email me when ${name}` });
    assert.ok(await mail('my results or references are ready').isChecked());
    await mail('a job or a reference fails').uncheck();
    await page.getByText('Emails about failures are off').waitFor();
    await page.reload();
    await live(page);
    assert.ok(!(await mail('a job or a reference fails').isChecked()));
    assert.ok(await mail('my results or references are ready').isChecked());
    assert.ok(await mail('results are archived or restored').isChecked());
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a webhook is created, tested, and deleted', async () => {
  const received = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${receiver.address().port}/gas`;
  const { page, problems, close } = await open('ada-account-webhook');
  try {
    await page.getByText('You have no webhooks.').waitFor();
    const address = page.getByRole('textbox', { name: 'URL' });
    await address.fill('ftp://lab.example.org/');
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('alert').getByText('must begin with https://').waitFor();
    await address.fill(url);
    await page.getByLabel('results archived').check();
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const secret = await page.locator('[data-webhook-secret]').innerText();
    assert.match(secret, /^whsec_[0-9A-Za-z+/]{43}=$/);
    await checkPage(page, '/account-webhook-secret');
    await page.getByRole('button', { name: 'I have copied it' }).click();

    const webhook = page.getByRole('group', { name: `Webhook ${url}` });
    await webhook.getByText('job.completed, job.failed, job.archived').waitFor();
    await webhook.getByRole('button', { name: 'Send a test' }).click();
    await webhook.getByText('Delivered').waitFor();
    assert.equal(received.length, 1);
    const { headers, body } = received[0];
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(signed).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
    assert.equal(JSON.parse(body).type, 'webhook.test');
    await checkPage(page, '/account-webhook');

    await page.reload();
    await live(page);
    assert.ok(!(await page.content()).includes(secret), 'the secret is not shown again');
    await webhook.getByRole('button', { name: `Delete webhook ${url}` }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete this webhook?' });
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('You have no webhooks.').waitFor();
    assert.deepEqual(problems.filter((text) => !text.includes('400')), []);
  } finally {
    await close();
    receiver.close();
  }
});

test('all data is downloaded as one file', async () => {
  const { page, problems, close } = await open('ada-account-data');
  try {
    await checkPage(page, '/account');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download my data' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'gas-account.json');
    const data = JSON.parse(await readFile(await download.path(), 'utf8'));
    assert.match(data.account.email, /ada-account-data/);
    assert.deepEqual(data.jobs, []);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('deleting an account needs a typed confirmation and signs the user out', async () => {
  const { page, problems, close } = await open('ada-account-leaves');
  try {
    await page.getByRole('main').getByRole('button', { name: 'Delete my account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
    await dialog.waitFor();
    await checkPage(page, '/account-delete');
    const button = dialog.getByRole('button', { name: 'Delete everything' });
    assert.ok(await button.isDisabled());
    await dialog.getByRole('textbox').fill('delete my account');
    await button.click();
    await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    const response = await page.goto(`${stack.web_url}/account`);
    assert.equal(response.status(), 401);
    assert.deepEqual(problems.filter((text) => !text.includes('401')), []);
  } finally {
    await close();
  }
});

test('the API documentation is accessible', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await page.goto(`${stack.web_url}/api/docs`);
    await page.getByRole('heading', { name: 'GAS API' }).waitFor();
    await checkPage(page, '/api-docs');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
