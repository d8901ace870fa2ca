/**
 * What can be wrong with an nginx configuration, as codes, and how a finding about one place of a file is told.
 *
 * Two ways out: a file that cannot be read as a tree throws an `NginxError` at its first mistake, as nginx stops there; what
 * is wrong with a tree that could be read is collected as `Problem`s, so that a person sees all of it at once.
 */
import { type ErrorCatalogue, HatchwayError } from '../base/errors.ts';

export const nginxErrors = {
  HW_NGINX_ENCODING: {
    status: 500,
    summary:
      'An nginx configuration file begins with a byte order mark, is UTF-16, or holds a zero byte.',
    remedy: 'Save the file as UTF-8 without a byte order mark.',
  },
  HW_NGINX_SYNTAX: {
    status: 500,
    summary:
      'An nginx configuration file breaks the rules of its syntax: a quote, brace or semicolon is missing or too many.',
    remedy:
      'Correct the place named, or the directive just before it; `nginx -t` stops at the same one.',
  },
  HW_NGINX_INCLUDE: {
    status: 500,
    summary: 'An included file does not exist, cannot be read, or includes itself.',
    remedy: 'Relative names start at the folder of the main file; name another one with --prefix.',
  },
  HW_NGINX_UNKNOWN_DIRECTIVE: {
    status: 500,
    summary: 'No nginx module that Hatchway knows has a directive of this name.',
    remedy: 'Correct the spelling, or load the module it belongs to.',
  },
  HW_NGINX_CONTEXT: {
    status: 500,
    summary: 'A directive stands in a block in which nginx does not allow it.',
    remedy: 'Move it into one of the blocks named.',
  },
  HW_NGINX_ARGUMENTS: {
    status: 500,
    summary:
      'A directive has too many or too few arguments, a block it does not take, or lacks the block it needs.',
    remedy:
      'Give it what the message asks for; a missing semicolon on the line above also looks like this.',
  },
  HW_NGINX_DUPLICATE: {
    status: 500,
    summary: 'Something that may be said once in a block is said twice.',
    remedy: 'Remove one of the two.',
  },
  HW_NGINX_VALUE: {
    status: 500,
    summary: 'The argument of a directive is not one that nginx takes there.',
    remedy: 'Write one of the values that the message names.',
  },
  HW_NGINX_REGEX: {
    status: 500,
    summary:
      'A regular expression is broken, or uses a part of PCRE that has no equal in JavaScript.',
    remedy: 'Rewrite the part of the expression that the message points at.',
  },
  HW_NGINX_VARIABLE: {
    status: 500,
    summary:
      'A value is no valid template of text and variables, or names a variable that nothing defines.',
    remedy:
      'Correct the name, or define it with map or set; nginx itself refuses to start with it.',
  },
  HW_NGINX_EDIT: {
    status: 500,
    summary:
      'Two changes to an nginx configuration file overlap, or one does not fit the text it is applied to.',
    remedy: 'Read the file again and repeat the change.',
  },
} as const satisfies ErrorCatalogue;

export type NginxErrorCode = keyof typeof nginxErrors;

/** One place in one file. Line and column count from 1, the column in UTF-16 code units as editors do. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** Something wrong at one place of a configuration that could be read. */
export type Problem = {
  readonly code: NginxErrorCode;
  /** `error`: nginx would not start, or Hatchway cannot do the same. `warning`: it works, but hardly as meant. */
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  readonly message: string;
  readonly remedy: string;
};

/** A file that is not an nginx configuration; `place` is where that shows. */
export class NginxError extends HatchwayError {
  readonly place: Place;
  /** The message without the place in front of it. */
  readonly reason: string;

  constructor(
    code: NginxErrorCode,
    place: Place,
    reason: string,
    options: { remedy?: string; cause?: unknown } = {},
  ) {
    const spec = nginxErrors[code];
    super(code, `${formatPlace(place)}: ${reason}`, {
      status: spec.status,
      remedy: options.remedy ?? spec.remedy,
      cause: options.cause,
    });
    this.place = place;
    this.reason = reason;
  }
}

/** `file:line:column`, as terminals and editors make it a link. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

export function problemAt(
  code: NginxErrorCode,
  place: Place,
  message: string,
  options: { severity?: Problem['severity']; remedy?: string } = {},
): Problem {
  return {
    code,
    severity: options.severity ?? 'error',
    place: { file: place.file, line: place.line, column: place.column },
    message,
    remedy: options.remedy ?? nginxErrors[code].remedy,
  };
}

/** The same failure as something to collect beside others. */
export function problemOf(error: NginxError): Problem {
  return problemAt(error.code as NginxErrorCode, error.place, error.reason, {
    remedy: error.remedy,
  });
}
