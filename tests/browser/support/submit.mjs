// Submits files without the upload page, as other clients do.

/** Submits a file from the page with the server functions and returns the job's id. */
export async function submit(page, name, text, options = {}) {
  return page.evaluate(async ([name, text, options]) => {
    const post = async (path, body) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(path, { method: 'POST', headers, body: body && JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    };
    const ticket = await post('/api/uploads', { file: { file_name: name, size_bytes: text.length, options } });
    const form = new FormData();
    ticket.fields.forEach(([field, value]) => form.append(field, value));
    form.append('file', new Blob([text], { type: ticket.content_type }));
    const sent = await fetch(ticket.url, { method: 'POST', body: form });
    if (!sent.ok) throw new Error(`S3: ${sent.status}`);
    await post(`/api/uploads/${ticket.job_id}/confirm`);
    return ticket.job_id;
  }, [name, text, options]);
}
