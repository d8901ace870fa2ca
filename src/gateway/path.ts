/**
 * The path that routes are matched on: decoded, dot segments resolved, slashes merged, without the query; one character a
 * byte.
 *
 * Only for choosing, unless a route replaces its prefix. What is sent upstream is what the client sent, byte for byte: an encoded slash in a container's
 * name has to survive. Source: nginx, `ngx_http_parse_complex_uri` with `merge_slashes on`.
 */

const percent = 0x25;
const dot = 0x2e;
const slash = 0x2f;

/**
 * The normalised path of a request target in origin form (`/a/../b%20c?query` gives `/b c`).
 * Undefined for a path that leaves the root, has an invalid escape or an encoded NUL: a 400, as in nginx.
 *
 * @param target one character a byte (latin1), starting with `/`
 * @param mergeSlashes whether `//` is one slash
 */
export function normalisePath(target: string, mergeSlashes = true): string | undefined {
  let end = target.length;
  let plain = true;
  let previous = 0;
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === 0x3f || code === 0x23) {
      end = i;
      break;
    }
    if (code === percent || code > 0x7e) plain = false;
    else if (previous === slash && (code === slash || code === dot)) plain = false;
    previous = code;
  }
  const path = end === target.length ? target : target.slice(0, end);
  if (plain) return path;
  const decoded = decode(path);
  return decoded === undefined ? undefined : resolve(decoded, mergeSlashes);
}

function decode(path: string): string | undefined {
  const bytes = Buffer.allocUnsafe(path.length);
  let length = 0;
  for (let i = 0; i < path.length; i++) {
    let byte = path.charCodeAt(i);
    if (byte === percent) {
      const high = hexDigit(path.charCodeAt(i + 1));
      const low = hexDigit(path.charCodeAt(i + 2));
      if (high === -1 || low === -1) return undefined;
      byte = high * 16 + low;
      if (byte === 0) return undefined;
      i += 2;
    }
    bytes[length++] = byte;
  }
  return bytes.toString('latin1', 0, length);
}

/** -1 for anything that is no hexadecimal digit, NaN (past the end) included. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function resolve(path: string, mergeSlashes: boolean): string | undefined {
  const kept: string[] = [];
  const segments = path.split('/');
  const last = segments.length - 1;
  // The first segment is what stands before the leading slash: nothing.
  for (let i = 1; i <= last; i++) {
    const segment = segments[i] as string;
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined;
    } else if (segment !== '.' && (segment !== '' || !mergeSlashes)) {
      kept.push(segment);
      continue;
    }
    // `/a/`, `/a/.` and `/a/b/..` all name the directory: its slash stays.
    if (i === last) kept.push('');
  }
  return `/${kept.join('/')}`;
}
