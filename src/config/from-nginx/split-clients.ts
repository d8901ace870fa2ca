/** `split_clients`: a variable whose value depends on the hash of another value (ngx_http_split_clients_module). */
import { type Level, levelsIn, type Setting } from '../../nginx/level.ts';
import type { MapEntryModel, MapModel } from '../model.ts';
import type { ConfigProblem } from '../problem.ts';
import { templateOf } from './template.ts';

/** Hundredths of a percent in all. */
const all = 10_000;

export function splitsOf(main: Level): MapModel[] {
  return splitLevels(main).map((level) => {
    const [source, variable] = level.opening?.directive.args ?? [];
    const fallback = level.settings.find(({ directive }) => directive.name === '*');
    const entries: MapEntryModel[] = [];
    let below = 0;
    for (const setting of level.settings) {
      below += shareOf(setting) ?? 0;
      if (setting !== fallback) entries.push({ kind: 'share', below, value: givenBy(setting) });
    }
    return {
      variable: (variable?.value ?? '').replace(/^\$/, '').toLowerCase(),
      source: templateOf(source?.value ?? ''),
      entries,
      ...(fallback === undefined ? {} : { fallback: givenBy(fallback) }),
    };
  });
}

export function splitProblemsIn(main: Level): ConfigProblem[] {
  return splitLevels(main).flatMap((level) => {
    let sum = 0;
    return level.settings.flatMap(({ directive }, index): ConfigProblem[] => {
      const { file, line, column, name, args } = directive;
      const place = { file, line, column };
      if (args.length !== 1) return [{ ...place, message: `"${name}" has one value behind it` }];
      if (args[0]?.value.includes('$') === true) {
        const message = `nginx knows no variables here: "${args[0].value}" would be the text itself`;
        return [{ ...place, message, hint: 'name the shares here, and give them values in a map' }];
      }
      const share = name === '*' ? all - sum : shareOf(level.settings[index] as Setting);
      if (share === undefined) {
        const hint = 'write one above 0 with at most two digits behind the point: 12.5%';
        return [{ ...place, message: `"${name}" is no percentage`, hint }];
      }
      sum += share;
      const isLast = name !== '*' || index === level.settings.length - 1;
      if (sum <= all && isLast) return [];
      return [
        { ...place, message: 'the shares are more than 100% together', hint: '* comes last' },
      ];
    });
  });
}

function splitLevels(main: Level): Level[] {
  return [...levelsIn(main)].filter(({ opening }) => opening?.directive.name === 'split_clients');
}

/** In hundredths of a percent; undefined for what is none. */
function shareOf({ directive: { name } }: Setting): number | undefined {
  const [, whole, part = ''] = /^(\d*)(?:\.(\d{0,2}))?%$/.exec(name) ?? [];
  if (whole === undefined) return undefined;
  const share = Number(whole) * 100 + Number(part.padEnd(2, '0'));
  return share === 0 ? undefined : share;
}

/** As it stands: nginx knows no variables there. */
function givenBy({ directive: { args } }: Setting): readonly string[] {
  const text = args[0]?.value ?? '';
  return text === '' ? [] : [text];
}
