// Applies the user's theme before the first paint. It becomes a part of the page (app/index.tpl.html). The key is that of
// app/src/browser/web/preferences.rs.
try {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is disabled; the page follows the system.
}
