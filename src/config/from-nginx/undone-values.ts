/** Values that the gateway cannot follow, of directives that it does follow otherwise. */
import { type Level, levelsIn, type Setting, settingsNamed } from '../../nginx/level.ts';
import { templatesOf } from '../../nginx/model/definitions.ts';
import { formatListenAddress } from '../../nginx/model/listen.ts';
import type { NginxModel, Server } from '../../nginx/model.ts';
import { hasVariables, variablesIn } from '../../nginx/template.ts';
import { type Directive, placeOfWord, type Word } from '../../nginx/tree.ts';
import { isBuiltIn } from '../../nginx/variables.ts';
import { isGatewayVariable } from '../gateway-variables.ts';
import type { ConfigProblem } from '../problem.ts';
import { supportOf } from './support.ts';
import { speaksTls } from './tls-checks.ts';
import { objectionToCommand } from './tls-commands.ts';
import type { SupportProblems } from './unsupported.ts';

type Finding = { readonly isNotice?: boolean; readonly problem: ConfigProblem };

export function undoneValuesIn(model: NginxModel): SupportProblems {
  const findings = new Map<string, Finding>();
  const formats = formatsOf(model.http);
  for (const level of levelsIn(model.main)) {
    if (level.kind === 'foreign') continue;
    for (const setting of level.settings) {
      for (const finding of [
        ...missingVariables(setting, level),
        ...(level.kind === 'data' ? [] : undoneValues(setting, level, formats)),
      ]) {
        const { file, line, column, message } = finding.problem;
        findings.set(`${file}:${line}:${column} ${message}`, finding);
      }
    }
  }
  const all = [...findings.values(), ...plainHttp2(model.servers)];
  return {
    errors: all.filter(({ isNotice }) => isNotice !== true).map(({ problem }) => problem),
    notices: all.filter(({ isNotice }) => isNotice === true).map(({ problem }) => problem),
  };
}

/** Browsers speak HTTP/2 over TLS alone; what else does is told in advance. */
function plainHttp2(servers: readonly Server[]): Finding[] {
  const listens = servers.flatMap((server) => server.listens.map((listen) => ({ listen, server })));
  const secure = new Set(
    listens.filter(speaksTls).map(({ listen }) => formatListenAddress(listen.address)),
  );
  return listens.flatMap(({ listen: { setting, address, hasHttp2 } }) => {
    const word = setting?.directive.args.find(({ value }) => value === 'http2');
    const isPlain = hasHttp2 && !secure.has(formatListenAddress(address));
    if (setting === undefined || word === undefined || !isPlain) return [];
    return [notice(setting.directive, word, 'HTTP/2 is only spoken over TLS')];
  });
}

/** Their values would be empty where somebody expects one; in a line of a log that is bearable. */
function missingVariables({ directive }: Setting, level: Level): Finding[] {
  const owner = level.kind === 'data' ? level.opening?.directive.name : directive.name;
  if (owner === undefined || supportOf(owner) !== 'done') return [];
  const isNotice = owner === 'log_format';
  return templatesOf(directive, level).flatMap(({ word, text }) =>
    variablesIn(text)
      .filter((name) => isBuiltIn(name) && !isGatewayVariable(name))
      .map((name) => ({
        isNotice,
        problem: problemAt(
          directive,
          word,
          `$${name} is a variable of nginx that there is not here`,
          isNotice ? 'it is written as -' : 'remove it; its value would be empty',
        ),
      })),
  );
}

