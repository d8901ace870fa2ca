/** What is answered here instead of by an upstream: a redirect, or a text of one's own. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import {
  answerStatus,
  longTemplate,
  mediaType,
  mediaTypes,
  redirectStatus,
  redirectTarget,
} from '../values/answer-kinds.ts';
import { type KindMeta, mapping } from '../values/kinds.ts';
import { key } from './key.ts';

const redirectSchema = mapping({
  to: key(redirectTarget(), {
    description: 'Where browsers are sent.',
    template: true,
    aka: ['url', 'location', 'target'],
  }),
  status: key(redirectStatus().optional(), {
    description:
      '301 and 308 are remembered by browsers, 302, 303 and 307 are not; 307 and 308 keep the method.',
    defaultText: `\`${String(defaults.redirectStatus)}\``,
    aka: ['code', 'permanent'],
  }),
});

const answerSchema = mapping({
  status: key(answerStatus().optional(), {
    description: '200 to 599. 444 closes the connection without a word.',
    defaultText: '`200`',
    aka: ['code'],
  }),
  body: key(longTemplate().optional(), {
    description: 'The text.',
    defaultText: "none; from 400 up the gateway's error page",
    template: true,
    aka: ['text', 'content'],
  }),
  type: key(mediaType().optional(), {
    description: 'Its media type.',
    defaultText: '`text/plain`',
    aka: ['content_type', 'default_type', 'contentType'],
  }),
  types: key(mediaTypes().optional(), {
    description: "Its media type by the extension of the path, before `type`, as nginx's `types`.",
    defaultText: 'none',
  }),
});

export type RedirectConfig = z.output<typeof redirectSchema>;
export type AnswerConfig = z.output<typeof answerSchema>;

/** Read as the mapping. */
export function redirect() {
  return z
    .union([redirectTarget().transform((to): RedirectConfig => ({ to })), redirectSchema], {
      error: () => 'a URL, a path or a mapping',
    })
    .meta({ expects: 'a URL or a path, or a mapping' } satisfies KindMeta);
}

/** Read as the mapping. */
export function answer() {
  return z
    .union(
      [
        answerStatus().transform((status): AnswerConfig => ({ status })),
        longTemplate().transform((body): AnswerConfig => ({ body })),
        answerSchema,
      ],
      { error: () => 'a status, a text or a mapping' },
    )
    .meta({ expects: 'a status, a text or a mapping' } satisfies KindMeta);
}

/** Keys that answer instead of `to`. */
export const answerKeys = {
  redirect: key(redirect().optional(), {
    description:
      'Sends browsers elsewhere instead of asking `to`: `https://$host$request_uri`. Nobody has to pass `auth` for it.',
    defaultText: 'none',
    template: true,
    aka: ['return', 'redir', 'rewrite', 'redirectRegex', 'redirectScheme'],
  }),
  answer: key(answer().optional(), {
    description: 'What is answered instead of asking `to`. Nobody has to pass `auth` for it.',
    defaultText: 'none',
    template: true,
    aka: ['return', 'respond', 'response', 'status'],
  }),
};
