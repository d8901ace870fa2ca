/** Allows and denies by the client's address, as nginx's ngx_http_access_module: the first rule that has it decides. */
import type { AccessModel } from '../../config/route-model.ts';
import {
  isInNetwork,
  type Network,
  parseNetwork,
  peerAddress,
} from '../client-address/networks.ts';
import { gatewayError } from '../errors.ts';
import { type AccessRequest, type AccessStep, letIn, refused, type Verdict } from './verdict.ts';

type Rule = { readonly allow: boolean; readonly network: Network; readonly text: string };

export class AddressRules implements AccessStep {
  readonly #rules: readonly Rule[];

  /** Throws `HW_NETWORK`. */
  constructor(models: NonNullable<AccessModel['addresses']>) {
    this.#rules = models.map(({ allow, network }) => ({
      allow,
      network: parseNetwork(network),
      text: network,
    }));
  }

  check({ remoteAddress }: AccessRequest): Verdict | undefined {
    const peer = peerAddress(remoteAddress);
    if (peer === undefined)
      return refused(gatewayError('HW_FORBIDDEN', 'the client has no address'));
    for (const { allow, network, text } of this.#rules) {
      if (!isInNetwork(peer, network)) continue;
      if (allow) return letIn;
      return refused(
        gatewayError('HW_FORBIDDEN', `${remoteAddress} is denied by the rule for ${text}`),
      );
    }
    return undefined;
  }
}
