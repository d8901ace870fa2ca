/**
 * Whether the page that a browser's request comes from may make it. Asked where the upstream can no longer tell, because
 * Host and Origin are rewritten for it (`origin: upstream`): without it, every page on the web could open a WebSocket in
 * the name of whoever is signed in.
 */

export type OriginQuestion = {
  /** All values of the Origin field. */
  readonly origins: readonly string[];
  /** What the client asked for, with port where it is not the scheme's; of a trusted proxy, what that says. */
  readonly host: string | undefined;
  /** Whether the client's own connection is encrypted, as far as anybody knows. */
  readonly secure: boolean;
  readonly method: string;
  readonly upgrade: boolean;
  /** Origins of other pages: `https://portal.example.com`. */
  readonly allowedOrigins: readonly string[];
};

/** They change nothing (RFC 9110, 9.2.1), and their answers are kept from foreign pages by browsers themselves. */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** RFC 6454, 6.2: what browsers send, in whatever case. */
const originPattern = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/:?#@[\]\s]+)(?::(\d{1,5}))?$/i;

export function isOwnOrigin(question: OriginQuestion): boolean {
  const { origins, host, secure, method, upgrade, allowedOrigins } = question;
  const [origin, ...more] = origins;
  // Browsers send it with every upgrade and every unsafe request, so this is none.
  if (origin === undefined) return true;
  if (more.length > 0) return false;
  // A sandboxed frame, a file, a redirect from elsewhere: it could be any page.
  if (origin === 'null') return !upgrade && safeMethods.includes(method);
  const own = canonicalOrigin(origin);
  if (allowedOrigins.some((allowed) => canonicalOrigin(allowed) === own)) return true;
  if (host === undefined || host === '') return false;
  if (canonicalOrigin(`${secure ? 'https' : 'http'}://${host}`) === own) return true;
  // A page of https cannot reach a plain port, so a proxy in front took TLS off, whether or not it says so.
  return !secure && canonicalOrigin(`https://${host}`) === own;
}

/** In lower case and without the scheme's own port; of other schemes (an extension's) as it stands. */
function canonicalOrigin(text: string): string {
  const parts = originPattern.exec(text);
  if (parts === null) return text;
  const [, scheme = '', host = '', port] = parts;
  const usual = scheme.toLowerCase() === 'https' ? 443 : 80;
  const rest = port === undefined || Number(port) === usual ? '' : `:${Number(port)}`;
  return `${scheme}://${host}${rest}`.toLowerCase();
}
