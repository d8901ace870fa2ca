/** Versions of nginx, as in `nginx -v` and the Server header: three numbers. */

/** Compares `1.9.15` with `1.29.7` as numbers: negative, 0 or positive. A part that is missing counts as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The version in a text such as `nginx/1.22.1 (Debian)` or `nginx version: openresty/1.25.3.1`; undefined without one. */
export function versionIn(text: string): string | undefined {
  return /(?:^|[/ ])(\d+\.\d+\.\d+)/.exec(text)?.[1];
}
