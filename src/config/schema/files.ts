/** Files that a site or a route serves from the disk. */
import { z } from 'zod';
import { answerStatus, mediaTypes, template } from '../values/answer-kinds.ts';
import {
  countOrZero,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  oneOrMany,
  text,
} from '../values/kinds.ts';
import { parseTemplateText } from '../values/template.ts';
import { key } from './key.ts';

const filesSchema = mapping({
  folder: key(folder(), {
    description:
      'Where they are. The whole path that is asked for is below it: `/static/a.css` is `FOLDER/static/a.css`.',
    template: true,
    aka: ['root', 'path', 'dir'],
  }),
  alias: key(flag().optional(), {
    description:
      'Whether the folder takes the place of the `path` of the route: `/static/a.css` is `FOLDER/a.css`, where both end in /. For a regular expression it is the file itself.',
    defaultText: '`false`',
    aka: ['stripPrefix', 'handle_path'],
  }),
  index: key(templates('a name such as `index.html`, or a list of these').optional(), {
    description:
      'What a path that ends in / stands for, the first that is there; with a / in front a path of the site.',
    defaultText: '`index.html`',
    template: true,
  }),
  try: key(templates('a path such as `$uri`, or a list of these').optional(), {
    description:
      'Paths below the folder that are looked for first, also where there is a `to`; one that ends in / is a folder. Together with `otherwise`.',
    defaultText: 'none',
    template: true,
    aka: ['try_files'],
  }),
  otherwise: key(otherwise().optional(), {
    description:
      'What is done when nothing of `try` is there: a status, a path of the site such as `/index.html`, or `@name` for the route with that `path`.',
    defaultText: 'none',
    template: true,
    aka: ['fallback', 'try_files'],
  }),
  types: key(mediaTypes().optional(), {
    description: 'Media types by extension.',
    defaultText: 'the `types` of the file',
    aka: ['mime', 'mime_types'],
  }),
  defaultType: key(text('a media type, or an empty text for none', (value) => value).optional(), {
    description: 'Of other extensions.',
    defaultText: '`application/octet-stream`',
    aka: ['default_type'],
  }),
  etag: key(flag().optional(), {
    description: 'Whether answers have an ETag.',
    defaultText: '`true`',
  }),
  modifiedSince: key(oneOf(['exact', 'before', 'off']).optional(), {
    description:
      'What `If-Modified-Since` is held against: the very time of the file, any that is not before it, or nothing.',
    defaultText: '`exact`',
    aka: ['if_modified_since'],
  }),
  maxRanges: key(countOrZero().optional(), {
    description: 'Ranges of one request that are answered; with more of them the whole file is.',
    defaultText: 'no limit',
    aka: ['max_ranges'],
  }),
});

export type FilesConfig = z.output<typeof filesSchema>;

function folder() {
  return text('the path of a folder', parseTemplateText);
}

function templates(expects: string) {
  return oneOrMany(expects, (value) => [parseTemplateText(value)]);
}

function otherwise() {
  const expects = 'a status, a path or `@name`';
  return z
    .union([answerStatus(), template(expects)], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

/** Read as the mapping. */
export function files() {
  const expects = 'the path of a folder, or a mapping';
  return z
    .union([folder().transform((one): FilesConfig => ({ folder: one })), filesSchema], {
      error: () => expects,
    })
    .meta({ expects } satisfies KindMeta);
}
