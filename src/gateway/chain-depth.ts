/**
 * How long the chain from a certificate to its authority may be: nginx's ssl_verify_depth, which Node cannot tell OpenSSL. That the
 * certificate is valid has been found out in the handshake; which chain OpenSSL went up is not told, so a short enough one is
 * looked for here, by signatures. The certificates that the peer sent may be anything: the wrong ones lead to no authority.
 *
 * Some versions of Node do not tell a server what the client sent beside its own certificate (nodejs/node#65579). Then only chains
 * of the authorities that are known here are counted, and one that needs others has at least one of them in between.
 */
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';

export class ChainDepth {
  readonly #authorities: readonly X509Certificate[];
  readonly #anchors: readonly X509Certificate[];
  readonly #most: number;

  /**
   * @param authorities all that are trusted
   * @param most authorities between a certificate and one that vouches for itself
   */
  constructor(authorities: readonly X509Certificate[], most: number) {
    this.#authorities = authorities;
    this.#anchors = authorities.filter((one) => isIssuedBy(one, one));
    this.#most = most;
  }

  /** Whether a chain of this length leads from a valid certificate to one of the authorities. */
  allows(peer: DetailedPeerCertificate): boolean {
    const [own, ...sent] = chainOf(peer);
    if (own === undefined) return false;
    const isToldAll = sent.length > 0 || isIssuedBy(own, own);
    const others = [...sent, ...this.#authorities];
    const seen = new Set([own.fingerprint256]);
    let level = [own];
    for (let between = 0; between <= this.#most; between++) {
      const isVouchedFor = (one: X509Certificate) =>
        this.#anchors.some(
          (anchor) => anchor.fingerprint256 === one.fingerprint256 || isIssuedBy(one, anchor),
        );
      if (level.some(isVouchedFor)) return true;
      level = others.filter((other) => {
        if (seen.has(other.fingerprint256)) return false;
        if (!level.some((one) => isIssuedBy(one, other))) return false;
        seen.add(other.fingerprint256);
        return true;
      });
    }
    return !isToldAll && this.#most > 0 && !this.#knows(own);
  }

  /** Whether one of the authorities here has issued it, so that the way up is known. */
  #knows(one: X509Certificate): boolean {
    return this.#authorities.some((other) => isIssuedBy(one, other));
  }
}

/** Names first: comparing them costs next to nothing. */
function isIssuedBy(one: X509Certificate, other: X509Certificate): boolean {
  return one.checkIssued(other) && one.verify(other.publicKey);
}

/** Node links each certificate to the one that seems to have issued it, and the last one to itself. */
function chainOf(peer: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  let at: DetailedPeerCertificate | undefined = peer;
  while (at?.raw !== undefined && !seen.has(at)) {
    seen.add(at);
    chain.push(new X509Certificate(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}
