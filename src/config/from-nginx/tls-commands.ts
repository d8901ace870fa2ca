/**
 * `ssl_conf_command` and `proxy_ssl_conf_command`: what they tell OpenSSL (SSL_CONF_cmd(3)), as far as Node can tell it, too. They
 * count after all other directives of TLS.
 */
import { type TlsDetailsModel, type TlsOption, tlsOptions } from '../tls-model.ts';

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof versions)[number];

/** What commands add to. */
export type TlsBasics = {
  readonly minVersion?: Version;
  readonly maxVersion?: Version;
  readonly ciphers?: string;
};

/** Speed alone. */
const withoutEffect: ReadonlySet<string> = new Set(['ktls', 'middleboxcompat']);

/** OpenSSL does not look at case, and takes a name twice with the last one in force. */
export function withCommands(
  basics: TlsBasics,
  commands: readonly (readonly string[])[],
  usualCiphers: string,
): TlsBasics & TlsDetailsModel {
  let { minVersion, maxVersion, ciphers } = basics;
  let suites: string | undefined;
  let details: TlsDetailsModel = {};
  for (const [name = '', value = ''] of commands) {
    switch (name.toLowerCase()) {
      case 'minprotocol':
        minVersion = later(minVersion, versionOf(value));
        break;
      case 'maxprotocol':
        maxVersion = earlier(maxVersion, versionOf(value));
        break;
      case 'ciphersuites':
        suites = value;
        break;
      case 'cipherstring':
        ciphers = value;
        break;
      case 'curves':
      case 'groups':
        details = { ...details, curves: value };
        break;
      case 'signaturealgorithms':
        details = { ...details, signatureAlgorithms: value };
        break;
      case 'options':
        details = { ...details, options: { ...details.options, ...optionsOf(value) } };
        break;
    }
  }
  if (suites !== undefined) ciphers = `${suites}:${ciphers ?? usualCiphers}`;
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...details,
  };
}

export type Objection = { readonly message: string; readonly isOfValue: boolean };

/** Why the gateway cannot follow a command; undefined when it can. */
export function objectionToCommand(name: string, value: string): Objection | undefined {
  switch (name.toLowerCase()) {
    case 'ciphersuites':
    case 'cipherstring':
    case 'curves':
    case 'groups':
    case 'signaturealgorithms':
      return undefined;
    case 'minprotocol':
    case 'maxprotocol':
      return /^none$/i.test(value) || versionOf(value) !== undefined
        ? undefined
        : { message: `there is no version ${value} of TLS here`, isOfValue: true };
    case 'options': {
      const unknown = value.split(',').find((word) => {
        const option = word.trim().replace(/^[+-]/, '');
        return optionNamed(option) === undefined && !withoutEffect.has(option.toLowerCase());
      });
      return unknown === undefined
        ? undefined
        : { message: `Node cannot tell OpenSSL the option ${unknown.trim()}`, isOfValue: true };
    }
    default:
      return { message: `Node cannot tell OpenSSL what ${name} says`, isOfValue: false };
  }
}

/** `PrioritizeChaCha,-SessionTicket` */
function optionsOf(value: string): NonNullable<TlsDetailsModel['options']> {
  const options: Partial<Record<TlsOption, boolean>> = {};
  for (const word of value.split(',')) {
    const text = word.trim();
    const option = optionNamed(text.replace(/^[+-]/, ''));
    if (option !== undefined) options[option] = !text.startsWith('-');
  }
  return options;
}

function optionNamed(name: string): TlsOption | undefined {
  const lower = name.toLowerCase();
  return tlsOptions.find((option) => option.toLowerCase() === lower);
}

function versionOf(value: string): Version | undefined {
  return versions.find((version) => version === value);
}

function later(one: Version | undefined, other: Version | undefined): Version | undefined {
  if (one === undefined || other === undefined) return other ?? one;
  return versions.indexOf(one) > versions.indexOf(other) ? one : other;
}

function earlier(one: Version | undefined, other: Version | undefined): Version | undefined {
  if (one === undefined || other === undefined) return other ?? one;
  return versions.indexOf(one) < versions.indexOf(other) ? one : other;
}
