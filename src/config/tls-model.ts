/** What both sides of the gateway may want of TLS beyond versions and ciphers, in the words of OpenSSL's SSL_CONF_cmd(3). */

export const tlsOptions = [
  'AllowNoDHEKEX',
  'Compression',
  'EncryptThenMac',
  'LegacyServerConnect',
  'NoRenegotiation',
  'NoResumptionOnRenegotiation',
  'PrioritizeChaCha',
  'ServerPreference',
  'SessionTicket',
  'UnsafeLegacyRenegotiation',
] as const;

export type TlsOption = (typeof tlsOptions)[number];

export type TlsDetailsModel = {
  /** In OpenSSL's notation: `X25519:P-256`. Default: Node's. */
  readonly curves?: string;
  /** In OpenSSL's notation: `ECDSA+SHA256:RSA+SHA256`. Default: OpenSSL's. */
  readonly signatureAlgorithms?: string;
  /** Switched on or off. Default: as OpenSSL has them. */
  readonly options?: Readonly<Partial<Record<TlsOption, boolean>>>;
};
