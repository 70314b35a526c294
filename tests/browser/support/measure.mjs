// `./gas bench pages`: measures how pages load, with the metrics of Lighthouse
// (https://web.dev/articles/vitals): largest contentful paint, layout shift, blocked main thread.
import { openBrowser, live, sample, signIn, stack } from './stack.mjs';

const RUNS = 5;

/** A desktop without throttling, and Lighthouse's mid-range phone on a slow mobile network. */
const DEVICES = [
  { name: 'desktop', viewport: { width: 1280, height: 800 } },
  { name: 'phone', viewport: { width: 375, height: 700 }, slowdown: 4, latency: 150, throughput: (1.6 * 1024 * 1024) / 8 },
];

/** Collects the metrics of a page. Runs before the page loads. */
function observe() {
  window.figures = { lcp: 0, fcp: 0, cls: 0, blocked: 0 };
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (entry) => { window.figures.lcp = entry.startTime; });
  watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') window.figures.fcp = entry.startTime; });
  watch('layout-shift', (entry) => { if (!entry.hadRecentInput) window.figures.cls += entry.value; });
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
  return { ...(await page.evaluate(() => window.figures)), transferred };
}

async function measure(device, pages, setUp) {
  const { page, close } = await openBrowser({ viewport: device.viewport });
  try {
    await setUp?.(page);
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
      console.log(
        `${device.name.padEnd(8)} ${name.padEnd(22)} ${of('fcp').toFixed(0).padStart(8)} ${of('lcp').toFixed(0).padStart(8)}`
        + ` ${of('cls').toFixed(3).padStart(7)} ${of('blocked').toFixed(0).padStart(12)} ${(of('transferred') / 1024).toFixed(0).padStart(8)}`,
      );
    }
  } finally {
    await close();
  }
}

let job;

/** Signs in a user and creates one job. */
async function withJob(page) {
  await signIn(page, 'ada-bench');
  if (job) return;
  await page.goto(`${stack.web_url}/annotate`);
  await live(page);
  await page.locator('#vcf-file').setInputFiles(sample('free.vcf').path);
  await page.locator('[data-status=COMPLETED]').first().waitFor();
  const response = await page.request.get(`${stack.web_url}/api/jobs?query=`);
  job = (await response.json()).jobs[0].id;
}

console.log(`median of ${RUNS} runs with an empty cache; ms, ms, score, ms over 50 ms per task, KiB`);
console.log('device   page                        FCP      LCP     CLS      blocked transferred');
for (const device of DEVICES) {
  await measure(device, async () => [{ name: 'home page', path: '/' }]);
  await measure(device, async () => [
    { name: 'annotations', path: '/annotations' },
    { name: 'new annotation', path: '/annotate' },
    { name: 'job', path: `/annotations/${job}` },
    { name: 'results explorer', path: `/annotations/${job}/results` },
  ], withJob);
}
