// The life cycle of a result in the browser: mail, countdown, archive, upgrade, restore, and its trace in the logs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { archivedCopies, mailsTo } from './support/aws.mjs';
import { logged } from './support/logs.mjs';
import { payInDialog } from './support/pay.mjs';

const USER = `ada-life-${stack.web.GAS_ARCHIVE_BACK_END}`;

/** Clicks the download button and returns the file's text. */
async function download(page) {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download results' }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}

/** What each process logs about the job, from its upload to its restored result. The emulator runs the Lambda function. */
const STEPS = [
  ['web', 'job created'],
  ['web', 'upload confirmed'],
  ['worker', 'job claimed'],
  ['worker', 'job ended'],
  ['utility', 'mail message handled'],
  ['utility', 'archive request handled'],
  ['ministack', 'retrieval handled'],
];

/** The id of the trace that a request of the page names (W3C Trace Context). */
function traceOf(request) {
  const [, id] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(request.headers().traceparent ?? '') ?? [];
  return id;
}

/** Waits until `check` returns a truthy value and returns that value. */
async function eventually(what, check) {
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`timed out waiting for ${what}`);
}

test('a result is announced by mail, archived, restored by an upgrade and downloaded again', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, USER);
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    const loads = [];
    page.on('load', () => loads.push(page.url()));
    const traces = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/uploads') traces.push(traceOf(request));
    });

    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('[data-status=COMPLETED]').waitFor();
    const id = page.url().split('/').pop();
    const before = await download(page);
    assert.ok(before.includes('##INFO=<ID=CSQ,'));
    await page.getByRole('timer', { name: 'Time left to download' }).waitFor();

    const [ready] = await eventually('the mail', async () => {
      const mails = await mailsTo(`${USER}@example.org`);
      return mails.length > 0 && mails;
    });
    assert.ok(ready.includes(`Results ready: free.vcf`));
    assert.ok(ready.includes(`${stack.web_url}/annotations/${id}`), 'a link to the job');
    assert.ok(ready.includes(`${stack.web_url}/annotations/${id}/log`), 'a link to the log');

    await page.locator('[data-results-state=archived]').waitFor();
    await page.getByText('the 20 newest usually within 5 minutes, the others within 5 hours').waitFor();
    for (const [name, call] of [['Download results', 'result-link'], ['Run again', 'rerun']]) {
      assert.equal(await page.getByRole('button', { name }).count(), 0, `no button ${name}`);
      const rejected = await page.evaluate(async (path) => {
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(path, { method: 'POST', headers, body: '{"options":null}' });
        return response.status;
      }, `/api/jobs/${id}/${call}`);
      assert.equal(rejected, 402, `the server rejects ${call}, not just the page`);
    }
    assert.equal(await archivedCopies(id), 1);

    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await payInDialog(page);
    await page.locator('[data-results-state=restoring]').waitFor();
    await page.getByText(/Expedited/).first().waitFor();
    await page.getByRole('button', { name: 'Download results' }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    assert.equal(await download(page), before, 'the same bytes as before');
    await eventually('the archive to be empty', async () => (await archivedCopies(id)) === 0);
    assert.deepEqual(loads, [], 'nothing was reloaded');

    const mails = await eventually('all mails', async () => {
      const all = await mailsTo(`${USER}@example.org`);
      return all.length >= 4 && all;
    });
    assert.equal(mails.length, 4, 'ready, archived, welcome, restored: each once');

    assert.equal(traces.length, 1);
    const [trace] = traces;
    assert.ok(trace, 'the page begins a trace with the upload');
    for (const [process, step] of STEPS) {
      await eventually(`${process}: ${step}`, async () =>
        (await logged(process, trace)).some((line) => line.includes(step)));
    }
    assert.deepEqual(problems.filter((text) => !text.includes('402')), []);
  } finally {
    await close();
  }
});
