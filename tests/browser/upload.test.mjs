// Uploads of files, from the choice to the queued job, and their failures.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkPage } from './support/accessible.mjs';
import { payInDialog } from './support/pay.mjs';
import { live, openBrowser, sample, signIn, stack, temporaryFolder } from './support/stack.mjs';

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

const vcf = (name, text = sample('free.vcf').text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const gz = (name, bytes) => ({ name, mimeType: 'application/gzip', buffer: bytes });
const choose = (page, files) => page.locator('#vcf-file').setInputFiles(files);
const card = (page, name) => page.locator('.upload', { has: page.getByText(name, { exact: true }) });
const inState = (page, name, state) => page.locator(`.upload[data-upload=${state}]`, { hasText: name }).waitFor();

/** A bgzip file: gzip members with their length in the header, and an empty one at the end. */
function bgzip(text) {
  const blocks = [];
  for (let at = 0; at < text.length; at += 60_000) {
    const member = gzipSync(text.slice(at, at + 60_000));
    const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0, 0]);
    const block = Buffer.concat([head, member.subarray(10)]);
    block.writeUInt16LE(block.length - 1, 16);
    blocks.push(block);
  }
  const end = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex');
  return Buffer.concat([...blocks, end]);
}

/** Drags files, each with its name and text, over the page with the events of a real drag. */
async function drag(page, files, types) {
  const data = await page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const [name, text] of files) data.items.add(new File([text], name));
    return data;
  }, files);
  for (const type of types) await page.dispatchEvent('h1', type, { dataTransfer: data });
}

