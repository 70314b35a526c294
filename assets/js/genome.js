// The genome browser: igv.js and its configuration, in a script that is loaded when the tab is opened.
// The bundler places igv.js next to this file, modified as described in xtask/src/igv.rs.
import igv from './igv.js';

// igv.js draws dark on white. In the dark theme, its colors are inverted: the hue is turned back, and its white becomes
// transparent on the surface of the page. Its own style starts with `all: initial`; custom properties are inherited nevertheless.
const look = new CSSStyleSheet();
look.replaceSync(`
  .igv-container { width: 100%; background: #ffffff; color: #16282a; color-scheme: only light; }
  .igv-container * { font-family: var(--font) !important; }
  .igv-navbar { flex-wrap: wrap; height: auto; min-height: 34px; margin: 0 0 6px; padding: 2px 8px; border: 0; border-bottom: 1px solid #cfd8d8; background: #ffffff; color: #16282a; }
  .igv-navbar-left-container, .igv-navbar-right-container { flex-wrap: wrap; }
  .igv-navbar input, .igv-navbar select { border-color: #51666a !important; color: #16282a !important; background: #ffffff; }
  .igv-navbar .igv-navbar-right-container :is(.igv-zoom-widget, .igv-zoom-widget-900) { color: #51666a; }
  .igv-track-label { border-color: #cfd8d8; color: #16282a; background: rgb(255 255 255 / 85%); }
  .igv-zoom-in-notice-container > div { color: #51666a; }
  .igv-windowsize-panel-container { color: #51666a; }
  /* Dialogs in the colors of the pages, and not wider than a phone. Important, because the rules of igv.js are more specific. */
  .igv-ui-alert-dialog-container { max-width: calc(100% - 2rem); }
  .igv-ui-alert-dialog-container > div:last-child > div,
  .igv-ui-generic-dialog-ok-cancel > div:first-child { border-color: #0b6e6e !important; background: #0b6e6e !important; }
  .igv-ui-generic-dialog-ok-cancel > div:last-child { background: #3f5256 !important; }
  /* What can be pressed is at least 24 px high and wide, and shows the focus. */
  .igv-navbar .igv-zoom-widget > [role=button], .igv-navbar .igv-zoom-widget-900 > [role=button] { width: 24px; height: 24px; }
  .igv-navbar .igv-search-icon-container[role=button], .igv-menu-popup-header > [role=button],
  .igv-ui-generic-dialog-header > [role=button] { width: 24px !important; height: 24px !important; margin: 0 !important; }
  .igv-search-icon-container > svg { width: 16px; height: 16px; }
  .igv-menu-popup-header > [role=button], .igv-ui-generic-dialog-header > [role=button] { display: grid; place-items: center; }
  .igv-menu-popup-header svg, .igv-ui-generic-dialog-header svg { width: 12px; height: 12px; }
  .igv-navbar-text-button { min-height: 24px; }
  .igv-gear-menu-column > div > div { width: 24px; height: 24px; }
  .igv-gear-menu-column > div > div > svg { box-sizing: border-box; width: 24px; height: 24px; padding: 4px; }
  .igv-menu-popup > div:last-child > [role=button] { min-height: 24px; box-sizing: border-box; }
  :is(input, select, [role=button]):focus-visible { outline: 2px solid #0b6e6e !important; outline-offset: 1px; }
  :host([data-dark]) .igv-container { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
`);

/** The colors of the tracks, those of the light theme. */
const VARIANT_COLOR = '#0b6e6e';
const GENE_COLOR = '#1a5da8';

/** Names of fields that igv.js leaves without one, by selector. */
const FIELDS = [
  ['.igv-search-input', () => 'Gene or region'],
  ['.igv-chromosome-select-widget-container select', () => 'Chromosome'],
  ['.igv-zoom-widget input, .igv-zoom-widget-900 input', () => 'Zoom'],
  ['.igv-axis-column input', (input) => `Select the track ${trackName(input)}`],
  [
    '.igv-ui-generic-dialog-input input',
    (input) => input.closest('.igv-ui-generic-dialog-container').querySelector('.igv-ui-generic-dialog-one-liner').textContent,
  ],
];

