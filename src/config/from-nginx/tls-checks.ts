/**
 * What an address with TLS needs (ngx_http_ssl_init): its default server has a certificate, or refuses handshakes; then every
 * other one does. A server without certificate behind one that has one shows that.
 */
import { formatListenAddress, type Listen } from '../../nginx/model/listen.ts';
import type { Server } from '../../nginx/model.ts';
import type { Directive } from '../../nginx/tree.ts';
import type { ConfigProblem } from '../problem.ts';
import { LevelReader } from './reader.ts';

type Use = { readonly listen: Listen; readonly server: Server };

/** Each place once. */
export function tlsProblemsIn(servers: readonly Server[]): ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>();
  for (const uses of byAddress(servers).values()) {
    if (!uses.some(speaksTls)) continue;
    const chosen = uses.find(({ listen }) => listen.isDefaultServer) ?? uses[0];
    if (chosen === undefined || hasCertificate(chosen.server)) continue;
    const rejects = rejectsHandshakes(chosen.server);
    const lacking = rejects
      ? uses.filter(({ server }) => !hasCertificate(server) && !rejectsHandshakes(server))
      : [chosen];
    for (const { listen, server } of lacking) {
      const directive = (listen.setting ?? server.level.opening)?.directive;
      if (directive === undefined) continue;
      const { file, line, column } = directive;
      problems.set(`${file}:${line}:${column}`, {
        file,
        line,
        column,
        message: `${formatListenAddress(listen.address)} speaks TLS, and this server has no certificate`,
        hint: 'add ssl_certificate and ssl_certificate_key, or ssl_reject_handshake on',
      });
    }
  }
  return [
    ...problems.values(),
    ...servers.flatMap(keylessCertificates),
    ...servers.flatMap(noAuthorities),
  ];
}

export function speaksTls({ listen, server }: Use): boolean {
  return listen.hasTls || (!listen.hasQuic && readerOf(server).flag('ssl'));
}

export function rejectsHandshakes(server: Server): boolean {
  return readerOf(server).flag('ssl_reject_handshake');
}

function hasCertificate(server: Server): boolean {
  return readerOf(server).isSaid('ssl_certificate');
}

function keylessCertificates(server: Server): ConfigProblem[] {
  const reader = readerOf(server);
  const keys = reader.settings('ssl_certificate_key');
  return reader
    .settings('ssl_certificate')
    .slice(keys.length)
    .map(({ directive }) =>
      problemAt(directive, 'this certificate has no key', 'add ssl_certificate_key beside it'),
    );
}

/** Without authorities nobody could be let in. */
function noAuthorities(server: Server): ConfigProblem[] {
  const reader = readerOf(server);
  const verify = reader.word('ssl_verify_client');
  if (verify !== 'on' && verify !== 'optional') return [];
  const names = ['ssl_client_certificate', 'ssl_trusted_certificate'];
  if (names.some((name) => reader.isSaid(name))) return [];
  return reader
    .settings('ssl_verify_client')
    .map(({ directive }) =>
      problemAt(
        directive,
        'nobody says whose certificates clients may have',
        'add ssl_client_certificate',
      ),
    );
}

function problemAt(
  { file, line, column }: Directive,
  message: string,
  hint: string,
): ConfigProblem {
  return { file, line, column, message, hint };
}

function byAddress(servers: readonly Server[]): Map<string, Use[]> {
  const uses = servers.flatMap((server) =>
    server.listens.filter(({ hasQuic }) => !hasQuic).map((listen) => ({ listen, server })),
  );
  return Map.groupBy(uses, ({ listen }) => formatListenAddress(listen.address));
}

/** Nothing here is a path, so that what relative ones start at does not matter. */
function readerOf(server: Server): LevelReader {
  return new LevelReader(server.level, '/');
}
