// `./gas pictures`: takes the pictures of README.md, at the size of a small desktop, and writes them to the folder in
// GAS_PICTURES. The jobs are real: they run in the stack while the pictures are taken.
import { join } from 'node:path';
import { payInDialog } from './pay.mjs';
import { live, openBrowser, sample, signIn, stack } from './stack.mjs';
import { submit } from './submit.mjs';

const { page, close } = await openBrowser({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });

/** Takes a picture of what is visible, without pointer and focus on anything. */
async function take(name, colorScheme = 'light') {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(500);
  await page.evaluate(() => {
    document.activeElement?.blur();
    window.scrollTo(0, 0);
  });
  await page.screenshot({ path: join(process.env.GAS_PICTURES, `${name}.png`) });
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Opens a page of the signed-in user. */
async function open(path) {
  await page.goto(`${stack.web_url}${path}`);
  await live(page);
}

/** Submits a file, gives the job a title, labels and a project, and waits for its end. */
async function annotate(name, text, state, { title, project, labels } = {}) {
  const id = await submit(page, name, text);
  await open(`/annotations/${id}`);
  await page.locator(`.job-line [data-status=${state}]`).waitFor();
  if (title) {
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByLabel('Title', { exact: true }).fill(title);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: `Annotation of ${title}` }).waitFor();
  }
  if (project) {
    const panel = page.getByRole('region', { name: 'Labels and note' });
    await panel.getByRole('button', { name: /labels/ }).click();
    await panel.getByLabel('Project').fill(project);
    await panel.getByLabel('Labels', { exact: true }).fill(labels);
    await panel.getByRole('button', { name: 'Save' }).click();
    await panel.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' });
  }
  return id;
}

/** Records of the nuclear sample, and some that the demo reference does not have. */
function partly(text) {
  const lines = text.trimEnd().split('\n');
  const last = lines.at(-1).split('\t');
  const elsewhere = [6_000_000, 6_000_200, 6_000_400].map((position) => [last[0], position, ...last.slice(2)].join('\t'));
  return `${[...lines.slice(0, 600), ...elsewhere].join('\n')}\n`;
}

try {
  const [chromosome, mitochondrion] = [sample('free.vcf').text, sample('mitochondrial.vcf').text];
  await signIn(page, 'ada-lovelace');
  const cohort = { project: 'Cohort 12', labels: 'exome' };
  const first = await annotate('patient-07.vcf', chromosome, 'COMPLETED', { title: 'Patient 7', ...cohort });
  await take('job');

  await page.locator('.account').getByRole('button', { name: 'Upgrade' }).click();
  await payInDialog(page);
  await page.keyboard.press('Escape');
  const broken = chromosome.replace(/\n20\t1000226/, '\n20\t12a');
  await annotate('patient-08.vcf', broken, 'FAILED', { title: 'Patient 8', ...cohort });
  const fewer = `${chromosome.trimEnd().split('\n').slice(0, -40).join('\n')}\n`;
  const second = await annotate('patient-07-rerun.vcf', fewer, 'COMPLETED', { title: 'Patient 7, second run', ...cohort });
  await annotate('mitochondria.vcf', mitochondrion, 'COMPLETED', { project: 'Mitochondria', labels: 'haplogroups, mtDNA' });
  await annotate('panel.vcf', partly(chromosome), 'COMPLETED', { title: 'Gene panel, build 37' });
  await take('coverage');
  await open('/annotations');
  await page.locator('tr[data-job]').nth(4).waitFor();
  await take('annotations');

  await open(`/annotations/${first}/results`);
  await page.locator('tr.variant').first().waitFor();
  await page.locator('.count[aria-busy=false]').waitFor();
  await take('explorer');
  await page.locator('.variant-open').first().click();
  await page.getByRole('dialog').getByRole('heading', { name: 'In your file' }).waitFor();
  await take('variant');
  await page.keyboard.press('Escape');
  await open(`/annotations/${first}/charts`);
  await page.locator('main svg').first().waitFor();
  await take('charts', 'dark');
  await open(`/compare?a=${first}&b=${second}`);
  await page.getByRole('list', { name: 'Differences' }).waitFor();
  await take('compare');
  await open('/annotate');
  await page.locator('details.submission summary').click();
  await take('options');
} finally {
  await close();
}
