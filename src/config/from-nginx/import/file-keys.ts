/** What is served from the disk, as `files`. */
import type { z } from 'zod';
import { present } from '../../compile/present.ts';
import type { FilesModel } from '../../files-model.ts';
import type { siteSchema } from '../../schema.ts';
import { isSame } from './resolver-input.ts';
import { plainText, templateText } from './yaml-text.ts';

type FilesInput = z.input<typeof siteSchema>['files'];

/** @param usualTypes those of the whole file */
export function filesInput(
  files: FilesModel | undefined,
  usualTypes: FilesModel['types'],
): FilesInput {
  if (files === undefined) return undefined;
  const { index, try: attempt, types, defaultType, etag, modifiedSince, maxRanges } = files;
  const options = present({
    alias: files.isAlias,
    index: index?.map(templateText),
    try: attempt?.paths.map(({ path, isFolder }) => `${templateText(path)}${isFolder ? '/' : ''}`),
    otherwise:
      typeof attempt?.otherwise === 'object' ? templateText(attempt.otherwise) : attempt?.otherwise,
    types: types === undefined || isSame(types, usualTypes) ? undefined : { ...types },
    defaultType: defaultType === undefined ? undefined : plainText(defaultType),
    etag,
    modifiedSince,
    maxRanges,
  });
  const folder = files.folder.length === 0 ? '/' : templateText(files.folder);
  return Object.keys(options).length === 0 ? folder : { folder, ...options };
}
