/**
 * Whether a file is wanted as it is now: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since (RFC 9110, 13), decided
 * as by ngx_http_not_modified_filter_module: where a client sends both of a pair, both have to hold.
 */
import type { FilesModel } from '../../config/files-model.ts';
import type { Fields } from '../../http1/fields.ts';
import { parseHttpDate } from '../http-date.ts';

/** What answers are held against. */
export type Validators = {
  /** With its quotes; undefined for a file that has none. */
  readonly etag: string | undefined;
  /** In seconds since the epoch. */
  readonly modifiedAt: number;
};

export function precondition(
  fields: Fields,
  { etag, modifiedAt }: Validators,
  modifiedSince: NonNullable<FilesModel['modifiedSince']>,
): 'send' | 'not-modified' | 'failed' {
  const unmodifiedSince = fields.get('if-unmodified-since');
  if (unmodifiedSince !== undefined && (parseHttpDate(unmodifiedSince) ?? -1) < modifiedAt) {
    return 'failed';
  }
  const match = listOf(fields, 'if-match');
  if (match !== undefined && !matches(match, etag, false)) return 'failed';
  const since = fields.get('if-modified-since');
  const noneMatch = listOf(fields, 'if-none-match');
  if (since === undefined && noneMatch === undefined) return 'send';
  if (since !== undefined && isModified(since, modifiedAt, modifiedSince)) return 'send';
  if (noneMatch !== undefined && !matches(noneMatch, etag, true)) return 'send';
  return 'not-modified';
}

/** Of one range: whether the client's part is of this very file (RFC 9110, 13.1.5). */
export function mayContinue(
  ifRange: string | undefined,
  { etag, modifiedAt }: Validators,
): boolean {
  if (ifRange === undefined) return true;
  return ifRange.endsWith('"') ? ifRange === etag : parseHttpDate(ifRange) === modifiedAt;
}

function listOf(fields: Fields, name: string): string | undefined {
  const values = fields.all(name);
  return values.length === 0 ? undefined : values.join(', ');
}

function isModified(
  since: string,
  modifiedAt: number,
  how: NonNullable<FilesModel['modifiedSince']>,
): boolean {
  if (how === 'off') return true;
  const seconds = parseHttpDate(since) ?? -1;
  return how === 'exact' ? seconds !== modifiedAt : seconds < modifiedAt;
}

/** @param weakly whether `W/` in front of a tag is looked over (RFC 9110, 8.8.3.2) */
function matches(list: string, etag: string | undefined, weakly: boolean): boolean {
  if (list === '*') return true;
  if (etag === undefined) return false;
  return list
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === etag || (weakly && tag === `W/${etag}`));
}
