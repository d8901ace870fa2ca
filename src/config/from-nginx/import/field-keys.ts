/**
 * What is sent upstream as `origin`, `headers.request`, `sent` and `forwarded`.
 *
 * nginx sends the upstream's Host unless told otherwise, and the browser's Origin; hatchway.yaml has both as the browser sent
 * them, unless both are named apart.
 */
import type { z } from 'zod';
import { present, unlessEmpty } from '../../compile/present.ts';
import type { ForwardModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import { templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type RequestFields = NonNullable<NonNullable<SiteInput['headers']>['request']>;

/** Of a Host that is the browser's; one without its port is not what browsers compare with their Origin. */
export const keptHosts: ReadonlySet<string> = new Set([
  '$host',
  '$http_host',
  '$host:$server_port',
]);

export type RequestKeys = Pick<SiteInput, 'origin' | 'sent' | 'forwarded'> & {
  readonly request?: RequestFields;
};

export function requestKeys(forward: ForwardModel): RequestKeys {
  const set: Record<string, string | string[]> = {};
  const remove: string[] = [];
  let host: string | undefined;
  let origin: string | undefined;
  const names = new Map<string, string>();
  for (const { name, value } of forward.setHeaders ?? []) {
    const lower = name.toLowerCase();
    const text = templateText(value);
    if (lower === 'host') host = text;
    else if (lower === 'origin') origin = text;
    else if (text === '') remove.push(lower);
    else {
      const known = names.get(lower) ?? name;
      names.set(lower, known);
      const earlier = set[known];
      set[known] = earlier === undefined ? text : [earlier, text].flat();
    }
  }
  return present({
    origin: originInput(host, origin),
    request: unlessEmpty(
      present({
        set: unlessEmpty(set),
        remove: remove.length === 0 ? undefined : remove,
      }),
    ),
    sent: sentInput(forward),
    forwarded: forward.forwarded === 'leave' ? ('leave' as const) : undefined,
  });
}

/** Undefined for the browser's own. */
function originInput(host: string | undefined, origin: string | undefined): SiteInput['origin'] {
  return unlessEmpty(
    present({
      host: host === undefined || keptHosts.has(host) ? undefined : host,
      origin: origin === '$http_origin' ? undefined : origin,
    }),
  );
}

function sentInput(forward: ForwardModel): SiteInput['sent'] {
  const { method, httpVersion, passHeaders, passUnderscores, passBody, body, buffersBody } =
    forward;
  const ownBody = body === undefined ? undefined : templateText(body);
  return unlessEmpty(
    present({
      method: method === undefined ? undefined : templateText(method),
      httpVersion: httpVersion === '1.0' ? httpVersion : undefined,
      fields: passHeaders === false ? false : undefined,
      underscores: passUnderscores === false ? false : undefined,
      buffered: buffersBody,
      body: ownBody ?? (passBody === false ? 'off' : undefined),
    }),
  );
}
