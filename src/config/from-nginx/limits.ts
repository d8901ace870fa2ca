/**
 * `limit_req` and `limit_conn` with their zones (ngx_http_limit_req_module, ngx_http_limit_conn_module). Values that nginx
 * would refuse are problems here, since nobody would be limited by them.
 */
import { type Level, levelsIn, type Setting, settingsNamed } from '../../nginx/level.ts';
import { placeOfWord, type Word } from '../../nginx/tree.ts';
import { parseNumber, parseSize } from '../../nginx/units.ts';
import type {
  ConnectionLimitModel,
  ConnectionZoneModel,
  LimitAnswer,
  RequestLimitModel,
  RequestZoneModel,
  RouteLimitsModel,
} from '../limit-model.ts';
import type { ConfigProblem } from '../problem.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';

/** nginx's `zone is too small`: eight pages. */
const smallestZoneBytes = 8 * 4096;

/** A directive that nginx would refuse: the word to blame, and why. */
type Wrong = { readonly word: Word | undefined; readonly message: string };

export type Zones = {
  readonly requests: readonly RequestZoneModel[];
  readonly connections: readonly ConnectionZoneModel[];
};

/** Those that nginx would take. */
export function zonesOf(http: Level | undefined): Zones {
  const named = (name: string) => (http === undefined ? [] : settingsNamed(http, name));
  return {
    requests: named('limit_req_zone').map(requestZone).filter(isRight),
    connections: named('limit_conn_zone').map(connectionZone).filter(isRight),
  };
}

/** Undefined when nothing is limited there. */
export function limitsOf(reader: LevelReader): RouteLimitsModel | undefined {
  const requests = reader.settings('limit_req').map(requestLimit).filter(isRight);
  const connections = reader.settings('limit_conn').map(connectionLimit).filter(isRight);
  if (requests.length === 0 && connections.length === 0) return undefined;
  return {
    ...(requests.length === 0
      ? {}
      : { requests: { ...answerOf(reader, 'limit_req'), limits: requests } }),
    ...(connections.length === 0
      ? {}
      : { connections: { ...answerOf(reader, 'limit_conn'), limits: connections } }),
  };
}

function answerOf(reader: LevelReader, name: 'limit_req' | 'limit_conn'): LimitAnswer {
  const status = reader.number(`${name}_status`, 503);
  const logLevel = reader.word(`${name}_log_level`);
  return {
    ...(status === 503 ? {} : { status }),
    ...(reader.flag(`${name}_dry_run`) ? { dryRun: true } : {}),
    ...(logLevel === 'info' || logLevel === 'notice' || logLevel === 'warn' ? { logLevel } : {}),
  };
}

/** What nginx would not start with, each place once. */
export function limitProblemsIn(main: Level, http: Level | undefined): ConfigProblem[] {
  const zones = zonesOf(http);
  const names = {
    limit_req: new Set(zones.requests.map(({ name }) => name)),
    limit_conn: new Set(zones.connections.map(({ name }) => name)),
  };
  const problems: ConfigProblem[] = [];
  for (const level of levelsIn(main)) {
    if (level.kind === 'data' || level.kind === 'foreign') continue;
    const seen = new Set<string>();
    for (const setting of level.settings) {
      const wrong = wrongIn(setting, names, seen);
      if (wrong === undefined) continue;
      const { directive } = setting;
      const { file, line, column } =
        wrong.word === undefined ? directive : placeOfWord(directive, wrong.word);
      problems.push({ file, line, column, message: wrong.message });
    }
  }
  return problems;
}

