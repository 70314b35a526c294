// What a screen reader says from the choice of a file to the details of a variant. docs/accessibility.md describes it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payInDialog } from './support/pay.mjs';
import { listen } from './support/listener.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';

const vcf = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const slow = (seconds) => sample('free.vcf').text.replace('\n', `\n##gas_test_delay_secs=${seconds}\n`);

/** Fails if a text was said more than once. */
function assertOnce(said) {
  const twice = said.filter((text, index) => said.indexOf(text) !== index);
  assert.deepEqual(twice, [], `said twice: ${said}`);
}

test('each step from the upload to the explorer is announced once', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-listens');
    const reader = await listen(page);
    await page.getByRole('link', { name: 'New annotation' }).click();
    assertOnce(await reader.until('focus: heading New annotation'));

    await page.locator('#vcf-file').setInputFiles(vcf('slow.vcf', slow(3)));
    const running = await reader.until('slow.vcf is being annotated');
    const steps = running.filter((said) => /slow\.vcf/.test(said));
    // Only an upload that takes longer than half a second is announced.
    if (steps[0] === 'polite: Uploading slow.vcf') steps.shift();
    assert.deepEqual(steps, ['focus: heading Annotation of slow.vcf', 'polite: slow.vcf is being annotated'], 'each step in order');
    const done = await reader.until('left to download');
    assert.deepEqual(done.slice(-2), ['polite: slow.vcf is annotated', 'polite: At most 30 seconds left to download']);
    assertOnce([...running, ...done]);

    await page.getByRole('link', { name: 'Explore results' }).click();
    assertOnce(await reader.until('focus: heading Results of slow.vcf'));
    await page.locator('.explorer tr.variant').first().waitFor();
    await reader.heard();
    await page.getByLabel(/^HIGH/).check();
    const filtered = await reader.until('of 2,083 variants');
    assert.match(filtered.at(-1), /^polite: \d+ of 2,083 variants$/);

    const first = page.locator('tr.variant .variant-open').first();
    await first.focus();
    await reader.heard();
    await page.keyboard.press('Enter');
    const opened = await reader.until(' > ');
    assert.match(opened.at(-1), /^polite: 20:[\d,]+ \S+ > \S+, [\w ]+, \S+$/, 'position, alleles, consequence and gene');
    await reader.heard();
    await page.keyboard.press('j');
    const next = await reader.until(' > ');
    assert.notEqual(next.at(-1), opened.at(-1), 'the next variant');
    await page.keyboard.press('Escape');
    await reader.until('focus: button 20:');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('the end of the download window, the archive and the restore are announced once', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-listens-long');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    const reader = await listen(page);
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    const said = await reader.until('The results of free.vcf are archived');
    const polite = said.filter((text) => text.startsWith('polite: '));
    assertOnce(polite);
    for (const text of ['free.vcf is annotated', 'At most 30 seconds left to download', 'At most 10 seconds left to download', 'No time left to download']) {
      assert.ok(polite.includes(`polite: ${text}`), `${text}: ${polite}`);
    }
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await payInDialog(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Download results' }).waitFor();
    const restored = await reader.until('Results of free.vcf are available again');
    assertOnce(restored.filter((text) => text.startsWith('polite: ') && text.includes('free.vcf')));
    assert.deepEqual(problems.filter((text) => !text.includes('402')), []);
  } finally {
    await close();
  }
});

test('a file that cannot be annotated and an upload that is interrupted are announced', async () => {
  const { page, close } = await openBrowser();
  try {
    await signIn(page, 'ada-listens-badly');
    await page.goto(`${stack.web_url}/annotate`);
    await live(page);
    const reader = await listen(page);
    await page.locator('#vcf-file').setInputFiles(vcf('broken.vcf', sample('free.vcf').text.replace('\n20\t1000226', '\n20\t12a')));
    const rejected = await reader.until('is not a position');
    assert.match(rejected.at(-1), /^alert: /);
    await page.getByRole('button', { name: 'Remove broken.vcf' }).click();

    let broken = 0;
    await page.route(`${stack.aws_url}/**`, (route) => {
      broken += 1;
      return broken <= 1 ? route.abort() : route.continue();
    });
    await reader.heard();
    await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
    await page.locator('.upload[data-upload=paused]').waitFor();
    // The seconds until the next attempt are shown, and not announced every second.
    await page.waitForTimeout(2500);
    const paused = (await reader.heard()).filter((text) => text.includes('Connection lost'));
    assert.deepEqual(paused, ['polite: Connection lost. The upload of free.vcf is tried again.']);
    await page.locator('[data-status=COMPLETED]').waitFor();
  } finally {
    await close();
  }
});
