// The genome browser: igv.js and its configuration, in a script that is loaded when the tab is opened.
// The bundler places igv.js next to this file, modified as described in xtask/src/igv.rs.
import igv from './igv.js';

// igv.js draws on a white background and starts with `all: initial`. Without this sheet, its text would
// take the colors of the dark theme.
const paper = new CSSStyleSheet();
paper.replaceSync('.igv-container { color: #16211f; color-scheme: only light; }');

/**
 * Shows a result along the genome.
 *
 * @param {string} id the id of the element to draw in
 * @param {string} base the base URL of the server's endpoints for this result
 * @param {string} json the settings: see `Settings` in app/src/server/genome/mod.rs
 * @param {string} locus the locus to start at; empty for the first variant
 */
async function show(id, base, json, locus) {
  const settings = JSON.parse(json);
  const element = document.getElementById(id);
  const genes = ({ chr, start, end }) =>
    `${base}/genes?${new URLSearchParams({ contig: chr, start: Math.floor(start), end: Math.ceil(end) })}`;
  await igv.createBrowser(element, {
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
        order: 1,
      },
      {
        name: 'Genes',
        type: 'annotation',
        sourceType: 'custom',
        source: { url: genes },
        displayMode: 'EXPANDED',
        visibilityWindow: settings.genes_window,
        height: 160,
        order: 2,
      },
    ].filter((track) => track.type === 'variant' || settings.has_genes),
  });
  const sheets = element.shadowRoot.adoptedStyleSheets;
  if (!sheets.includes(paper)) sheets.push(paper);
}

window.gasGenome = { show, hide: () => igv.removeAllBrowsers() };
