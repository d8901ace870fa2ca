/** Whether the files that a configuration names can be used for what it names them for. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HatchwayError } from '../base/errors.ts';
import { readCertificate, readPrivateKey, whyNot } from './certificate.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { AccessLogConfig } from './schema/access-log.ts';
import type { Config } from './schema.ts';

/** The absolute form of a path as written. */
export type ResolvePath = (path: string) => string;

type CertificateKeys = {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
};

export function checkAccessLog(
  path: ConfigPath,
  log: AccessLogConfig | undefined,
  resolvePath: ResolvePath,
): Finding[] {
  if (log?.to.kind !== 'file') return [];
  const file = resolvePath(log.to.path);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    return [{ path, message: `${file} is a folder`, hint: 'name a file in it' }];
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) return [];
  return [{ path, message: `there is no folder ${dirname(file)}`, hint: 'create it' }];
}

export function checkDockerCertificates(
  docker: Config['console']['targets']['docker'],
  resolvePath: ResolvePath,
): Finding[] {
  if (docker === false || docker.certs === undefined) return [];
  const path = ['console', 'targets', 'docker', 'certs'];
  const file = (name: string) => join(resolvePath(docker.certs ?? ''), name);
  return [
    ...attempt(path, () => readCertificate(file('ca.pem'))),
    ...attempt(path, () => readCertificate(file('cert.pem'))),
    ...attempt(path, () => readPrivateKey(file('key.pem'))),
  ];
}

/** A PEM file of authorities. */
export function checkAuthorities(
  path: ConfigPath,
  file: string,
  resolvePath: ResolvePath,
): Finding[] {
  return attempt(path, () => readCertificate(resolvePath(file)));
}

export function checkReadable(path: ConfigPath, file: string, resolvePath: ResolvePath): Finding[] {
  const absolute = resolvePath(file);
  const hint = 'check the path, which is relative to the configuration file, and who may read it';
  try {
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    return [{ path, message: `${absolute} cannot be read: ${whyNot(error)}`, hint }];
  }
  if (!statSync(absolute).isDirectory()) return [];
  return [{ path, message: `${absolute} cannot be read: it is a folder`, hint }];
}

/** A certificate and its key, in the mapping at `path`: both or none, and they belong together. */
export function checkPair(
  path: ConfigPath,
  { cert, key }: CertificateKeys,
  resolvePath: ResolvePath,
): Finding[] {
  if (cert === undefined && key === undefined) return [];
  if (cert === undefined || key === undefined) {
    const [given, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    return [
      {
        path: [...path, given],
        at: 'key',
        message: `\`${given}\` needs \`${missing}\` beside it`,
        hint: `add \`${missing}\` with its PEM file`,
      },
    ];
  }
  const certificate = attemptValue([...path, 'cert'], () => readCertificate(resolvePath(cert)));
  const privateKey = attemptValue([...path, 'key'], () => readPrivateKey(resolvePath(key)));
  const findings = [...certificate.findings, ...privateKey.findings];
  if (certificate.value === undefined || privateKey.value === undefined) return findings;
  if (certificate.value.checkPrivateKey(privateKey.value)) return findings;
  return [
    {
      path: [...path, 'key'],
      message: `the key in ${resolvePath(key)} does not belong to the certificate in ${resolvePath(cert)}`,
      hint: 'the certificate comes first in its file, before those of its issuers; is it the right one?',
    },
  ];
}

function attempt(path: ConfigPath, action: () => unknown): Finding[] {
  return attemptValue(path, action).findings;
}

/** The value, or the HatchwayError as a finding; anything else is a bug and flies. */
function attemptValue<Value>(
  path: ConfigPath,
  action: () => Value,
): { value?: Value; findings: Finding[] } {
  try {
    return { value: action(), findings: [] };
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    return { findings: [{ path, message: error.message, hint: error.remedy }] };
  }
}
