/** What a model says of TLS beyond versions and ciphers, as `tls.createSecureContext` takes it. */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { TlsDetailsModel, TlsOption } from '../config/tls-model.ts';

/** Bits of SSL_CTX_set_options, and whether they are set by the option or by its absence (SSL_CONF_cmd(3)). */
const bits: Readonly<Record<TlsOption, readonly [bit: number, isSetBy: boolean]>> = {
  AllowNoDHEKEX: [constants.SSL_OP_ALLOW_NO_DHE_KEX, true],
  Compression: [constants.SSL_OP_NO_COMPRESSION, false],
  EncryptThenMac: [constants.SSL_OP_NO_ENCRYPT_THEN_MAC, false],
  LegacyServerConnect: [constants.SSL_OP_LEGACY_SERVER_CONNECT, true],
  NoRenegotiation: [constants.SSL_OP_NO_RENEGOTIATION, true],
  NoResumptionOnRenegotiation: [constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, true],
  PrioritizeChaCha: [constants.SSL_OP_PRIORITIZE_CHACHA, true],
  ServerPreference: [constants.SSL_OP_CIPHER_SERVER_PREFERENCE, true],
  SessionTicket: [constants.SSL_OP_NO_TICKET, false],
  UnsafeLegacyRenegotiation: [constants.SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, true],
};

/** @param always bits that are set whatever the model says */
export function tlsDetails(model: TlsDetailsModel, always = 0): SecureContextOptions {
  const { curves, signatureAlgorithms, options = {} } = model;
  let secureOptions = always;
  for (const [option, isOn] of Object.entries(options)) {
    const [bit, isSetBy] = bits[option as TlsOption];
    if (isOn === isSetBy) secureOptions |= bit;
  }
  return {
    ...(curves === undefined ? {} : { ecdhCurve: curves }),
    ...(signatureAlgorithms === undefined ? {} : { sigalgs: signatureAlgorithms }),
    ...(secureOptions === 0 ? {} : { secureOptions }),
    ...(options.ServerPreference === undefined
      ? {}
      : { honorCipherOrder: options.ServerPreference }),
  };
}
