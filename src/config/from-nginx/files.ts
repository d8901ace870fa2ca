/**
 * What a location or a server serves from the disk: `root`, `alias`, `index`, `try_files` and what belongs to them. Only where a
 * request can come to it: beside a `proxy_pass` or behind a `return`, a folder that is named costs nothing.
 */
import { isAbsolute, resolve } from 'node:path';
import { type Level, type Setting, settingsNamed } from '../../nginx/level.ts';
import { parseLocation } from '../../nginx/model/location.ts';
import type { FilesModel, TryModel } from '../files-model.ts';
import type { Template } from '../rule-model.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';
import { typesOf } from './types.ts';

/** Variables that are names of files. */
const fileVariables = /\$\{?(?:document_root|realpath_root|request_filename)\b/i;

/** Whether a level, or an `if` of it, computes with names of files. */
export function namesFiles({ settings, children }: Level): boolean {
  return (
    settings.some(namesFile) ||
    children.some((child) => child.kind.endsWith('-if') && namesFiles(child))
  );
}

/** Of each level once, since there may be thousands in an `http`. */
const namedAround = new WeakMap<Level, boolean>();

/** Whether what it has from around does: a map, the format of a log, a field that is added in all of a server. */
function isNamedAround({ parent }: Level): boolean {
  if (parent === undefined) return false;
  const known =
    namedAround.get(parent) ?? (parent.settings.some(namesFile) || isNamedAround(parent));
  namedAround.set(parent, known);
  return known;
}

function namesFile({ directive }: Setting): boolean {
  return directive.args.some(({ value }) => fileVariables.test(value));
}

/** @param isProxied whether requests go to an upstream, unless something is found first */
export function filesOf(reader: LevelReader, isProxied: boolean): FilesModel | undefined {
  const { level } = reader;
  const attempt = tryOf(level);
  const isNamed = namesFiles(level) || isNamedAround(level);
  const isAnswered = settingsNamed(level, 'return').length > 0 && !mayBreak(level);
  const isReached = !isAnswered && (!isProxied || attempt !== undefined);
  const isSaid = attempt !== undefined || reader.isSaid('root') || reader.isSaid('alias');
  if (!isNamed && !(isReached && isSaid)) return undefined;
  const isAlias = reader.isSaid('alias');
  const maxRanges = reader.isSaid('max_ranges') ? reader.number('max_ranges', 0) : undefined;
  const since = reader.word('if_modified_since')?.toLowerCase();
  return {
    folder: folderOf(reader, isAlias),
    ...(isAlias ? { isAlias, ...aliasPrefixOf(level) } : {}),
    ...(reader.isSaid('index') ? { index: indexOf(reader) } : {}),
    ...(attempt === undefined ? {} : { try: attempt }),
    types: typesOf(level),
    defaultType: reader.word('default_type') ?? 'text/plain',
    ...(reader.flag('etag') ? {} : { etag: false }),
    ...(since === 'before' || since === 'off' ? { modifiedSince: since } : {}),
    ...(maxRanges === undefined ? {} : { maxRanges }),
  };
}

/** An alias that is inherited still takes the place of the path of its own location. */
function aliasPrefixOf(level: Level): Pick<FilesModel, 'aliasPrefix'> {
  let owner: Level | undefined = level;
  while (owner !== undefined && settingsNamed(owner, 'alias').length === 0) owner = owner.parent;
  if (owner === level || owner?.opening === undefined) return {};
  const match = parseLocation(owner.opening.directive);
  if ('code' in match) return {};
  return match.kind === 'exact' || match.kind === 'prefix' ? { aliasPrefix: match.path } : {};
}

/** Whether its rules may end before a `return` behind them. */
function mayBreak({ settings, children }: Level): boolean {
  return (
    settings.some(
      ({ directive: { name, args } }) =>
        name === 'break' || (name === 'rewrite' && args[2]?.value === 'break'),
    ) || children.some((child) => child.kind.endsWith('-if') && mayBreak(child))
  );
}

/** The `/` behind a root counts once, that of an alias as it is written. */
function folderOf(reader: LevelReader, isAlias: boolean): Template {
  const text = (isAlias ? reader.word('alias') : reader.word('root')) ?? 'html';
  const [first, ...more] = templateOf(text);
  if (first === undefined || typeof first !== 'string') {
    return first === undefined ? [reader.absolute('.')] : [first, ...more];
  }
  const start = absoluteStart(first, reader);
  const parts = [start, ...more];
  const last = parts.at(-1);
  if (isAlias || typeof last !== 'string') return parts;
  return [...parts.slice(0, -1), last.replace(/\/+$/, '')].filter((part) => part !== '');
}

/** Without dots, so that those of a request are known; what follows may go on with the last name. */
function absoluteStart(text: string, reader: LevelReader): string {
  const path = isAbsolute(text) ? resolve(text) : reader.absolute(text);
  return text.endsWith('/') && path !== '/' ? `${path}/` : path;
}

function indexOf(reader: LevelReader): Template[] {
  return reader.all('index').flatMap((names) => names.map(templateOf));
}

function tryOf(level: Level): TryModel | undefined {
  const [setting] = settingsNamed(level, 'try_files');
  const words = setting?.directive.args.map(({ value }) => value) ?? [];
  const last = words.at(-1);
  if (last === undefined || words.length < 2) return undefined;
  return {
    paths: words.slice(0, -1).map((word) => {
      const isFolder = word.endsWith('/');
      return { path: templateOf(isFolder ? word.slice(0, -1) : word), isFolder };
    }),
    otherwise: /^=\d+$/.test(last) ? Number(last.slice(1)) : templateOf(last),
  };
}
