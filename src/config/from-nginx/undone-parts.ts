/** Parts of directives that the gateway follows otherwise: parameters of an upstream's servers, passwords without a file. */
import { levelsIn, type Setting, settingsNamed } from '../../nginx/level.ts';
import type { NginxModel } from '../../nginx/model.ts';
import { placeOfWord, type Word } from '../../nginx/tree.ts';
import type { ConfigProblem } from '../problem.ts';
import { LevelReader } from './reader.ts';
import type { SupportProblems } from './unsupported.ts';

export function undonePartsIn(model: NginxModel): SupportProblems {
  const { errors, notices } = serverParameters(model);
  return { errors: [...errors, ...missingUsersFiles(model)], notices };
}

/** What is lost without them. */
const lostParameters: Readonly<Record<string, string>> = {
  slow_start: 'a server that is back has its whole share of requests at once',
};

/** What would be otherwise without them. */
const refusedParameters: Readonly<Record<string, string>> = {
  service: 'SRV records are not looked up here',
  drain: 'a server that only keeps its sessions is not known here',
};

function serverParameters({ upstreams }: NginxModel): SupportProblems {
  const errors: ConfigProblem[] = [];
  const notices: ConfigProblem[] = [];
  for (const { servers } of upstreams.values()) {
    for (const { setting } of servers) {
      for (const word of setting.directive.args.slice(1)) {
        const name = word.value.replace(/=.*$/s, '');
        const lost = lostParameters[name];
        const refused = refusedParameters[name];
        if (lost !== undefined)
          notices.push(problem(setting, word, `"${name}" is left out: ${lost}`));
        if (refused !== undefined) errors.push(problem(setting, word, refused));
      }
    }
  }
  return { errors, notices };
}

/** nginx lets everybody in then, which nobody means. */
function missingUsersFiles({ main }: NginxModel): ConfigProblem[] {
  const found = new Map<Setting, ConfigProblem>();
  for (const level of levelsIn(main)) {
    if (level.kind !== 'location' && level.kind !== 'server') continue;
    const reader = new LevelReader(level, '');
    const [setting] = reader.settings('auth_basic');
    if (setting === undefined || reader.word('auth_basic') === 'off') continue;
    if (reader.isSaid('auth_basic_user_file') || hasFilesBelow(level)) continue;
    found.set(
      setting,
      problem(
        setting,
        setting.directive.args[0],
        'passwords are asked for, and there is no file of users: nginx lets everybody in then',
        'add auth_basic_user_file, or remove it',
      ),
    );
  }
  return [...found.values()];
}

/** A server may leave it to its locations. */
function hasFilesBelow(level: Parameters<typeof levelsIn>[0]): boolean {
  return (
    level.kind === 'server' &&
    Array.from(levelsIn(level)).some(
      (inner) => settingsNamed(inner, 'auth_basic_user_file').length > 0,
    )
  );
}

function problem(
  { directive }: Setting,
  word: Word | undefined,
  message: string,
  hint?: string,
): ConfigProblem {
  const { file, line, column } = word === undefined ? directive : placeOfWord(directive, word);
  return { file, line, column, message, ...(hint === undefined ? {} : { hint }) };
}
