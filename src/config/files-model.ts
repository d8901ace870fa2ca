/**
 * What a route serves from the disk, with the meaning of nginx's modules for it: `root`, `alias`, `index`, `try_files`
 * (ngx_http_core_module, ngx_http_index_module, ngx_http_try_files_module, ngx_http_static_module).
 */
import type { Template } from './rule-model.ts';

export type FilesModel = {
  /** Absolute. In front of the path that was asked for. */
  readonly folder: Template;
  /** Whether it takes the place of the route's path instead; for a regex it is the file itself then. Default false. */
  readonly isAlias?: boolean;
  /** The path that an alias takes the place of, where it is that of a route around this one. Default: the route's own. */
  readonly aliasPrefix?: string;
  /** What a path that ends with `/` stands for: the first one that is there. With a `/` in front a path of the site. Default `index.html`. */
  readonly index?: readonly Template[];
  /** Looked for before anything else, also before an upstream is asked. Default: nothing. */
  readonly try?: TryModel;
  /** Content types by the lower-case extension of the path. Default: the usual ones. */
  readonly types?: Readonly<Record<string, string>>;
  /** Of other extensions; empty for none. Default `application/octet-stream`. */
  readonly defaultType?: string;
  /** Default true. */
  readonly etag?: boolean;
  /** What `If-Modified-Since` is held against: `exact`ly the time of the file, or any not `before` it. Default `exact`. */
  readonly modifiedSince?: 'exact' | 'before' | 'off';
  /** Ranges of one request that are answered; with more of them the whole file is, and with 0 always. Default: no limit. */
  readonly maxRanges?: number;
};

export type TryModel = {
  /** Paths below the folder; the first one that is there is served in place of the one that was asked for. */
  readonly paths: readonly { readonly path: Template; readonly isFolder: boolean }[];
  /** When there is none: a status, or a path of the site or `@name` of a named route that the request goes on to. */
  readonly otherwise: number | Template;
};
