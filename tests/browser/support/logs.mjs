// Reads the logs of the processes of the local stack.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stack } from './stack.mjs';

/** The lines of the log of a process, or of an emulator, that contain a text. */
export async function logged(process, text) {
  const log = await readFile(join(stack.data_dir, 'logs', `${process}.log`), 'utf8');
  return log.split('\n').filter((line) => line.includes(text));
}
