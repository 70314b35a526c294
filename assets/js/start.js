// Starts the application on the server-rendered page. The bundler places wasm-bindgen's script next to
// this file and replaces MODULE by the module's address: see xtask/src/bundle.rs.
import init from './app.js';

// A user who follows a link while the module loads sees no failure: the page is unloaded before this.
const NOTICE_DELAY_MS = 1000;

init({ module_or_path: MODULE }).catch((error) => {
  console.error(error);
  setTimeout(showNotice, NOTICE_DELAY_MS);
});

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
