/** A request in a test that runs through no socket: its state, from the text of its head. */
import type { SiteModel } from '../../config/model.ts';
import { RequestHeadReader } from '../../http1/head.ts';
import type { AcceptedSocket } from '../accepted-socket.ts';
import { PasswordChecks } from '../access/password-checks.ts';
import { UsersFiles } from '../access/users-files.ts';
import { Totals } from '../admin/totals.ts';
import type { ClientConnection } from '../client-connection.ts';
import { compileMaps } from '../maps.ts';
import { noZones } from '../rate/zones.ts';
import { RequestState } from '../request-state.ts';
import { pathOf } from '../route-choice.ts';
import { compileSite } from '../site-compiler.ts';
import { limits, siteModel } from './gateway-kit.ts';

export type RequestOptions = {
  readonly site?: Partial<SiteModel>;
  readonly accepted?: Partial<AcceptedSocket>;
  readonly maps?: Parameters<typeof compileMaps>[0];
};

/** @param text one character a byte */
export function requestState(text: string, options: RequestOptions = {}): RequestState {
  const head = new RequestHeadReader(limits).push(Buffer.from(text, 'latin1'));
  if (head === undefined) throw new Error('the head is not complete');
  const accepted = { remoteAddress: '192.0.2.7', secure: true, ...options.accepted };
  const client = {
    remoteAddress: accepted.remoteAddress,
    secure: accepted.secure,
    accepted,
    serving: { maps: compileMaps(options.maps ?? []) },
  } as unknown as ClientConnection;
  const site = compileSite(siteModel('site.test', options.site?.routes ?? [], options.site), {
    limits,
    access: { files: new UsersFiles(), passwords: new PasswordChecks() },
    totals: new Totals(),
    zones: noZones,
    upstream: () => {
      throw new Error('this test asks no upstream');
    },
    accessLog: () => undefined,
  });
  const state = new RequestState(client, head, site);
  state.path = pathOf(head, site.mergeSlashes);
  return state;
}
