/** What the admin listener of `hatchway up` shows: the gateway's facts, and what only the command line knows. */

import { readCertificate } from '../config/certificate.ts';
import type { ListenAddress, SiteModel } from '../config/model.ts';
import { formatListenAddress } from '../config/values/listen-address.ts';
import { routesOf, sitesOf } from '../config/walk.ts';
import type {
  GatewayView,
  ListenerFacts,
  Readiness,
  ReloadFacts,
  SiteFacts,
  UpstreamFacts,
} from '../gateway/admin/gateway-view.ts';
import type { Totals } from '../gateway/admin/totals.ts';
import type { Gateway, OpenCounts } from '../gateway/gateway.ts';

export type RunningFacts = {
  readonly version: string;
  readonly configPath: string | undefined;
  /** What is listened on, a listener of the model each. */
  readonly addresses: () => readonly ListenAddress[];
  readonly lastReload: () => ReloadFacts | undefined;
};

export class RunningView implements GatewayView {
  readonly version: string;
  readonly startedAt = new Date();
  readonly configPath: string | undefined;
  readonly #gateway: Gateway;
  readonly #facts: RunningFacts;

  constructor(gateway: Gateway, facts: RunningFacts) {
    this.#gateway = gateway;
    this.#facts = facts;
    this.version = facts.version;
    this.configPath = facts.configPath;
  }

  get lastReload(): ReloadFacts | undefined {
    return this.#facts.lastReload();
  }

  get readiness(): Readiness {
    return this.#gateway.isClosing ? { ready: false, why: 'it is draining' } : { ready: true };
  }

  get open(): OpenCounts {
    return this.#gateway.open;
  }

  get totals(): Totals {
    return this.#gateway.totals;
  }

  listeners(): readonly ListenerFacts[] {
    return this.#gateway.model.listeners.map(({ tls, http2 = false }, index) => ({
      address: this.#addressOf(index),
      tls,
      http2: tls && http2,
    }));
  }

  sites(): readonly SiteFacts[] {
    const { listeners } = this.#gateway.model;
    return Array.from(sitesOf(this.#gateway.model), (site) => {
      const certificateEnds = certificateEndOf(site);
      return {
        name: site.name,
        listeners: listeners.flatMap(({ sites, defaultSite }, index) =>
          sites.includes(site) || defaultSite === site ? [this.#addressOf(index)] : [],
        ),
        routes: [...routesOf(site)].length,
        ...(certificateEnds === undefined ? {} : { certificateEnds }),
      };
    });
  }

  upstreams(): readonly UpstreamFacts[] {
    return this.#gateway.upstreams.facts();
  }

  #addressOf(index: number): string {
    const bound = this.#facts.addresses()[index];
    const listener = this.#gateway.model.listeners[index];
    const address = bound ?? listener?.address;
    return address === undefined ? '' : formatListenAddress(address);
  }
}

function certificateEndOf({ certificate }: SiteModel): Date | undefined {
  if (certificate === undefined) return undefined;
  try {
    return new Date(readCertificate(certificate.certPath).validTo);
  } catch {
    // The file has gone since it was read; what is served goes on.
    return undefined;
  }
}
