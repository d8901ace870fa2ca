/** Values of the model as texts that hatchway.yaml reads as the same values. Undefined where there is no such text. */
import type { HostPattern } from '../../model.ts';
import type { PathPattern } from '../../route-model.ts';
import type { Template } from '../../rule-model.ts';
import { formatDuration, formatSize } from '../../values/quantity.ts';

export function templateText(template: Template): string {
  return template
    .map((part, index) => {
      if (typeof part === 'string') return plainText(part);
      const next = template[index + 1];
      const needsBraces = typeof next === 'string' && /^\w/.test(next);
      return needsBraces ? `\${${part.variable}}` : `$${part.variable}`;
    })
    .join('');
}

/** `${` begins what comes from the environment. */
export function plainText(text: string): string {
  return text.replaceAll('${', '$${');
}

/** In the notation that people write; what only PCRE means by `.` and `$`, a line end in a path or host, is given up. */
export function regexText(regex: RegExp): string {
  const source = regex.source
    .replaceAll('\\/', '/')
    .replaceAll('(?=\\n?$)', '$')
    .replaceAll('[^\\n]', '.');
  return plainText(source);
}

export function pathText(path: PathPattern): string {
  switch (path.kind) {
    case 'exact':
      return plainText(`= ${path.path}`);
    case 'prefix':
      return plainText(path.beforeRegex ? `^~ ${path.path}` : path.path);
    case 'regex':
      return signedRegex(path.regex);
  }
}

export function hostText(pattern: HostPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return pattern.host;
    case 'leading-wildcard':
      return `*${pattern.suffix}`;
    case 'trailing-wildcard':
      return `${pattern.prefix}*`;
    case 'regex':
      return `~${regexText(pattern.regex)}`;
  }
}

/** A regular expression behind its sign. */
export function signedRegex(regex: RegExp): string {
  return `${regex.flags.includes('i') ? '~*' : '~'} ${regexText(regex)}`;
}

/** What is changed: a beginning, or a regular expression. */
export function fromText(from: RegExp | Template): string {
  if (!(from instanceof RegExp)) return templateText(from);
  return `${from.flags.includes('i') ? '~*' : '~'}${regexText(from)}`;
}

/** Longer than a timer of Node can be, and than anybody waits. */
const longestMs = 2 ** 31 - 1;

/** @param ms 0 and what is longer than 24 days are `off` */
export function durationText(ms: number): string {
  return ms === 0 || ms > longestMs ? 'off' : formatDuration(ms);
}

export function sizeText(bytes: number | undefined): string {
  return bytes === undefined ? 'off' : formatSize(bytes);
}
