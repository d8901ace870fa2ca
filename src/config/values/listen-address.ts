/** Addresses to listen on: read, printed, compared. Whether one is free is found out by listening. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { defaults } from '../defaults.ts';
import { configError } from '../errors.ts';
import type { ListenAddress } from '../model.ts';

/** sun_path holds 108 bytes on Linux and one of them ends it. */
const longestUnixPath = 107;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * `127.0.0.1:8022`, `[::1]:8022`, `localhost:8022`, `8022` (loopback), `unix:/run/hatchway.sock`. Port 0 is any free one.
 * Throws `HW_CONFIG_INVALID`.
 */
export function parseListenAddress(text: string): ListenAddress {
  const unixPath = /^unix:(?:\/\/(?=\/))?(.*)$/s.exec(text)?.[1];
  if (unixPath !== undefined) return unixAddress(unixPath);
  if (/^\d+$/.test(text)) return tcpAddress(defaults.listenHost, text, text);
  const match = /^(\[[^\]]*\]|[^:[\]]*):(\d*)$/.exec(text);
  if (match === null) throw notAnAddress(text);
  const [, host, port] = match as unknown as [string, string, string];
  if (host === '' || host === '*') {
    throw configError('HW_CONFIG_INVALID', `\`${text}\` does not say which address`, {
      remedy: `write 127.0.0.1:${port} for this machine only, 0.0.0.0:${port} for every IPv4 address, "[::]:${port}" for every address`,
    });
  }
  return tcpAddress(host, port, text);
}

/** The form that `parseListenAddress` reads; two addresses are the same when their forms are. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Whether only this machine can connect. */
export function isLocal(address: ListenAddress): boolean {
  if (address.kind === 'unix' || address.host === 'localhost') return true;
  const family = isIP(address.host);
  return family !== 0 && loopback.check(address.host, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether the system would refuse to listen on both: one is every address of the machine and the other one of them. */
export function overlaps(a: ListenAddress, b: ListenAddress): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return false;
  if (a.port !== b.port || a.port === 0 || a.host === b.host) return false;
  return covers(a.host, b.host) || covers(b.host, a.host);
}

/** `::` takes IPv4 as well: Node listens on both families there. */
function covers(every: string, one: string): boolean {
  return every === '::' || (every === '0.0.0.0' && !isIPv6(one));
}

function tcpAddress(bracketed: string, digits: string, text: string): ListenAddress {
  const port = Number(digits);
  if (digits === '' || port > 65_535) {
    throw configError('HW_CONFIG_INVALID', `\`${text}\` has no port between 0 and 65535`, {
      remedy: `write it as HOST:PORT, for example ${bracketed}:${defaults.listen.port}`,
    });
  }
  if (!bracketed.startsWith('[')) {
    const isNumeric = /^[\d.]+$/.test(bracketed);
    if (isNumeric ? isIP(bracketed) !== 4 : !/^[a-z0-9_.-]+$/i.test(bracketed)) {
      throw notAnAddress(text);
    }
    return { kind: 'tcp', host: bracketed.toLowerCase(), port };
  }
  const host = bracketed.slice(1, -1);
  if (!isIPv6(host)) throw notAnAddress(text);
  // URL writes IPv6 in its shortest form, so that two spellings are one address; it knows no zones.
  const canonical = host.includes('%') ? host : new URL(`http://[${host}]`).hostname.slice(1, -1);
  return { kind: 'tcp', host: canonical, port };
}

function unixAddress(path: string): ListenAddress {
  const bytes = Buffer.byteLength(path);
  if (path === '') {
    throw configError('HW_CONFIG_INVALID', '`unix:` names no file', {
      remedy: 'write unix:/run/hatchway.sock',
    });
  }
  if (bytes > longestUnixPath) {
    throw configError(
      'HW_CONFIG_INVALID',
      `the socket path is ${bytes} bytes long; the system takes ${longestUnixPath}`,
      { remedy: 'choose a shorter path' },
    );
  }
  return { kind: 'unix', path };
}

function notAnAddress(text: string): Error {
  const schemeless = /^[a-z]+:\/\/([^/]+)/i.exec(text)?.[1];
  if (schemeless !== undefined) {
    return configError('HW_CONFIG_INVALID', `\`${text}\` is a URL, not an address`, {
      remedy: `write ${schemeless}`,
    });
  }
  if (isIP(text) === 4 || /^[a-z][a-z0-9.-]*$/i.test(text)) {
    return configError('HW_CONFIG_INVALID', `\`${text}\` has no port`, {
      remedy: `write ${text}:${defaults.listen.port}`,
    });
  }
  if (isIPv6(text) || /^[0-9a-f]*:[0-9a-f:]*:\d+$/i.test(text)) {
    return configError('HW_CONFIG_INVALID', `\`${text}\` is IPv6 without brackets`, {
      remedy: `write "[::1]:${defaults.listen.port}", with the quotes`,
    });
  }
  return configError('HW_CONFIG_INVALID', `\`${text}\` is not an address to listen on`, {
    remedy: text.includes(',')
      ? `write a list: [${text}]`
      : 'write HOST:PORT, PORT, "[IPv6]:PORT" or unix:/path',
  });
}
