/**
 * `geo`: a variable whose value depends on the network of an address (ngx_http_geo_module). The smallest network that has the
 * address decides.
 */
import { type Level, levelsIn, type Setting } from '../../nginx/level.ts';
import type { MapModel } from '../model.ts';
import type { ConfigProblem } from '../problem.ts';
import { parseNetworkText } from '../values/network.ts';
import { templateOf } from './template.ts';

/** What `geo` knows beside networks, and why it is not done. */
const refused: Readonly<Record<string, string>> = {
  ranges: 'ranges of addresses are not known here; write networks',
  proxy: 'addresses that proxies name come from set_real_ip_from here',
  proxy_recursive: 'addresses that proxies name come from real_ip_recursive here',
  delete: 'networks are not taken back here; leave the one that is meant out',
};

export function geosOf(main: Level): MapModel[] {
  return geoLevels(main).map((level) => {
    const words = level.opening?.directive.args.map(({ value }) => value) ?? [];
    const [source, variable = source] = words;
    const fallback = level.settings.findLast(({ directive }) => directive.name === 'default');
    return {
      variable: nameOf(variable),
      source: words.length > 1 ? templateOf(source ?? '') : [{ variable: 'remote_addr' }],
      entries: level.settings.flatMap((setting) => {
        const network = networkOf(setting);
        return network === undefined
          ? []
          : [{ kind: 'network' as const, network, value: [textOf(setting)] }];
      }),
      ...(fallback === undefined ? {} : { fallback: [textOf(fallback)] }),
    };
  });
}

export function geoProblemsIn(main: Level): ConfigProblem[] {
  return geoLevels(main).flatMap((level) =>
    level.settings.flatMap((setting) => {
      const { directive } = setting;
      const { file, line, column, name, args } = directive;
      const reason = refused[name];
      if (reason !== undefined) return [{ file, line, column, message: `"${name}": ${reason}` }];
      if (args.length !== 1) {
        return [{ file, line, column, message: 'a network has one value behind it in "geo"' }];
      }
      if (name === 'default' || networkOf(setting) !== undefined) return [];
      return [{ file, line, column, message: `${name} is no network` }];
    }),
  );
}

function geoLevels(main: Level): Level[] {
  return [...levelsIn(main)].filter(
    ({ kind, opening }) => kind === 'data' && opening?.directive.name === 'geo',
  );
}

/** Undefined for what is none. */
function networkOf({ directive: { name, args } }: Setting): string | undefined {
  if (refused[name] !== undefined || name === 'default' || args.length !== 1) return undefined;
  try {
    parseNetworkText(name);
    return name === 'all' || name === 'unix:' ? undefined : name;
  } catch {
    return undefined;
  }
}

function textOf({ directive: { args } }: Setting): string {
  return args[0]?.value ?? '';
}

function nameOf(variable = ''): string {
  return variable.replace(/^\$/, '').toLowerCase();
}
