/** Where requests go, with the timeouts of one route: a view on servers that it may share with others. */
import type { HatchwayError } from '../../base/errors.ts';
import type { UpstreamModel } from '../../config/upstream-model.ts';
import { gatewayError } from '../errors.ts';
import { authorityOf } from './authority.ts';
import type { BalancedRequest } from './pick/picker.ts';
import { Selection } from './selection.ts';
import type { UpstreamGroup } from './upstream-group.ts';

export class Upstream {
  readonly model: UpstreamModel;
  /** Host and port that it is known by. */
  readonly authority: string;
  /** Whether all servers are in this process, and are told what a proxy in front of the gateway did. */
  readonly inProcess: boolean;
  readonly #group: UpstreamGroup;

  constructor(model: UpstreamModel, group: UpstreamGroup) {
    this.model = model;
    this.authority = authorityOf(model);
    this.inProcess = model.servers.every((server) => server.kind === 'in-process');
    this.#group = group;
  }

  /** A request's way over the servers. */
  select(request: BalancedRequest): Selection {
    return new Selection(this.#group, request);
  }

  /** What to say to a request for which not one server was available: `HW_NO_LIVE_UPSTREAM`. */
  noLive(): HatchwayError {
    const { members } = this.#group;
    const reasons = members.all.map((peer) => {
      const why = this.#group.whyNot(peer) ?? 'it was tried';
      return `${peer.name}: ${why}`;
    });
    return gatewayError(
      'HW_NO_LIVE_UPSTREAM',
      `upstream ${this.model.name}: no live upstreams (${reasons.join('; ')})`,
    );
  }
}
