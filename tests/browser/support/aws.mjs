// Reads the state of the emulated AWS directly, without the application.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stack } from './stack.mjs';

/** The mails sent to an address, oldest first, each as subject and text. */
export async function mailsTo(address) {
  const response = await fetch(`${stack.aws_url}/_ministack/ses/messages`);
  const { messages } = await response.json();
  return Object.values(messages)
    .flat()
    .filter((mail) => mail.To.some((to) => to.includes(address)))
    .map((mail) => `${mail.Subject}\n${mail.BodyText}`);
}

/** The number of copies of a job's result in the archive. */
export async function archivedCopies(job) {
  const bucket = stack.web.GAS_ARCHIVE_BUCKET;
  if (!bucket) {
    const archives = await (await fetch(`${stack.glacier_url}/_control/archives`)).json();
    return archives.filter((archive) => archive.description === job).length;
  }
  // The emulator stores each object as a file with a second file for its metadata.
  const folder = join(stack.data_dir, 'ministack/s3/000000000000', bucket);
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.includes(`${job}~`) && !file.endsWith('.meta.json')).length;
}
