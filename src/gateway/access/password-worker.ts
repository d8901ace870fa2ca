/** The thread in which slow passwords are checked: a tenth of a second each, in which no other byte would move. */
import { parentPort } from 'node:worker_threads';
import { isPassword } from './password-hash.ts';

export type PasswordQuestion = { readonly password: Uint8Array; readonly stored: string };

parentPort?.on('message', ({ password, stored }: PasswordQuestion) => {
  parentPort?.postMessage(isPassword(Buffer.from(password), stored));
});
