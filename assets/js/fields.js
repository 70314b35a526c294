// Keeps what the user enters before the application handles the fields of the page: while its module loads, and while it takes over the
// page and writes its own values into the fields. Afterwards, the application gets the events of these fields again.
//
// Only of fields that the user has changed: browsers also fill in fields when a page is loaded again, and some fields act when
// they change. The two events are from app/src/browser/web/start.rs.
{
  const types = ['input', 'change'];
  const changed = new Set();
  let kept = [];
  let submitted;

  const note = ({ target }) => changed.add(target);
  // Without the application, a form that it handles would load the page again, without the query and with empty fields.
  const hold = (event) => {
    if (event.target.getAttribute('method')?.toLowerCase() === 'post') return;
    event.preventDefault();
    submitted = event.target;
  };
  types.forEach((type) => document.addEventListener(type, note, true));
  document.addEventListener('submit', hold, true);

  window.addEventListener('gas-starts', () => {
    types.forEach((type) => document.removeEventListener(type, note, true));
    document.removeEventListener('submit', hold, true);
    kept = [...changed].map((field) => ({ field, value: field.value, checked: field.checked }));
  }, { once: true });

  window.addEventListener('gas-started', () => {
    kept.filter(restore).forEach(({ field }) => report(field));
    if (submitted?.isConnected) submitted.requestSubmit();
  }, { once: true });

  /** Gives a field the value that the user has entered, and returns whether that is a change. */
  function restore({ field, value, checked }) {
    if (!field.isConnected) return false;
    switch (field.type) {
      case 'file':
        return field.files.length > 0;
      case 'checkbox':
        field.checked = checked;
        return checked !== field.defaultChecked;
      case 'radio':
        // Reported by the button of the group that is chosen now.
        if (checked) field.checked = true;
        return checked && !field.defaultChecked;
      default:
        if (field.value !== value) field.value = value;
        return field.value === value;
    }
  }

  function report(field) {
    // A text that is still being edited is changed when the field loses the focus.
    const isEdited = field === document.activeElement && field.matches('textarea, input:not([type=checkbox], [type=radio], [type=file])');
    for (const type of isEdited ? ['input'] : types) field.dispatchEvent(new Event(type, { bubbles: true }));
  }
}
