// Before the first paint: the colours that the reader chose, if any. A file and not a script in the
// page, which the Content Security Policy forbids. The key is that of app/src/browser/preferences.rs.
try {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off; the system's colours it is.
}
