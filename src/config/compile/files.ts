/** `files` as the model has it. */
import type { FilesModel, TryModel } from '../files-model.ts';
import type { Template } from '../rule-model.ts';
import type { FilesConfig } from '../schema/files.ts';
import { absolutePath } from './absolute-path.ts';
import { present } from './present.ts';

/** @param types those of the file */
export function filesModel(
  files: FilesConfig | undefined,
  baseFolder: string,
  types: FilesModel['types'],
): FilesModel | undefined {
  if (files === undefined) return undefined;
  const { folder, alias, index, defaultType, etag, modifiedSince, maxRanges } = files;
  const absolute = absolutePath(folder, baseFolder);
  return {
    folder: alias === true ? absolute : withoutSlash(absolute),
    ...present({
      isAlias: alias === true ? true : undefined,
      index,
      try: tryModel(files),
      types: files.types ?? types,
      defaultType,
      etag,
      modifiedSince,
      maxRanges,
    }),
  };
}

/** The one behind a folder that the whole path follows counts once. */
function withoutSlash(folder: Template): Template {
  const last = folder.at(-1);
  if (typeof last !== 'string' || !last.endsWith('/')) return folder;
  const rest = last.replace(/\/+$/, '');
  return rest === '' ? folder.slice(0, -1) : [...folder.slice(0, -1), rest];
}

function tryModel({ try: paths, otherwise }: FilesConfig): TryModel | undefined {
  if (paths === undefined || otherwise === undefined) return undefined;
  return {
    paths: paths.map((path) => {
      const last = path.at(-1);
      const isFolder = typeof last === 'string' && last.endsWith('/');
      if (!isFolder) return { path, isFolder };
      const rest = last.slice(0, -1);
      return { path: [...path.slice(0, -1), ...(rest === '' ? [] : [rest])], isFolder };
    }),
    otherwise,
  };
}
