/**
 * Which file a request of one route is for: its `FilesModel` made ready. Names are one character a byte, as all text of a request
 * is. Looks at no disk.
 *
 * A name with a `..` in it is none: in the folder of the configuration none is left, so it could only come from the request.
 */
import { getMimeType } from 'hono/utils/mime';
import type { FilesModel } from '../../config/files-model.ts';
import type { PathPattern } from '../../config/route-model.ts';
import { gatewayError } from '../errors.ts';
import type { RequestState } from '../request-state.ts';
import { utf8Bytes } from '../request-uri.ts';
import { type CompiledTemplate, compileTemplate, constantOf } from '../template.ts';

export type TriedPath = {
  readonly pathOf: CompiledTemplate;
  /** Whether it is written without variables. */
  readonly isConstant: boolean;
  readonly isFolder: boolean;
};

export class RouteFiles {
  readonly isAlias: boolean;
  readonly index: readonly CompiledTemplate[];
  readonly tried: readonly TriedPath[];
  /** Undefined for a route that looks for nothing first. */
  readonly otherwise: number | TriedPath | undefined;
  readonly etag: boolean;
  readonly modifiedSince: NonNullable<FilesModel['modifiedSince']>;
  readonly maxRanges: number;
  readonly #folder: CompiledTemplate;
  /** Of the path that an alias takes the place of, in bytes; undefined for a regex. */
  readonly #prefixLength: number | undefined;
  readonly #types: FilesModel['types'];
  readonly #defaultType: string;

  constructor(model: FilesModel, path: PathPattern) {
    const { index = [['index.html']], try: attempt } = model;
    this.isAlias = model.isAlias ?? false;
    this.index = index.map(compileTemplate);
    this.tried = (attempt?.paths ?? []).map(({ path: template, isFolder }) =>
      triedPath(template, isFolder),
    );
    const otherwise = attempt?.otherwise;
    this.otherwise = typeof otherwise === 'object' ? triedPath(otherwise, false) : otherwise;
    this.etag = model.etag ?? true;
    this.modifiedSince = model.modifiedSince ?? 'exact';
    this.maxRanges = model.maxRanges ?? Number.POSITIVE_INFINITY;
    this.#folder = compileTemplate(model.folder);
    const prefix = model.aliasPrefix ?? (path.kind === 'regex' ? undefined : path.path);
    this.#prefixLength = prefix === undefined ? undefined : utf8Bytes(prefix).length;
    this.#types = model.types;
    this.#defaultType = model.defaultType ?? 'application/octet-stream';
  }

  /** Undefined for a file that goes without. */
  typeOf({ path }: RequestState): string | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const dot = name.lastIndexOf('.');
    // A dot in front makes a hidden file, and no extension.
    const extension = dot < 1 ? '' : name.slice(dot + 1).toLowerCase();
    const known = this.#types === undefined ? getMimeType(`.${extension}`) : this.#types[extension];
    return known ?? (this.#defaultType === '' ? undefined : this.#defaultType);
  }

  folderOf(request: RequestState): string {
    return this.#folder(request);
  }

  /**
   * The file or folder that the path of a request stands for. Throws `HW_NO_FILE`, and `HW_BAD_RULE` where an alias cannot say.
   *
   * @param isTried whether the path is one that was looked for: behind the alias of a regex it counts then
   */
  nameOf(request: RequestState, isTried: boolean): string {
    return checked(this.#folder(request) + this.#restOf(request, isTried));
  }

  /** A name of `index` in the folder that a request is for. Throws `HW_NO_FILE`. */
  indexNameOf(folder: string, name: string): string {
    return checked(folder + name);
  }

  /** The file or folder that a path of `tried` stands for. Throws as `nameOf`. */
  triedNameOf(request: RequestState, path: string): string {
    this.#restOf(request, true);
    return checked(this.#folder(request) + path);
  }

  /** A path of `tried` for this request. An alias takes the place of the route's own path in one that was computed. */
  triedPathOf(request: RequestState, { pathOf, isConstant }: TriedPath): string {
    const path = pathOf(request);
    if (!this.isAlias || isConstant || this.#prefixLength === undefined) return path;
    const prefix = request.path.slice(0, this.#prefixLength);
    return path.startsWith(prefix) ? path.slice(prefix.length) : path;
  }

  /** What a request whose path was found among `tried` is for from now on. */
  pathFound(request: RequestState, path: string, isFolder: boolean): string {
    if (!this.isAlias) return path;
    if (this.#prefixLength === undefined) return isFolder ? request.path : path;
    return request.path.slice(0, this.#prefixLength) + path;
  }

  #restOf(request: RequestState, isTried: boolean): string {
    const { path } = request;
    if (!this.isAlias) return path;
    if (!request.routeFits) {
      const reason = 'an alias has no meaning once a rule has changed the path';
      throw gatewayError('HW_BAD_RULE', `${reason} to ${path}`);
    }
    if (this.#prefixLength !== undefined) return path.slice(this.#prefixLength);
    return isTried ? path : '';
  }
}

function triedPath(template: Parameters<typeof compileTemplate>[0], isFolder: boolean): TriedPath {
  const isConstant = constantOf(template) !== undefined;
  return { pathOf: compileTemplate(template), isConstant, isFolder };
}

/** A whole `..`, wherever it stands, or the byte that ends names in C. */
const leadsOut = /(?:^|\/)\.\.(?:\/|$)|\0/;

function checked(name: string): string {
  if (!name.startsWith('/') || leadsOut.test(name)) {
    throw gatewayError('HW_NO_FILE', `${JSON.stringify(name)} leads out of its folder`);
  }
  return name;
}
