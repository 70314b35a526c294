// Starts the application on the page that the server made. The bundler puts wasm-bindgen's script
// beside this file and the module's address in place of MODULE: see xtask/src/bundle.rs.
import init from './app.js';

// Who follows a link while the module still loads sees no failure: that page is gone by then.
const PATIENCE_MS = 1000;

init({ module_or_path: MODULE }).catch((error) => {
  console.error(error);
  setTimeout(tell, PATIENCE_MS);
});

/** Without the module a page can be read, but nothing on it can be done. */
function tell() {
  const text = document.createElement('p');
  text.textContent = 'A part of this page did not load. It can be read, but its buttons do nothing.';
  const again = document.createElement('button');
  again.className = 'button';
  again.textContent = 'Load again';
  again.addEventListener('click', () => location.reload());
  const note = document.createElement('div');
  note.className = 'note note-warn';
  note.setAttribute('role', 'alert');
  note.append(text, again);
  document.getElementById('content').prepend(note);
}
