/** Whether the files that a configuration names can be used for what it names them for. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HatchwayError } from '../base/errors.ts';
import { readCertificate, readPrivateKey, readRevocationLists, whyNot } from './certificate.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { AccessLogConfig } from './schema/access-log.ts';
import type { Config } from './schema.ts';

/** The absolute form of a path as written. */
export type ResolvePath = (path: string) => string;

type CertificateKeys = {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrases?: string | undefined;
};

export function checkAccessLog(
  path: ConfigPath,
  log: AccessLogConfig | undefined,
  resolvePath: ResolvePath,
): Finding[] {
  if (log?.to.kind !== 'file') return [];
  const problem = logFileProblem(resolvePath(log.to.path));
  return problem === undefined ? [] : [{ path, ...problem }];
}

/** Why nothing could be written to a file of this absolute path, which need not be there. */
export function logFileProblem(file: string): Pick<Finding, 'message' | 'hint'> | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    return { message: `${file} is a folder`, hint: 'name a file in it' };
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) return undefined;
  return { message: `there is no folder ${dirname(file)}`, hint: 'create it' };
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

/** A PEM file of what authorities have revoked. */
export function checkRevoked(path: ConfigPath, file: string, resolvePath: ResolvePath): Finding[] {
  return attempt(path, () => readRevocationLists(resolvePath(file)));
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

type PairsConfig = {
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly passphrases?: string;
};

/** Certificates and their keys, one for each, in the order of both. */
export function checkPairs(
  path: ConfigPath,
  { cert, key, passphrases }: PairsConfig,
  resolvePath: ResolvePath,
): Finding[] {
  if (cert === undefined || key === undefined) {
    return checkPair(path, { cert: cert?.[0], key: key?.[0] }, resolvePath);
  }
  if (cert.length !== key.length) {
    return [
      {
        path: [...path, 'key'],
        message: `\`cert\` has ${counted(cert.length)} and \`key\` has ${counted(key.length)}`,
        hint: 'write one key for each certificate, in the same order',
      },
    ];
  }
  return cert.flatMap((file, index) =>
    checkFiles(
      { ...filesAt(path, index), cert: file, key: key[index] as string, passphrases },
      resolvePath,
    ),
  );
}

/** A place in a list is told as that of the text where there is no list. */
function filesAt(path: ConfigPath, index: number) {
  return { certPath: [...path, 'cert', index], keyPath: [...path, 'key', index] };
}

function counted(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}

/** A certificate and its key, in the mapping at `path`: both or none, and they belong together. */
export function checkPair(
  path: ConfigPath,
  { cert, key, passphrases }: CertificateKeys,
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
  const places = { certPath: [...path, 'cert'], keyPath: [...path, 'key'] };
  return checkFiles({ ...places, cert, key, passphrases }, resolvePath);
}

type PairOfFiles = {
  readonly certPath: ConfigPath;
  readonly keyPath: ConfigPath;
  readonly cert: string;
  readonly key: string;
  readonly passphrases: string | undefined;
};

function checkFiles(
  { certPath, keyPath, cert, key, passphrases }: PairOfFiles,
  resolvePath: ResolvePath,
): Finding[] {
  const certificate = attemptValue(certPath, () => readCertificate(resolvePath(cert)));
  const privateKey = attemptValue(keyPath, () =>
    readPrivateKey(
      resolvePath(key),
      passphrases === undefined ? undefined : resolvePath(passphrases),
    ),
  );
  const findings = [...certificate.findings, ...privateKey.findings];
  if (certificate.value === undefined || privateKey.value === undefined) return findings;
  if (certificate.value.checkPrivateKey(privateKey.value)) return findings;
  return [
    {
      path: keyPath,
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