/** @param seen what has been said in this block, which nginx takes once */
function wrongIn(
  setting: Setting,
  names: Readonly<Record<'limit_req' | 'limit_conn', ReadonlySet<string>>>,
  seen: Set<string>,
): Wrong | undefined {
  const { name, args } = setting.directive;
  switch (name) {
    case 'limit_req_zone':
    case 'limit_conn_zone': {
      const zone = name === 'limit_req_zone' ? requestZone(setting) : connectionZone(setting);
      if (!isRight(zone)) return zone;
      return once(`zone ${zone.name}`, args[1], seen, `the zone ${zone.name} is there already`);
    }
    case 'limit_req':
    case 'limit_conn': {
      const limit = name === 'limit_req' ? requestLimit(setting) : connectionLimit(setting);
      if (!isRight(limit)) return limit;
      if (!names[name].has(limit.zone)) {
        return { word: args[0], message: `there is no ${name}_zone with zone=${limit.zone}:…` };
      }
      return once(`${name} ${limit.zone}`, args[0], seen, `${name} names this zone twice`);
    }
    case 'limit_req_status':
    case 'limit_conn_status': {
      const status = parseNumber(args[0]?.value ?? '') ?? 0;
      return status >= 400 && status <= 599
        ? undefined
        : { word: args[0], message: 'the status must be from 400 to 599' };
    }
    default:
      return undefined;
  }
}

function once(
  key: string,
  word: Word | undefined,
  seen: Set<string>,
  message: string,
): Wrong | undefined {
  if (seen.has(key)) return { word, message };
  seen.add(key);
  return undefined;
}

function isRight<Model extends object>(model: Model | Wrong): model is Model {
  return !('message' in model);
}

/** `$key zone=name:10m rate=5r/s` */
function requestZone({ directive }: Setting): RequestZoneModel | Wrong {
  const [key, ...words] = directive.args;
  const zone = zoneOf(words);
  if ('message' in zone) return zone;
  const word = words.find(({ value }) => value.startsWith('rate='));
  const rate = /^rate=(\d+)r\/([sm])$/.exec(word?.value ?? '');
  const count = Number(rate?.[1] ?? 0);
  if (count === 0) return { word, message: 'a rate is a number of requests, as in rate=5r/s' };
  // nginx counts in whole thousandths, so that 1r/m is 16 of them a second.
  const thousandths = Math.floor((count * 1000) / (rate?.[2] === 'm' ? 60 : 1));
  return { ...zone, key: templateOf(key?.value ?? ''), perSecond: thousandths / 1000 };
}

/** `$key zone=name:10m` */
function connectionZone({ directive }: Setting): ConnectionZoneModel | Wrong {
  const [key, ...words] = directive.args;
  const zone = zoneOf(words);
  return 'message' in zone ? zone : { ...zone, key: templateOf(key?.value ?? '') };
}

function zoneOf(words: readonly Word[]): { name: string; bytes: number } | Wrong {
  const word = words.find(({ value }) => value.startsWith('zone='));
  const parts = /^zone=([^:]+):(.+)$/.exec(word?.value ?? '');
  const bytes = parseSize(parts?.[2] ?? '');
  if (parts === null || bytes === undefined) {
    return { word, message: 'a zone is a name and a size, as in zone=clients:10m' };
  }
  if (bytes < smallestZoneBytes) return { word, message: 'a zone needs at least 32k' };
  return { name: parts[1] ?? '', bytes };
}

/** `zone=name burst=20 nodelay` or `delay=8` */
function requestLimit({ directive }: Setting): RequestLimitModel | Wrong {
  let zone = '';
  let burst = 0;
  let undelayed: number | 'all' = 0;
  for (const word of directive.args) {
    const [name, value = ''] = word.value.split(/=(.*)/s) as [string, string?];
    const number = parseNumber(value);
    if (name === 'zone') {
      zone = value;
    } else if (name === 'burst' && number !== undefined && number > 0) {
      burst = number;
    } else if (name === 'delay' && number !== undefined && number > 0) {
      undelayed = number;
    } else if (word.value === 'nodelay') {
      undelayed = 'all';
    } else {
      return { word, message: `"${word.value}" is nothing that limit_req can be told` };
    }
  }
  if (zone === '') {
    return { word: directive.args[0], message: 'limit_req needs the name of its zone, as zone=…' };
  }
  return {
    zone,
    ...(burst === 0 ? {} : { burst }),
    ...(undelayed === 0 ? {} : { undelayed }),
  };
}

/** `name 10` */
function connectionLimit({ directive }: Setting): ConnectionLimitModel | Wrong {
  const [zone, most] = directive.args;
  const number = parseNumber(most?.value ?? '') ?? 0;
  if (number === 0 || number > 65_535) {
    return { word: most, message: 'limit_conn needs a number of connections, from 1 to 65535' };
  }
  return { zone: zone?.value ?? '', most: number };
}
