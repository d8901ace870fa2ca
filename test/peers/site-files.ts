/** Files that both servers have the same of: what a site may have, and what lies beside it and is nobody's business. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Tue, 14 Nov 2023 22:13:20 GMT. */
const modifiedAt = 1_700_000_000;

const files: Readonly<Record<string, string>> = {
  'secret.txt': 'nobody may see this',
  'www/index.html': 'the index',
  'www/hello.txt': 'hello, world\n',
  'www/page.html': '<p>page',
  'www/data.json': '{}',
  'www/UPPER.HTML': 'upper',
  'www/noextension': 'none',
  'www/.hidden': 'hidden',
  'www/.html': 'only an extension',
  'www/archive.tar.gz': 'archive',
  'www/space name.txt': 'space',
  'www/per%cent?.txt': 'odd',
  'www/ünï.txt': 'utf-8',
  'www/empty.txt': '',
  'www/dir/index.html': 'the index of dir',
  'www/dir/inner.txt': 'inner',
  'www/bare/x.txt': 'x',
  'www/first/default.htm': 'default.htm',
  'www/first/index.html': 'index.html',
  'www/folder-index/index.html/x.txt': 'x',
  'www/app/main.js': 'main()',
  'www/a b/c.txt': 'in a folder with a space',
  'www/ü/c.txt': 'in a folder of utf-8',
  'www/v/case.test/x.txt': 'of the host',
  'pages/404.html': 'not found, says the site',
  'pages/502.html': 'bad gateway, says the site',
  'pages/416.html': 'no such range, says the site',
  'pages/index.html': 'index of pages',
  'certbot/.well-known/acme-challenge/token': 'token.thumbprint',
};

/** @param folder where they are made, in `www`, `pages` and `certbot` */
export function writeSiteFiles(folder: string): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, modifiedAt, modifiedAt);
  }
  symlinkSync('hello.txt', join(folder, 'www/link.txt'));
  symlinkSync('../pages', join(folder, 'www/linked'));
  symlinkSync('nowhere', join(folder, 'www/broken'));
  execFileSync('mkfifo', [join(folder, 'www/pipe')]);
}
