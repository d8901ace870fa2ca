/**
 * Values with variables in them, as nginx reads them (src/http/ngx_http_script.c): `$name`, `${name}`, and `$1` to `$9` for what
 * the last regular expression captured. There is no way to write a dollar sign.
 */

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  /** Names are compared without regard to case, so they are lower-case here. `offset` is that of the `$`. */
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number }
  | { readonly kind: 'capture'; readonly number: number; readonly offset: number };

export type Template = { readonly ok: true; readonly parts: readonly TemplatePart[] };

export type TemplateProblem = {
  readonly ok: false;
  readonly offset: number;
  readonly reason: string;
};

/** @param text the value of a word, after quotes and escapes */
export function parseTemplate(text: string): Template | TemplateProblem {
  const parts: TemplatePart[] = [];
  const piece = /\$(?:([1-9])|\{(\w*)(\}?)|(\w*))|[^$]+/gy;
  for (const match of text.matchAll(piece)) {
    const [whole, capture, braced, close, bare] = match;
    const offset = match.index;
    const name = braced ?? bare;
    if (capture !== undefined) {
      parts.push({ kind: 'capture', number: Number(capture), offset });
    } else if (name === undefined) {
      parts.push({ kind: 'text', text: whole });
    } else if (close === '') {
      const reason = `the closing } of the variable "${name}" is missing`;
      return { ok: false, offset, reason };
    } else if (name === '') {
      return { ok: false, offset, reason: 'a $ without the name of a variable' };
    } else {
      parts.push({ kind: 'variable', name: name.toLowerCase(), offset });
    }
  }
  return { ok: true, parts };
}

/** The names of the variables in a template, lower-case; none when it is broken. */
export function variablesIn(text: string): string[] {
  const template = parseTemplate(text);
  if (!template.ok) return [];
  return template.parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : []));
}

/** Whether a value differs from one request to the next. */
export function hasVariables(text: string): boolean {
  return text.includes('$');
}