function undoneValues(
  { directive }: Setting,
  level: Level,
  formats: ReadonlySet<string>,
): Finding[] {
  const { name, args } = directive;
  const [first] = args;
  if (first === undefined) return [];
  switch (name) {
    case 'ssl_certificate':
    case 'ssl_certificate_key':
    case 'proxy_ssl_certificate':
    case 'proxy_ssl_certificate_key':
      return certificateFindings(directive, first);
    case 'ssl_trusted_certificate':
      return trustedFindings(directive, level);
    case 'ssl_verify_depth':
      return first.value === '0'
        ? []
        : [
            notice(
              directive,
              first,
              'authorities that a client sends along count as one, where Node does not tell them',
            ),
          ];
    case 'ssl_conf_command':
    case 'proxy_ssl_conf_command':
      return commandFindings(directive);
    case 'ssl_crl':
    case 'proxy_ssl_crl':
    case 'ssl_password_file':
    case 'proxy_ssl_password_file':
      return certificateFindings(directive, first);
    case 'proxy_http_version':
      return first.value === '2'
        ? [notice(directive, first, 'upstreams are asked in HTTP/1.1')]
        : [];
    case 'access_log':
      return accessLogFindings(directive, first, level, formats);
    default:
      return [];
  }
}

function commandFindings(directive: Directive): Finding[] {
  const [name, value] = directive.args;
  const objection = objectionToCommand(name?.value ?? '', value?.value ?? '');
  return objection === undefined
    ? []
    : [error(directive, objection.isOfValue ? value : name, objection.message)];
}

function certificateFindings(directive: Directive, word: Word): Finding[] {
  if (hasVariables(word.value)) {
    return [error(directive, word, `"${directive.name}" has no variables here`)];
  }
  return /^(?:data|engine|store):/.test(word.value)
    ? [error(directive, word, 'certificates and keys come from files here')]
    : [];
}

/** Beside the answers of OCSP it is for the certificates of clients, which have one file here. */
function trustedFindings(directive: Directive, level: Level): Finding[] {
  const others = ['ssl_client_certificate', 'ssl_verify_client'];
  return others.every((name) => settingsNamed(level, name).length > 0)
    ? [
        error(
          directive,
          directive.args[0],
          'authorities of clients come from one file here',
          'put them into the file of ssl_client_certificate',
        ),
      ]
    : [];
}

function accessLogFindings(
  directive: Directive,
  path: Word,
  level: Level,
  formats: ReadonlySet<string>,
): Finding[] {
  if (path.value === 'off') return [];
  const findings: Finding[] = [];
  const own = settingsNamed(level, 'access_log').map((setting) => setting.directive);
  if (path.value.startsWith('syslog:')) {
    findings.push(notice(directive, path, 'nothing is sent to syslog'));
  } else if (hasVariables(path.value)) {
    findings.push(notice(directive, path, 'files of logs have one name here, without variables'));
  } else if (own.find(isWritten) !== directive) {
    findings.push(notice(directive, path, 'a request is logged once here, by the first of them'));
  }
  for (const word of directive.args.slice(1)) {
    if (word.value.startsWith('gzip')) {
      findings.push(notice(directive, word, 'the log is not compressed'));
    } else if (word === directive.args[1] && !isParameter(word) && !formats.has(word.value)) {
      findings.push(error(directive, word, `there is no log_format "${word.value}"`));
    }
  }
  return findings;
}

/** Whether a log is one that the gateway writes. */
export function isWritten({ args }: Directive): boolean {
  const [path] = args;
  return path !== undefined && !path.value.startsWith('syslog:') && !hasVariables(path.value);
}

function isParameter({ value }: Word): boolean {
  return /^(?:buffer|flush|gzip|if)(?:=|$)/.test(value);
}

function formatsOf(http: Level | undefined): ReadonlySet<string> {
  const formats = http === undefined ? [] : settingsNamed(http, 'log_format');
  return new Set([
    'combined',
    ...formats.flatMap(({ directive }) => directive.args[0]?.value ?? []),
  ]);
}

function error(
  directive: Directive,
  word: Word | undefined,
  message: string,
  hint?: string,
): Finding {
  return { problem: problemAt(directive, word, message, hint) };
}

function notice(directive: Directive, word: Word, message: string): Finding {
  return { isNotice: true, problem: problemAt(directive, word, message) };
}

function problemAt(
  directive: Directive,
  word: Word | undefined,
  message: string,
  hint?: string,
): ConfigProblem {
  const { file, line, column } = word === undefined ? directive : placeOfWord(directive, word);
  return { file, line, column, message, ...(hint === undefined ? {} : { hint }) };
}
