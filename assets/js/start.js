// Starts the application on the server-rendered page. The bundler places the scripts of wasm-bindgen and of
// the page modules next to this file and replaces two names: MODULE by the main module's address, and PAGE_MODULES by
// the files of each page module. See xtask/src/bundle.rs.
import init from './app.js';

// A user who follows a link while the module loads sees no failure: the page is unloaded before this.
const NOTICE_DELAY_MS = 1000;

// The module is started no later than this after this script, even if the browser does not say that the page is painted.
const LATEST_START_MS = 500;

window.addEventListener('gas-start-failed', failToStart);
window.addEventListener('gas-page-module-failed', reloadIfOutdated);
afterFirstPaint()
  .then(() => {
    preloadPageModule();
    return init({ module_or_path: MODULE });
  })
  .catch((error) => {
    console.error(error);
    failToStart();
  });

/**
 * Resolves when the page is painted, which would take longer while the module is compiled and the files of the page module, up to
 * thirty, are requested. A page in the background is not painted.
 */
function afterFirstPaint() {
  return new Promise((resolve) => {
    if (document.hidden) {
      resolve();
      return;
    }
    setTimeout(resolve, LATEST_START_MS);
    // Browsers that protect against fingerprinting may not have it.
    if ('PerformanceObserver' in globalThis) {
      new PerformanceObserver(resolve).observe({ type: 'paint', buffered: true });
    }
  });
}

/** Loads the module of the page at the same time as the main module, which would ask for it later. */
function preloadPageModule() {
  const name = document.getElementById('content')?.dataset.pageModule;
  for (const file of PAGE_MODULES[name] ?? []) {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'preload', as: 'fetch', type: 'application/wasm', crossOrigin: '' });
    link.href = `/${file}`;
    document.head.append(link);
  }
}

/** Reloads the page if its module is gone, because the server has a newer version. */
async function reloadIfOutdated() {
  const response = await fetch(MODULE, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  if (response?.status === 404) location.reload();
}

function failToStart() {
  setTimeout(showNotice, NOTICE_DELAY_MS);
}

/** Without the module, the page can be read but its buttons do nothing. */
function showNotice() {
  const text = document.createElement('p');
  text.textContent = 'Part of this page failed to load. You can read it, but its buttons do not work.';
  const reload = document.createElement('button');
  reload.className = 'button';
  reload.textContent = 'Reload page';
  reload.addEventListener('click', () => location.reload());
  const note = document.createElement('div');
  note.className = 'note note-warn';
  note.setAttribute('role', 'alert');
  note.append(text, reload);
  document.getElementById('content').prepend(note);
}
