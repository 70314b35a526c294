// `./gas bench pages`: measures how pages load, with the metrics of Lighthouse
// (https://web.dev/articles/vitals): largest contentful paint, layout shift, blocked main thread. Fails if a page is over a limit.
import { payInDialog } from './pay.mjs';
import { openBrowser, live, sample, signIn, stack } from './stack.mjs';

const RUNS = 5;

/** How long a browser that has just started is left alone, in milliseconds: it is busy with itself, which is no time of the first page. */
const START_MS = 3000;

/** The longest time until the first contentful paint without throttling, in milliseconds. */
const MAX_FCP = 150;

/** The most layout shift. */
const MAX_CLS = 0.02;

/** A desktop and a small screen without throttling, and Lighthouse's mid-range phone on a slow mobile network. */
const DEVICES = [
  { name: 'desktop', viewport: { width: 1280, height: 800 } },
  { name: 'small', viewport: { width: 375, height: 700 } },
  { name: 'phone', viewport: { width: 375, height: 700 }, slowdown: 4, latency: 150, throughput: (1.6 * 1024 * 1024) / 8 },
];

/** Collects the metrics of a page. Runs before the page loads. */
function observe() {
  window.figures = { lcp: 0, fcp: 0, cls: 0, blocked: 0, moved: [] };
  const tag = ({ node }) => (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.cloneNode().outerHTML ?? '';
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (entry) => { window.figures.lcp = entry.startTime; });
  watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') window.figures.fcp = entry.startTime; });
  watch('layout-shift', (entry) => {
    if (entry.hadRecentInput) return;
    window.figures.cls += entry.value;
    window.figures.moved.push(...entry.sources.map(tag));
  });
  watch('longtask', (entry) => { window.figures.blocked += Math.max(0, entry.duration - 50); });
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Opens a page with an empty cache and waits until it is live and has settled. */
async function open(page, session, path, signedIn) {
  await session.send('Network.clearBrowserCache');
  await page.goto(`${stack.web_url}${path}`, { waitUntil: 'load' });
  if (signedIn) await live(page);
  await page.waitForTimeout(1000);
  const transferred = await page.evaluate(() =>
    performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0));
  // When the server has rendered the page, and how large that is.
  const [ttfb, html] = await page.evaluate(() => {
    const [document] = performance.getEntriesByType('navigation');
    return [document.responseStart, document.decodedBodySize];
  });
  return { ...(await page.evaluate(() => window.figures)), transferred, ttfb, html };
}

async function measure(device, pages, setUp) {
  const { page, close } = await openBrowser({ viewport: device.viewport });
  try {
    await setUp?.(page);
    await page.goto(`${stack.web_url}/help`);
    await page.waitForTimeout(START_MS);
    await page.addInitScript(observe);
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: device.slowdown ?? 1 });
    if (device.throughput) {
      await session.send('Network.enable');
      await session.send('Network.emulateNetworkConditions', {
        offline: false, latency: device.latency, downloadThroughput: device.throughput, uploadThroughput: device.throughput,
      });
    }
    for (const { name, path } of await pages(page)) {
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) runs.push(await open(page, session, path, Boolean(setUp)));
      const of = (key) => median(runs.map((figures) => figures[key]));
      if (of('cls') > MAX_CLS || (!device.throughput && of('fcp') > MAX_FCP)) over.push(`${name} (${device.name})`);
      console.log(
        `${device.name.padEnd(8)} ${name.padEnd(22)} ${of('ttfb').toFixed(0).padStart(8)} ${of('fcp').toFixed(0).padStart(8)} ${of('lcp').toFixed(0).padStart(8)}`
        + ` ${of('cls').toFixed(3).padStart(7)} ${of('blocked').toFixed(0).padStart(12)} ${(of('transferred') / 1024).toFixed(0).padStart(11)}`
        + ` ${(of('html') / 1024).toFixed(0).padStart(6)}`,
      );
      if (of('cls') > MAX_CLS) console.log(`         moved: ${[...new Set(runs.flatMap(({ moved }) => moved))].join(' ')}`);
    }
  } finally {
    await close();
  }
}

let job;

/** Signs in an operator with Premium, whose results stay available, and creates one job. */
async function withJob(page) {
  await signIn(page, 'operator-bench');
  if (job) return;
  await page.locator('.account').getByRole('button', { name: 'Upgrade' }).click();
  await payInDialog(page);
  await page.goto(`${stack.web_url}/annotate`);
  await live(page);
  await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
  await page.locator('[data-status=COMPLETED]').first().waitFor();
  const response = await page.request.get(`${stack.web_url}/api/jobs?query=`);
  job = (await response.json()).jobs[0].id;
}

const main = () => [
  { name: 'annotations', path: '/annotations' },
  { name: 'new annotation', path: '/annotate' },
  { name: 'job', path: `/annotations/${job}` },
  { name: 'results explorer', path: `/annotations/${job}/results` },
];

const others = () => [
  { name: 'charts', path: `/annotations/${job}/charts` },
  { name: 'genome browser', path: `/annotations/${job}/browser` },
  { name: 'log', path: `/annotations/${job}/log` },
  { name: 'billing', path: '/billing' },
  { name: 'account', path: '/account' },
  { name: 'references', path: '/references' },
  { name: 'operations', path: '/admin' },
  { name: 'help', path: '/help' },
  { name: 'help on columns', path: '/help/columns' },
  { name: 'changelog', path: '/changelog' },
  { name: 'unsubscribe', path: '/unsubscribe?token=x&done=false' },
  { name: 'not found', path: '/no-such-page' },
];

const over = [];

console.log(`median of ${RUNS} runs with an empty cache; ms, ms, ms, score, ms over 50 ms per task, KiB, KiB`);
console.log('device   page                       TTFB      FCP      LCP     CLS      blocked transferred   HTML');
for (const device of DEVICES) {
  await measure(device, async () => [{ name: 'home page', path: '/' }]);
  await measure(device, async () => (device.throughput ? main() : [...main(), ...others()]), withJob);
}
if (over.length > 0) {
  console.error(`over the limits of ${MAX_FCP} ms and ${MAX_CLS}: ${over.join(', ')}`);
  process.exitCode = 1;
}