/** Elements of igv.js that react to clicks without being buttons, by selector, and their names; without one, their text. */
const BUTTONS = [
  [':is(.igv-zoom-widget, .igv-zoom-widget-900) > div:first-child', () => 'Zoom out'],
  [':is(.igv-zoom-widget, .igv-zoom-widget-900) > div:last-child', () => 'Zoom in'],
  ['.igv-search-icon-container', () => 'Search'],
  ['.igv-navbar-toggle-button-container > div', (button) => button.title],
  // The menu is inside of the element that opens it, and a button must not contain others.
  ['.igv-gear-menu-column > div > div > svg', (icon) => `Menu of the track ${trackName(icon)}`],
  [':is(.igv-menu-popup-header, .igv-ui-generic-dialog-header) > div', () => 'Close'],
  // Headings and lines between the entries are no buttons.
  ['.igv-menu-popup > div:last-child > :not(hr, .igv-track-menu-category, .igv-track-menu-border-top:empty)'],
  ['.igv-ui-alert-dialog-container > div:last-child > div, .igv-ui-generic-dialog-ok-cancel > div'],
];

/** Buttons of the toolbar that turn something on and off, by their titles, and whether it is on. */
const TOGGLES = {
  'Select Tracks': (browser) => browser.navbar.getEnableTrackSelection(),
  Crosshairs: (browser) => browser.doShowCursorGuide,
  'Center Line': (browser) => browser.doShowCenterLine,
  'Track Labels': (browser) => browser.doShowTrackLabels,
};

/** The name of the track of a control at the side: the columns of igv.js have their rows in the same order. */
function trackName(control) {
  const row = control.parentElement.parentElement;
  const at = [...row.parentElement.children].indexOf(row);
  const label = control.getRootNode().querySelectorAll('.igv-column > .igv-viewport')[at]?.querySelector('.igv-track-label');
  return label?.textContent ?? '';
}

/** Makes the controls that igv.js has made so far usable by keyboard and by screen readers. */
function makeAccessible(root, browser) {
  for (const [selector, name] of FIELDS) {
    // The label of a dialog changes.
    for (const field of root.querySelectorAll(selector)) field.setAttribute('aria-label', name(field));
  }
  for (const [selector, name] of BUTTONS) {
    for (const button of root.querySelectorAll(`:is(${selector}):not([role])`)) {
      button.setAttribute('role', 'button');
      button.setAttribute('tabindex', '0');
      if (name) button.setAttribute('aria-label', name(button));
      button.addEventListener('keydown', pressWithKeys);
    }
  }
  for (const dialog of root.querySelectorAll('.igv-ui-alert-dialog-container:not([role])')) {
    dialog.setAttribute('role', 'alertdialog');
    dialog.setAttribute('aria-label', 'Genome browser');
  }
  for (const button of root.querySelectorAll('.igv-navbar-toggle-button-container > div')) {
    const isOn = TOGGLES[button.title];
    if (isOn) button.setAttribute('aria-pressed', String(Boolean(isOn(browser))));
  }
}

/** Clicks an element when Enter or the space bar is pressed. */
function pressWithKeys(event) {
  if (event.target !== event.currentTarget || !['Enter', ' '].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  event.currentTarget.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }));
}

let controls;

/** Applies `makeAccessible` now, and once per frame in which igv.js adds something or the user clicks. */
function followControls(root, browser) {
  let isDue = false;
  const update = () => {
    isDue = false;
    makeAccessible(root, browser);
  };
  const updateSoon = () => {
    if (!isDue) requestAnimationFrame(update);
    isDue = true;
  };
  controls = new MutationObserver(updateSoon);
  controls.observe(root, { childList: true, subtree: true });
  root.addEventListener('click', updateSoon);
  update();
}

/** The contig of a region that cannot be drawn, because its length is not known; undefined if it can be. */
async function missingContig(base, locus) {
  const plain = (contig) => contig.replace(/^chr/i, '').toLowerCase().replace(/^m$/, 'mt');
  const response = await fetch(`${base}/chrom.sizes`);
  if (!response.ok) throw new Error(`chrom.sizes: ${response.status}`);
  const known = (await response.text()).trim().split('\n').map((line) => plain(line.split('\t')[0]));
  const [, contig] = /^(.+):[\d,]+(-[\d,]+)?$/.exec(locus) ?? [];
  if (contig !== undefined) return known.includes(plain(contig)) ? undefined : contig;
  return known[0] === '' ? locus : undefined;
}

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
let onThemeChange;

