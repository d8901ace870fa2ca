/**
 * Whether a connection may carry requests for another site than the one its TLS handshake was for: browsers use one for
 * all hosts that its certificate names (RFC 9113, 9.1.1). A site whose certificate does not, or that asks for other
 * things in the handshake, such as client certificates, must be asked on a connection of its own.
 */
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { ListenerModel, SiteModel } from '../../config/model.ts';
import { hostOf, Sites } from '../sites.ts';

export class Coalescing {
  readonly #sites: Sites<SiteModel>;

  constructor(listener: ListenerModel) {
    this.#sites = new Sites(listener.sites, listener.defaultSite);
  }

  /**
   * Whether a request for `host` may come on this connection.
   *
   * @param host valid, with or without port
   */
  allows(tls: TLSSocket, host: string): boolean {
    const name = hostOf(host);
    const wanted = this.#sites.find(name);
    const shown = this.#handshakeSite(tls);
    if (wanted === shown) return true;
    if (!isDeepStrictEqual(wanted.tls, shown.tls)) return false;
    const isSame = wanted.certificate?.certPath === shown.certificate?.certPath;
    return isSame || isNamed(tls, name);
  }

  /** As `listenerTls` chooses the certificate. */
  #handshakeSite(tls: TLSSocket): SiteModel {
    const { servername } = tls;
    return typeof servername === 'string' && servername !== ''
      ? this.#sites.find(hostOf(servername))
      : this.#sites.defaultSite;
  }
}

/** Whether the certificate that the client was shown is valid for a host as `hostOf` returns it. */
function isNamed(tls: TLSSocket, name: string): boolean {
  const certificate = tls.getX509Certificate();
  if (certificate === undefined) return false;
  const address = name.startsWith('[') ? name.slice(1, -1) : name;
  const match = isIP(address) === 0 ? certificate.checkHost(name) : certificate.checkIP(address);
  return match !== undefined;
}
