// Applies the user's theme before the first paint. This is a file because the Content Security Policy
// forbids inline scripts. The key is that of app/src/browser/web/preferences.rs.
try {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is disabled; the page follows the system.
}