/** Keeps the attribute `data-dark` of an element in line with the theme. */
function followTheme(element) {
  const update = () => {
    const theme = document.documentElement.dataset.theme;
    element.toggleAttribute('data-dark', theme ? theme === 'dark' : systemIsDark.matches);
  };
  update();
  systemIsDark.addEventListener('change', update);
  const chosen = new MutationObserver(update);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  onThemeChange = () => {
    systemIsDark.removeEventListener('change', update);
    chosen.disconnect();
  };
}

/** What a click has hit, for the drawer of the page: the positions of variants, or a gene. */
function clicked(contig, track, data, location, features) {
  if (track.type === 'variant') {
    if (!data?.length) return undefined;
    const found = data.filter(({ name }) => name === 'Pos').map(({ value }) => Number(String(value).replace(/\D/g, '')));
    // A call of a sample has no position of its own.
    const positions = found.length ? [...new Set(found)] : [Math.floor(location) + 1];
    return { variants: { contig, positions } };
  }
  const [gene] = features ?? [];
  if (!gene) return undefined;
  const { name, transcript, biotype, start, end } = gene;
  return { gene: { name: name ?? '', transcript: transcript ?? '', biotype: biotype ?? '', contig, start: start + 1, end } };
}

/**
 * Shows a result along the genome.
 *
 * @param {string} id the id of the element to draw in
 * @param {string} base the base URL of the server's endpoints for this result
 * @param {string} json the settings: see `Settings` in app/src/server/genome/mod.rs
 * @param {string} locus the locus to start at; empty for the first variant
 * @param {(hit: string) => void} onclick called with what the user clicks, as JSON: see `Clicked` in
 *   app/src/pages/job/genome_click.rs
 * @returns {Promise<string | undefined>} the contig of the locus, if it cannot be drawn
 */
async function show(id, base, json, locus, onclick) {
  const settings = JSON.parse(json);
  const missing = await missingContig(base, locus || settings.locus);
  if (missing !== undefined) return missing;
  const element = document.getElementById(id);
  const genes = ({ chr, start, end }) =>
    `${base}/genes?${new URLSearchParams({ contig: chr, start: Math.floor(start), end: Math.ceil(end) })}`;
  followTheme(element);
  const browser = await igv.createBrowser(element, {
    loadDefaultGenomes: false,
    queryParametersSupported: false,
    reference: {
      id: settings.assembly,
      name: settings.assembly,
      format: 'chromsizes',
      url: `${base}/chrom.sizes`,
      wholeGenomeView: false,
    },
    locus: locus || settings.locus,
    search: { url: `${base}/search?name=$FEATURE$`, type: 'json', coords: 1 },
    tracks: [
      {
        name: 'Variants',
        type: 'variant',
        format: 'vcf',
        sourceType: 'htsget',
        url: `${base}/variants`,
        visibilityWindow: settings.variants_window,
        color: VARIANT_COLOR,
        order: 1,
      },
      {
        name: 'Genes',
        type: 'annotation',
        sourceType: 'custom',
        source: { url: genes },
        displayMode: 'EXPANDED',
        color: GENE_COLOR,
        visibilityWindow: settings.genes_window,
        height: 160,
        order: 2,
      },
    ].filter((track) => track.type === 'variant' || settings.has_genes),
  });
  browser.on('trackclick', (track, data, location, features) => {
    const contig = browser.referenceFrameList[0].chr;
    const hit = clicked(contig, track, data, location, features);
    if (hit) onclick(JSON.stringify(hit));
    // Without a popup: the page has a drawer.
    return false;
  });
  followControls(element.shadowRoot, browser);
  const sheets = element.shadowRoot.adoptedStyleSheets;
  if (!sheets.includes(look)) sheets.push(look);
  return undefined;
}

function hide() {
  onThemeChange?.();
  controls?.disconnect();
  igv.removeAllBrowsers();
}

window.gasGenome = { show, hide };
