// The genome browser: igv.js and its configuration, in a script that is loaded when the tab is opened.
// The bundler places igv.js next to this file, modified as described in xtask/src/igv.rs.
import igv from './igv.js';

// igv.js draws dark on white. In the dark theme, its colors are inverted: the hue is turned back, and its white becomes
// transparent on the surface of the page. Its own style starts with `all: initial`; custom properties are inherited nevertheless.
const look = new CSSStyleSheet();
look.replaceSync(`
  .igv-container { width: 100%; color: #16282a; color-scheme: only light; }
  .igv-container * { font-family: var(--font) !important; }
  .igv-navbar { flex-wrap: wrap; height: auto; min-height: 34px; margin: 0 0 6px; padding: 2px 8px; border: 0; border-bottom: 1px solid #cfd8d8; background: #ffffff; color: #16282a; }
  .igv-navbar-left-container, .igv-navbar-right-container { flex-wrap: wrap; }
  .igv-navbar input, .igv-navbar select { border-color: #51666a !important; color: #16282a !important; background: #ffffff; }
  .igv-navbar .igv-navbar-right-container :is(.igv-zoom-widget, .igv-zoom-widget-900) { color: #51666a; }
  .igv-track-label { border-color: #cfd8d8; color: #16282a; background: rgb(255 255 255 / 85%); }
  .igv-zoom-in-notice-container > div { color: #51666a; }
  .igv-windowsize-panel-container { color: #51666a; }
  :host([data-dark]) .igv-container { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
`);

/** The colors of the tracks, those of the light theme. */
const VARIANT_COLOR = '#0b6e6e';
const GENE_COLOR = '#1a5da8';

/** Names of controls that igv.js leaves without one, by selector. */
const NAMES = [
  ['.igv-search-input', 'Gene or region'],
  ['.igv-chromosome-select-widget-container select', 'Chromosome'],
  ['input[type=range]', 'Zoom'],
];

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
  for (const [selector, name] of NAMES) element.shadowRoot.querySelector(selector)?.setAttribute('aria-label', name);
  const sheets = element.shadowRoot.adoptedStyleSheets;
  if (!sheets.includes(look)) sheets.push(look);
  return undefined;
}

function hide() {
  onThemeChange?.();
  igv.removeAllBrowsers();
}

window.gasGenome = { show, hide };
