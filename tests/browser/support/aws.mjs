// Reads the state of the emulated AWS directly, without the application.
import { stack } from './stack.mjs';

/** Names the root user of the emulated account. The emulator reads the key and does not verify the signature. */
const ROOT =
  'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';

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
  // The bucket keeps deleted versions for a day; the listing has current objects only.
  const listing = await fetch(`${stack.aws_url}/${bucket}?list-type=2`, { headers: { authorization: ROOT } });
  if (!listing.ok) throw new Error(`listing ${bucket}: ${listing.status} ${await listing.text()}`);
  const keys = [...(await listing.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);
  return keys.filter((key) => key.includes(`${job}~`)).length;
}
