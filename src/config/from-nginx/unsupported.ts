/** Everything in a configuration that the gateway does not do, each place once, by the groups of `support.ts`. */
import { otherModuleOf, specsOf } from '../../nginx/directives.ts';
import { type Level, levelsIn, type Setting } from '../../nginx/level.ts';
import type { Directive } from '../../nginx/tree.ts';
import type { ConfigProblem } from '../problem.ts';
import { lostWithout, refused, supportOf } from './support.ts';

export type SupportProblems = {
  readonly errors: readonly ConfigProblem[];
  readonly notices: readonly ConfigProblem[];
};

/** Of an `if`, all that does more than rewriting. */
const inIf = new Set(['set', 'return', 'rewrite', 'break', 'if', 'error_log', 'access_log']);

/** Said of a whole server here, and of single locations in nginx: whom to believe. */
const ofServers = new Set(['set_real_ip_from', 'real_ip_header', 'real_ip_recursive']);

/** The same, where the difference is only how long somebody is waited for. */
const waitsOfServers = new Set(['client_body_timeout', 'keepalive_timeout']);

export function unsupportedIn(main: Level): SupportProblems {
  const errors = new Map<string, ConfigProblem>();
  const notices = new Map<string, ConfigProblem>();
  for (const level of levelsIn(main)) {
    if (level.kind === 'data' || level.kind === 'foreign') continue;
    for (const setting of level.settings) {
      const { directive } = setting;
      const { name } = directive;
      if (isHarmless(directive) || isUnknown(name) || isEmptyBlock(setting, level)) continue;
      const isIf = level.kind === 'location-if' || level.kind === 'server-if';
      if (isIf && !inIf.has(name)) {
        add(
          errors,
          setting,
          `"${name}" is not done inside "if"`,
          'let a rewrite lead to a location of its own',
        );
      } else if (isIf && name === 'access_log') {
        add(notices, setting, '"access_log" inside "if" is left out: the one around it holds');
      } else if (level.kind === 'location' && ofServers.has(name)) {
        add(
          errors,
          setting,
          `"${name}" is the same for a whole server here`,
          'write it in the server block',
        );
      } else if (level.kind === 'location' && waitsOfServers.has(name)) {
        add(notices, setting, `"${name}" is left out: the one of the server holds`);
      } else {
        addUnsupported(setting, errors, notices);
      }
    }
  }
  return { errors: [...errors.values()], notices: [...notices.values()] };
}

function addUnsupported(
  setting: Setting,
  errors: Map<string, ConfigProblem>,
  notices: Map<string, ConfigProblem>,
): void {
  const { name } = setting.directive;
  switch (supportOf(name)) {
    case 'done':
    case 'no-effect':
      break;
    case 'notice':
      add(notices, setting, `"${name}" is left out: ${lostWithout(name)}`);
      break;
    case 'error': {
      const reason = refused[name] ?? 'what its module does would be missing';
      add(errors, setting, `"${name}" is not done here: ${reason}`);
      break;
    }
  }
}

/** Not even a module's; `src/nginx` has said so. */
function isUnknown(name: string): boolean {
  return specsOf(name).length === 0 && otherModuleOf(name) === undefined;
}

/** Files that others generate have a `stream` whether or not there is a server in it. */
function isEmptyBlock(setting: Setting, level: Level): boolean {
  const { name } = setting.directive;
  if (name !== 'stream' && name !== 'mail') return false;
  const inner = level.children.find(({ opening }) => opening === setting);
  return inner !== undefined && !inner.named.has('server');
}

/** Whether it only says what holds without it. */
function isHarmless({ name, args }: Directive): boolean {
  const [first = ''] = args.map((arg) => arg.value.toLowerCase());
  switch (name) {
    case 'limit_rate':
    case 'proxy_limit_rate':
    case 'auth_delay':
      return /^0+\D*$/.test(first);
    case 'error_log':
      return first === 'stderr';
    default:
      return first === 'off' && supportOf(name) !== 'done';
  }
}

function add(
  problems: Map<string, ConfigProblem>,
  { directive }: Setting,
  message: string,
  hint?: string,
): void {
  const { file, line, column } = directive;
  problems.set(`${file}:${line}:${column}`, {
    file,
    line,
    column,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}
