/** The page's files, read once at start, and the header fields that every answer of the console carries. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Scripts come from our files only. Styles may be inline: the terminal makes style elements of its own, for the size of
 * its cells and its colours. Nothing may be framed, sent or loaded elsewhere.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const safetyHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** What shrinks: scripts to a third. */
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest']);

export type PageFile = {
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same for those who accept gzip, when it is smaller; done here, since nobody in front may do it. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  readonly headers: Readonly<Record<string, string>>;
};

/** Files by their path in the URL. What is not in the map does not exist, so no path leads out of the folder. */
export class Page {
  readonly #files = new Map<string, PageFile>();

  /** Throws when the folder has no index.html. */
  constructor(folder: string) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const type = types[extname(name)];
      if (type === undefined) continue;
      const body = Uint8Array.from(readFileSync(join(folder, name)));
      const gzipped = compressible.has(extname(name)) ? Uint8Array.from(gzipSync(body)) : body;
      this.#files.set(`/${name}`, {
        body,
        gzipped: gzipped.length < body.length ? gzipped : undefined,
        headers: {
          'Content-Type': type,
          Vary: 'Accept-Encoding',
          // Names in assets/ change with their content.
          'Cache-Control': name.startsWith('assets/')
            ? 'public, max-age=31536000, immutable'
            : 'no-cache',
          // Weak: it stands for both encodings.
          ETag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
        },
      });
    }
    if (!this.#files.has('/index.html')) {
      throw new Error(`${folder} has no index.html; run: npm run build:page`);
    }
  }

  /** The file for a path of the page; its own routes all get the same document. */
  fileFor(path: string): PageFile | undefined {
    if (path === '/' || path.startsWith('/x/')) return this.#files.get('/index.html');
    return this.#files.get(path);
  }
}
