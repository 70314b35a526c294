// Records what a screen reader says by itself: texts of live regions, and elements that get the focus.

/**
 * Records from now on, in this page and in the pages that it opens. `heard` returns what was said, oldest first, and
 * forgets it: `focus: …`, `polite: …` or `alert: …`.
 *
 * It follows the strictest screen readers: a live region is announced when its content changes, not when it is added
 * together with its content, unless it is an alert. Regions within regions are announced each. While a modal dialog is open,
 * only its regions are.
 */
export async function listen(page) {
  await page.addInitScript(observe);
  await page.evaluate(observe);
  return {
    heard: () => page.evaluate(() => window.spoken.splice(0)),
    /** Waits until a text was said that contains `part`, and returns all that was said until then. */
    until: async (part) => {
      const isSaid = (part) => window.spoken?.some((said) => said.includes(part));
      await page.waitForFunction(isSaid, part, { timeout: 60_000 });
      return page.evaluate((part) => {
        const end = window.spoken.findIndex((said) => said.includes(part));
        return window.spoken.splice(0, end + 1);
      }, part);
    },
  };
}

/** Runs in the page. */
function observe() {
  if (window.spoken) return;
  window.spoken = [];
  const LIVE = '[role=status], [role=log], [role=alert], [aria-live=polite], [aria-live=assertive]';
  const isAlert = (region) => region.matches('[role=alert], [aria-live=assertive]');
  const isAtomic = (region) =>
    (region.getAttribute('aria-atomic') ?? String(region.matches('[role=status], [role=alert]'))) === 'true';

  /** The text that is not hidden from screen readers. */
  function textOf(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches('[aria-hidden=true], svg, script, style')) return '';
    if (!node.checkVisibility({ visibilityProperty: true })) return '';
    return ` ${[...node.childNodes].map(textOf).join('')} `;
  }
  const clean = (text) => text.replace(/\s+/g, ' ').trim();

  const isReachable = (element) => {
    const dialog = document.querySelector('dialog:modal');
    return !dialog || dialog.contains(element);
  };
  function say(kind, element, text) {
    if (text && element.isConnected && isReachable(element)) window.spoken.push(`${kind}: ${text}`);
  }
  const saySoon = (region, nodes) => {
    const kind = isAlert(region) ? 'alert' : 'polite';
    say(kind, region, clean(isAtomic(region) ? textOf(region) : nodes.map(textOf).join(' ')));
  };

  // The regions that were on the page before the change.
  const known = new WeakSet();
  const learn = (root) => root.querySelectorAll?.(LIVE).forEach((region) => known.add(region));

  function onChange(records) {
    const changed = new Map();
    const added = new Set();
    const note = (region, node) => changed.set(region, [...(changed.get(region) ?? []), node]);
    for (const { type, target, addedNodes } of records) {
      const nodes = type === 'characterData' ? [target] : [...addedNodes];
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      for (let region = element?.closest(LIVE); region; region = region.parentElement?.closest(LIVE)) {
        if (known.has(region)) nodes.forEach((node) => note(region, node));
      }
      for (const node of nodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        for (const region of [node, ...node.querySelectorAll('*')].filter((one) => one.matches(LIVE))) added.add(region);
      }
    }
    for (const [region, nodes] of changed) saySoon(region, nodes);
    for (const region of added) {
      if (!known.has(region) && isAlert(region)) saySoon(region, [...region.childNodes]);
      known.add(region);
    }
  }

  function nameOf(element) {
    const labels = element.getAttribute('aria-labelledby')?.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '');
    return clean(element.getAttribute('aria-label') ?? labels?.join(' ') ?? textOf(element));
  }
  const start = () => {
    learn(document);
    new MutationObserver(onChange).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
    document.addEventListener('focusin', ({ target }) => {
      const dialog = target.closest('dialog:modal');
      // The name of a dialog is read with the element in it that gets the focus first.
      if (dialog && dialog !== window.spokenDialog) say('focus', dialog, `dialog ${nameOf(dialog)}`);
      window.spokenDialog = dialog;
      const role = { H1: 'heading ', A: 'link ', BUTTON: 'button ' }[target.tagName] ?? '';
      say('focus', target, role + nameOf(target));
    });
  };
  if (document.documentElement && document.body) start();
  else document.addEventListener('DOMContentLoaded', start);
}