test('several files are checked, uploaded and annotated in parallel', async () => {
  const { page, problems, close } = await onUploadPage('ada-several');
  try {
    const text = sample('free.vcf').text;
    await choose(page, [
      vcf('plain.vcf'),
      gz('packed.vcf.gz', gzipSync(text)),
      gz('blocks.vcf.gz', bgzip(text)),
      vcf('broken.vcf', text.replace('\n20\t1000226', '\n20\t12a')),
    ]);
    await card(page, 'broken.vcf').getByText('Line 8, POS: "12a" is not a position.').waitFor();
    await card(page, 'plain.vcf').getByText('VCF 4.2 · no samples · 2,083 variants').waitFor();
    await card(page, 'packed.vcf.gz').getByText('2,083 variants · gzip').waitFor();
    await card(page, 'blocks.vcf.gz').getByText('2,083 variants · bgzip').waitFor();
    for (const name of ['plain.vcf', 'packed.vcf.gz', 'blocks.vcf.gz']) {
      await card(page, name).locator('[data-status=COMPLETED]').waitFor();
    }
    await page.getByText('3 of 4 submitted.').waitFor();
    await checkPage(page, '/annotate-queue');
    await page.getByRole('button', { name: 'Remove broken.vcf' }).click();
    await page.getByRole('button', { name: 'Clear submitted' }).click();
    assert.equal(await page.locator('.upload').count(), 0);
    assert.deepEqual((await statuses(page)).sort(), ['COMPLETED', 'COMPLETED', 'COMPLETED']);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('long headers and gzip files of several members are read before anything is sent', async () => {
  const { page, problems, close } = await onUploadPage('ada-long-header');
  try {
    const text = sample('free.vcf').text;
    const start = text.indexOf('#CHROM');
    const records = text.indexOf('\n', start) + 1;
    const half = text.indexOf('\n', text.length / 2) + 1;
    const contigs = Array.from({ length: 8000 }, (_, n) => `##contig=<ID=HLA_allele_${n},length=${2000 + n}>\n`).join('');
    assert.ok(contigs.length > 256 * 1024);
    const long = text.slice(0, start) + contigs + text.slice(start);
    const parts = [text.slice(0, records), text.slice(records, half), text.slice(half)];
    await choose(page, [
      gz('long.vcf.gz', gzipSync(long)),
      gz('long-blocks.vcf.gz', bgzip(long)),
      gz('members.vcf.gz', Buffer.concat(parts.map((part) => gzipSync(part)))),
    ]);
    await card(page, 'long.vcf.gz').getByText('VCF 4.2 · no samples · 2,083 variants · gzip').waitFor();
    await card(page, 'long-blocks.vcf.gz').getByText('VCF 4.2 · no samples · 2,083 variants · bgzip').waitFor();
    await card(page, 'members.vcf.gz').getByText('VCF 4.2 · no samples · 2,083 variants · gzip').waitFor();
    for (const name of ['long.vcf.gz', 'long-blocks.vcf.gz', 'members.vcf.gz']) {
      await card(page, name).locator('[data-status=COMPLETED]').waitFor();
    }
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('damage and invalid lines in compressed files are found before anything is sent', async () => {
  const { page, close } = await onUploadPage('ada-packed');
  try {
    const posts = [];
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
    const text = sample('free.vcf').text;
    const bad = text.replace('\n20\t1000226', '\n20\t12a');
    const whole = bgzip(text);
    const damaged = Buffer.from(whole);
    damaged.fill(0xaa, 100, 2000);
    await choose(page, [
      gz('bad.vcf.gz', gzipSync(bad)),
      gz('bad-blocks.vcf.gz', bgzip(bad)),
      gz('cut.vcf.gz', whole.subarray(0, whole.length - 30)),
      gz('damaged.vcf.bgz', damaged),
    ]);
    await card(page, 'bad.vcf.gz').getByText('Line 8, POS').waitFor();
    await card(page, 'bad-blocks.vcf.gz').getByText('Line 8, POS').waitFor();
    await card(page, 'cut.vcf.gz').getByText('its last block is missing').waitFor();
    await card(page, 'damaged.vcf.bgz').getByText('is damaged').waitFor();
    assert.deepEqual(posts, []);
  } finally {
    await close();
  }
});

test('up to ten files can be dropped anywhere on the page, without duplicates', async () => {
  const { page, close } = await onUploadPage('ada-drops');
  try {
    await drag(page, [['a.vcf', 'x']], ['dragenter', 'dragover']);
    await page.getByText('Drop up to 10 VCF files').waitFor();
    await drag(page, [], ['dragleave']);
    await page.getByText('Drop up to 10 VCF files').waitFor({ state: 'detached' });
    const files = Array.from({ length: 12 }, (_, n) => [`no-${n}.vcf`, `hello ${n}`]);
    await drag(page, [...files.slice(0, 3), files[0], ...files.slice(3)], ['dragover', 'drop']);
    await page.getByText('The queue holds 10 files; 2 files did not fit. 1 file already in the queue.').waitFor();
    assert.equal(await page.locator('.upload').count(), 10);
    await page.locator('.upload[data-upload=rejected]').nth(9).waitFor();
    assert.match(await page.locator('.upload').first().innerText(), /Line 1: "hello 0" is not a VCF header/);
  } finally {
    await close();
  }
});

test('a pasted text is checked and annotated', async () => {
  const { page, problems, close } = await onUploadPage('ada-pastes');
  try {
    await page.getByText('Paste variants').click();
    const text = sample('free.vcf').text.split('\n').slice(0, 12).join('\n');
    await page.locator('#vcf-text').fill(text.replaceAll('\t', ' '));
    await page.getByRole('button', { name: 'Annotate these variants' }).click();
    await page.getByText(/columns of the #CHROM line are separated by spaces/).waitFor();
    assert.equal(await page.locator('#vcf-text').getAttribute('aria-invalid'), 'true');
    await page.locator('#vcf-text').fill(text);
    await page.getByRole('button', { name: 'Annotate these variants' }).click();
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);
    await page.locator('[data-status=COMPLETED]').waitFor();

    // Variants without a VCF file: the line that is none is reported, and the others are annotated.
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    await page.getByText('Paste variants').click();
    await page.locator('#vcf-text').fill('chr20:76758 T>C\n20-76758-T-G\nno variant');
    await page.getByRole('button', { name: 'Annotate these variants' }).click();
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);
    await page.getByText('pasted-variants.txt').first().waitFor();
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a file at a URL is copied by the service and annotated', async () => {
  const content = Buffer.from(sample('free.vcf').text);
  const server = createServer((request, response) => {
    const [first, last] = request.headers.range.slice('bytes='.length).split('-').map(Number);
    response.writeHead(206, { etag: '"one"', 'content-range': `bytes ${first}-${last}/${content.length}` });
    response.end(content.subarray(first, last + 1));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { page, problems, close } = await onUploadPage('ada-url');
  try {
    await page.getByText('From a URL').click();
    const url = `http://127.0.0.1:${server.address().port}/lab/patient-7.vcf?signature=s3cret`;
    await page.getByLabel('URL of the file').fill(url);
    await checkPage(page, '/annotate-url');
    await page.getByRole('button', { name: 'Annotate this file' }).click();
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);
    await page.getByText('patient-7.vcf').first().waitFor();
    await page.locator('.job-line [data-status=COMPLETED]').waitFor();
    assert.ok(!(await page.content()).includes('s3cret'), 'the URL is not shown again');
    assert.deepEqual(problems, []);
  } finally {
    await close();
    server.close();
  }
});

/** Holds the WASM modules of the next page back until the returned function is called. */
async function holdModules(page) {
  let start;
  const started = new Promise((resolve) => { start = resolve; });
  await page.route('**/*.wasm', async (route) => {
    await started;
    await route.continue();
  });
  return async () => {
    start();
    await live(page);
    await page.unroute('**/*.wasm');
  };
}

test('what is entered before a page is hydrated is kept', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-fast');
    const open = async (path) => {
      const start = await holdModules(page);
      await page.goto(`${stack.web_url}${path}`, { waitUntil: 'domcontentloaded' });
      return start;
    };
    // Text, a choice and a checkbox, of which the text is still being edited.
    let start = await open('/annotate');
    await page.getByText('Paste variants').click();
    await page.locator('.submission > summary').click();
    await page.locator('#new-layout').selectOption('ann');
    await page.locator('#review-files').check();
    await page.locator('#vcf-text').fill('chr20:76758 T>C');
    await start();
    assert.equal(await page.locator('#vcf-text').inputValue(), 'chr20:76758 T>C');
    assert.equal(await page.locator('#new-layout').inputValue(), 'ann');
    await page.locator('.submission > summary', { hasText: 'ANN' }).waitFor();
    await page.getByRole('button', { name: 'Annotate these variants' }).click();
    await inState(page, 'pasted-variants.txt', 'review');

    // A file.
    start = await open('/annotate');
    await choose(page, vcf('early.vcf'));
    await start();
    await inState(page, 'early.vcf', 'review');
    await card(page, 'early.vcf').getByRole('button', { name: 'Annotate' }).click();
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);

    // The search of the list.
    start = await open('/annotations');
    await page.locator('#list-search').fill('no such name');
    await start();
    await page.waitForURL(/no(%20|\+)such/);
    assert.equal(await page.locator('#list-search').inputValue(), 'no such name');

    // A form that is submitted.
    start = await open('/account');
    await page.locator('#token-name').fill('early');
    await page.locator('#token-life').selectOption('7');
    await page.locator('#token-name').press('Enter');
    await start();
    await page.locator('[data-secret]').waitFor();
    await page.getByRole('row', { name: /early/ }).waitFor();
    assert.equal(await page.getByRole('row', { name: /early/ }).count(), 1);
    assert.equal(new URL(page.url()).search, '', 'the browser did not submit the form itself');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the form for a URL can be opened before the page is hydrated', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-early');
    const start = await holdModules(page);
    await page.goto(`${stack.web_url}/annotate`, { waitUntil: 'domcontentloaded' });
    const form = page.locator('details', { has: page.getByText('From a URL') });
    await page.getByText('From a URL').click();
    assert.equal(await form.evaluate((details) => details.open), true);
    await start();
    const field = page.getByLabel('URL of the file');
    await field.waitFor();
    // What the element shows is its state, whoever changes it.
    await field.fill('https://lab.example.org/patient-7.vcf');
    await page.getByText('From a URL').click();
    await field.waitFor({ state: 'hidden' });
    await page.getByText('From a URL').click();
    await field.waitFor();
    assert.equal(await field.inputValue(), 'https://lab.example.org/patient-7.vcf');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('one click annotates a sample', async () => {
  const { page, problems, close } = await onUploadPage('ada-sample');
  try {
    await page.getByText(/stored encrypted in us-east-1.*archived 25 seconds after/).waitFor();
    await page.getByRole('button', { name: 'mitochondrial' }).click();
    await page.waitForURL(/\/annotations\/[0-9a-f-]{36}$/);
    await page.getByText('mitochondrial.vcf').first().waitFor();
    await page.locator('[data-status=COMPLETED]').waitFor();
    await page.goBack();
    await page.locator('#vcf-file').waitFor({ state: 'attached' });
    assert.equal(await page.locator('.upload').count(), 0, 'submitted files leave the queue');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('an upload is retried after the connection is lost', async () => {
  const { page, close } = await onUploadPage('ada-broken-net');
  try {
    let broken = 0;
    await page.route(`${stack.aws_url}/**`, (route) => {
      broken += 1;
      return broken <= 2 ? route.abort() : route.continue();
    });
    await choose(page, sample('free.vcf').path);
    await inState(page, 'free.vcf', 'paused');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.equal(broken, 3);
    assert.deepEqual(await statuses(page), ['COMPLETED'], 'all attempts belong to one job');
  } finally {
    await close();
  }
});

test('a failed request to the server is retried, and an error of S3 is shown', async () => {
  const { page, close } = await onUploadPage('ada-rejections');
  try {
    await page.route('**/api/uploads', (route) => route.fulfill({ status: 503, body: 'busy' }), { times: 1 });
    const xml = '<Error><Code>EntityTooLarge</Code></Error>';
    const headers = { 'access-control-allow-origin': stack.web_url };
    await page.route(`${stack.aws_url}/**`, (route) => route.fulfill({ status: 400, body: xml, headers }), { times: 1 });
    await choose(page, sample('free.vcf').path);
    await card(page, 'free.vcf').getByText('The file is larger than your plan allows.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.deepEqual((await statuses(page)).sort(), ['CANCELLED', 'COMPLETED']);
  } finally {
    await close();
  }
});

test('a file in storage is not sent again when only queueing its job failed', async () => {
  const { page, close } = await onUploadPage('ada-unconfirmed');
  try {
    await page.route('**/api/uploads/*/confirm', (route) => route.abort(), { times: 1 });
    await choose(page, sample('free.vcf').path);
    await page.getByText('GAS cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-status=COMPLETED]').waitFor();
    assert.deepEqual(await statuses(page), ['COMPLETED']);
  } finally {
    await close();
  }
});

test('uploads continue on other pages, two at a time, and can be cancelled', async () => {
  const { page, close } = await onUploadPage('ada-cancels');
  try {
    // These requests stay pending until the page aborts them.
    let held = 0;
    await page.route(`${stack.aws_url}/**`, () => { held += 1; });
    await choose(page, ['one.vcf', 'two.vcf', 'three.vcf'].map((name) => vcf(name)));
    await inState(page, 'two.vcf', 'sending');
    await inState(page, 'three.vcf', 'waiting');
    await page.getByRole('link', { name: 'Annotations', exact: true }).click();
    await page.locator('tr[data-job]', { hasText: 'one.vcf' }).locator('[data-status=UPLOADING]').waitFor();
    await page.getByRole('link', { name: 'New annotation' }).click();
    await inState(page, 'one.vcf', 'sending');
    assert.equal(held, 2);
    for (const name of ['one.vcf', 'two.vcf', 'three.vcf']) {
      await card(page, name).getByRole('button', { name: 'Cancel' }).click();
      await inState(page, name, 'stopped');
    }
    await page.unroute(`${stack.aws_url}/**`);
    assert.deepEqual(await statuses(page), ['CANCELLED', 'CANCELLED', 'CANCELLED']);
  } finally {
    await close();
  }
});

test('the browser asks for confirmation before it closes a page with unfinished uploads', async () => {
  const { page, close } = await onUploadPage('ada-leaves-early');
  try {
    await page.route(`${stack.aws_url}/**`, () => {});
    await choose(page, sample('free.vcf').path);
    await inState(page, 'free.vcf', 'sending');
    // Browsers ask only if the user has interacted with the page.
    await page.locator('h1').click();
    const asked = page.waitForEvent('dialog');
    const left = page.goto(`${stack.web_url}/billing`).catch(() => 'stayed');
    const dialog = await asked;
    assert.equal(dialog.type(), 'beforeunload');
    await dialog.dismiss();
    assert.equal(await left, 'stayed');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await inState(page, 'free.vcf', 'stopped');
    await page.goto(`${stack.web_url}/billing`);
  } finally {
    await close();
  }
});

test('an interrupted multipart upload resumes after a reload', async () => {
  const { page, close } = await onUploadPage('eve-parts');
  try {
    const size = 70 * 1024 * 1024 + 5;
    const path = join(temporaryFolder('large-'), 'large.vcf');
    writeLargeFile(path, size);
    await choose(page, path);
    await inState(page, 'large.vcf', 'over-limit');
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    // The network fails from the fifth part on.
    const parts = [];
    await page.route(`${stack.aws_url}/**`, (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      const number = Number(new URL(route.request().url()).searchParams.get('partNumber'));
      if (number >= 5) return route.abort();
      parts.push(number);
      return route.continue();
    });
    await payInDialog(page);
    await inState(page, 'large.vcf', 'paused');
    assert.deepEqual(parts, [1, 2, 3, 4]);
    await page.unroute(`${stack.aws_url}/**`);
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await live(page);
    page.on('request', (request) => {
      if (request.method() === 'PUT') parts.push(Number(new URL(request.url()).searchParams.get('partNumber')));
    });
    await choose(page, path);
    await page.locator('[data-status=COMPLETED]').waitFor({ timeout: 120_000 });
    assert.deepEqual(parts, [1, 2, 3, 4, 5, 6, 7, 8, 9], 'each part was sent once');
    assert.deepEqual(await statuses(page), ['COMPLETED']);
  } finally {
    await close();
  }
});

/** Writes a valid VCF file of this size: the records of the sample, each with a long INFO field. */
function writeLargeFile(path, size) {
  const lines = sample('free.vcf').text.trimEnd().split('\n');
  const header = lines.filter((line) => line.startsWith('#')).join('\n') + '\n';
  const records = lines.filter((line) => !line.startsWith('#'));
  let text = header;
  for (const record of records) {
    if (text.length > size - 50_000) break;
    text += `${record};PAD=${'x'.repeat(40_000)}\n`;
  }
  text = text.trimEnd();
  writeFileSync(path, `${text}${'x'.repeat(size - text.length - 1)}\n`);
}
