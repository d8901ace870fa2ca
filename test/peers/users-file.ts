/** A password file with one user for each form that nginx itself reads; the password is `secret`. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

export function usersFile(): string {
  const openssl = (form: string) =>
    execFileSync('openssl', ['passwd', form, 'secret'], { encoding: 'utf8' }).trim();
  const sha = createHash('sha1').update('secret').digest('base64');
  return [
    '# users of a test',
    `apr:${openssl('-apr1')}:a comment`,
    `sha:{SHA}${sha}`,
    'plain:{PLAIN}secret',
    `sha512:${openssl('-6')}`,
    '',
  ].join('\n');
}
