// Organizing jobs: renaming in place with the keyboard, labels, projects and notes, filters with counts, and other tabs
// that follow live.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPage } from './support/accessible.mjs';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { submit } from './support/submit.mjs';

const row = (page, id) => page.locator(`tr[data-job="${id}"]`);
const rows = (page) => page.locator('tr[data-job]');
const panel = (page) => page.getByRole('region', { name: 'Labels and note' });

/** Opens a job's page. */
async function openJob(page, id) {
  await page.goto(`${stack.web_url}/annotations/${id}`);
  await live(page);
}

/** Fills in and saves the form of a job. */
async function organize(page, { project, labels, note }) {
  await panel(page).getByRole('button', { name: /labels/ }).click();
  if (project !== undefined) await panel(page).getByLabel('Project').fill(project);
  if (labels !== undefined) await panel(page).getByLabel('Labels', { exact: true }).fill(labels);
  if (note !== undefined) await panel(page).getByLabel('Note', { exact: true }).fill(note);
  await panel(page).getByRole('button', { name: 'Save' }).click();
  await panel(page).getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' });
}

test('a job is renamed in place with the keyboard, and every tab shows the title', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-rename');
    const id = await submit(page, 'renamed.vcf', sample('free.vcf').text);
    const list = await page.context().newPage();
    await list.goto(`${stack.web_url}/annotations`);
    await live(list);
    await openJob(page, id);

    const rename = page.getByRole('button', { name: 'Rename' });
    await rename.focus();
    await page.keyboard.press('Enter');
    const field = page.getByLabel('Title', { exact: true });
    await page.waitForFunction(() => document.activeElement?.id === 'job-title');
    assert.equal(await field.inputValue(), 'renamed.vcf');
    await checkPage(page, '/rename');

    // Esc changes nothing, and the focus returns to the button.
    await field.fill('not this');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.id === 'rename-job');
    await page.getByRole('heading', { level: 1, name: 'Annotation of renamed.vcf' }).waitFor();

    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'job-title');
    await field.fill('Patient 7, exome');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Annotation of Patient 7, exome' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'rename-job');
    await page.waitForFunction(() => document.title.startsWith('Annotation of Patient 7, exome'));

    // The other tab has the title, and still the name of the file.
    await row(list, id).getByRole('link', { name: 'Patient 7, exome' }).waitFor();
    await row(list, id).getByText('renamed.vcf', { exact: true }).waitFor();
    await list.getByLabel('Search by name or job id').fill('patient 7');
    await list.waitForURL(/search=patient/);
    await row(list, id).waitFor();

    // An empty title shows the name of the file again.
    await rename.click();
    await field.fill('');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Annotation of renamed.vcf' }).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('labels, a project and a note are added, shown and filtered with counts', async () => {
  const { page, problems, close } = await openBrowser();
  try {
    await signIn(page, 'ada-labels');
    const ids = [];
    for (const name of ['one.vcf', 'two.vcf', 'three.vcf']) ids.push(await submit(page, name, sample('free.vcf').text));

    await openJob(page, ids[0]);
    await panel(page).getByText('Add a project, labels or a note').waitFor();
    await organize(page, { project: 'Hearts', labels: 'urgent, exome', note: 'Ask the lab.\n<b>Two</b> lines' });
    await panel(page).getByRole('link', { name: 'Label exome' }).waitFor();
    await panel(page).getByRole('link', { name: 'Project Hearts' }).waitFor();
    assert.equal(await panel(page).locator('.job-note').innerText(), 'Ask the lab.\n<b>Two</b> lines');
    await checkPage(page, '/organized');
    // Without a reload the server has it as well.
    await page.reload();
    await live(page);
    await panel(page).getByRole('link', { name: 'Label urgent' }).waitFor();

    // Errors name the text, and the form keeps it.
    await panel(page).getByRole('button', { name: 'Edit labels and note' }).click();
    await panel(page).getByLabel('Labels', { exact: true }).fill('1,2,3,4,5,6,7,8,9,10,11');
    await panel(page).getByRole('button', { name: 'Save' }).click();
    await panel(page).getByRole('alert').getByText(/at most 10 labels/).waitFor();
    await checkPage(page, '/organize-form');
    await panel(page).getByRole('button', { name: 'Save' }).press('Escape');
    await panel(page).getByRole('link', { name: 'Label urgent' }).waitFor();

    // Labels of the user's other annotations are suggested.
    await openJob(page, ids[1]);
    await panel(page).getByRole('button', { name: 'Add labels or a note' }).click();
    await panel(page).getByRole('button', { name: 'Add label exome' }).click();
    await panel(page).getByLabel('Project').fill('Lungs');
    await panel(page).getByRole('button', { name: 'Save' }).click();
    await panel(page).getByRole('link', { name: 'Label exome' }).waitFor();

    // A label of the job leads to the jobs that have it.
    await panel(page).getByRole('link', { name: 'Label exome' }).click();
    await page.waitForURL(/annotations\?labels=exome$/);
    await row(page, ids[2]).waitFor({ state: 'detached' });
    await page.getByText('1–2 of 2').waitFor();
    const labels = page.getByRole('list', { name: 'Labels' });
    await labels.getByRole('link', { name: 'exome 2' }).waitFor();
    await labels.getByRole('link', { name: 'urgent 1' }).waitFor();
    await checkPage(page, '/list-with-labels');
    await labels.getByRole('link', { name: 'urgent 1' }).click();
    await page.getByText('1–1 of 1').waitFor();
    assert.deepEqual(await rows(page).evaluateAll((all) => all.map((one) => one.dataset.job)), [ids[0]]);
    await page.goBack();
    await page.getByText('1–2 of 2').waitFor();

    await page.getByLabel('Project', { exact: true }).selectOption({ label: 'Lungs (1)' });
    await page.getByText('1–1 of 1').waitFor();
    await row(page, ids[1]).waitFor();
    await page.getByLabel('Project', { exact: true }).selectOption({ label: 'All projects' });
    await page.getByText('1–2 of 2').waitFor();
    await page.reload();
    await live(page);
    assert.equal(await rows(page).count(), 2, 'the filter is in the address');
    // Chromium reports the rejected form.
    assert.deepEqual(problems.filter((text) => !text.includes('status of 400')), []);
  } finally {
    await close();
  }
});
