// The sign-in page of the local identity provider: one field, no scripts, no external resources.

const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Renders the page. `rejected` is the rejected user name, if any. */
export function signInPage(client, rejected) {
  const problem =
    rejected === undefined
      ? ''
      : '<p id="problem" role="alert">A user name is 1 to 40 of a-z, 0-9, dot, dash and underscore.</p>';
  const described = problem && ' aria-describedby="problem" aria-invalid="true"';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in (local)</title>
<link rel="icon" href="data:,">
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 10vh auto; padding: 0 1rem; }
  input, button { font: inherit; padding: .5rem .75rem; width: 100%; box-sizing: border-box; margin-top: .5rem; }
  #problem { color: #a11; }
</style>
</head>
<body>
<main>
<h1>Sign in</h1>
<p>Local identity provider, for <strong>${escaped(client)}</strong>. Any user name works; there is no password.</p>
${problem}
<form method="post">
<label for="username">User name</label>
<input id="username" name="username" value="${escaped(rejected ?? '')}" autocomplete="username" autofocus${described}>
<button type="submit">Sign in</button>
<button type="submit" name="cancel" value="1">Cancel</button>
</form>
</main>
</body>
</html>`;
}
