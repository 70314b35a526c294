// Checks that every page must pass: accessibility, and no horizontal scrolling on the smallest phone.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.GAS_NODE_MODULES, 'package.json'));
const { AxeBuilder } = require('@axe-core/playwright');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The least part of a list of labels and values that the values need. */
const VALUES_SHARE = 0.4;

/** The widths at which all tabs must be visible: the smallest phone, and a usual one. */
const PHONES = [320, 375];

/**
 * Fails if axe finds a violation of WCAG 2.2 A and AA, or of its best practices, in the light or dark theme, if the page
 * scrolls sideways at 320 px, if tabs are cut off on a phone, or if labels leave no room for their values. `without` excludes
 * an element that a third-party library renders.
 */
export async function checkPage(page, path, { without } = {}) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page }).withTags(RULES);
    if (without) axe.exclude(without);
    const { violations } = await axe.analyze();
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html).join(' ')}`);
    assert.deepEqual(found, [], `${path} in ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, `${path} scrolls sideways at 320 px`);
  for (const width of PHONES) {
    await page.setViewportSize({ width, height: 740 });
    const cut = await page.locator('.tabs a').evaluateAll((tabs) => tabs
      .filter((tab) => {
        const { left, right } = tab.getBoundingClientRect();
        return left < 0 || right > document.documentElement.clientWidth || tab.scrollWidth > tab.clientWidth;
      })
      .map((tab) => tab.innerText));
    assert.deepEqual(cut, [], `tabs of ${path} that are cut off at ${width} px`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  const narrow = await page.locator('dl.details').evaluateAll((lists, share) => lists
    .filter((list) => list.checkVisibility())
    .filter((list) => list.querySelector('dd')?.clientWidth < share * list.clientWidth)
    .map((list) => list.innerText), VALUES_SHARE);
  assert.deepEqual(narrow, [], `labels leave no room for their values: ${path}`);
  if (process.env.GAS_SCREENSHOTS) await takeScreenshots(page, path);
}

/** Takes screenshots for review: GAS_SCREENSHOTS=folder ./gas test pages */
async function takeScreenshots(page, path) {
  const name = path.replace(/[0-9a-f-]{36}/, 'job').replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home';
  for (const [size, width, height] of [['desktop', 1280, 800], ['phone', 375, 700]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.screenshot({ path: join(process.env.GAS_SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
