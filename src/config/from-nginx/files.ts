/**
 * Locations that would serve files, which the gateway does not do. One that only holds an error page is left out, and the
 * gateway's own page is shown; any other one is an error.
 */

import { effective } from '../../nginx/effective.ts';
import { settingsNamed } from '../../nginx/level.ts';
import { type Location, locationsIn, type NginxModel, type Server } from '../../nginx/model.ts';
import type { ConfigProblem } from '../problem.ts';
import { supportOf } from './support.ts';
import type { SupportProblems } from './unsupported.ts';

export type FileLocations = SupportProblems & {
  /** Paths of error pages that are files. */
  readonly pages: ReadonlySet<string>;
};

export function fileLocationsIn(model: NginxModel): FileLocations {
  const errors: ConfigProblem[] = [];
  const notices: ConfigProblem[] = [];
  const pages = new Set<string>();
  for (const server of model.servers) {
    const rest = filesOfServer(server);
    if (rest !== undefined) errors.push(rest);
    const errorPages = errorPagesOf(server);
    for (const location of locationsIn(server)) {
      if (!servesFiles(location)) continue;
      const { match } = location;
      const { opening } = location.level;
      if (opening === undefined) continue;
      const { file, line, column } = opening.directive;
      const shown = [...errorPages].filter((page) => isOnlyFor(location, page));
      if (shown.length > 0) {
        for (const page of shown) pages.add(page);
        const names =
          shown.length === 1 ? `page ${shown[0]} is a file` : `pages ${shown.join(', ')} are files`;
        notices.push({
          file,
          line,
          column,
          message: `the error ${names}, and files are not served: the gateway's own page is shown`,
        });
      } else {
        errors.push({
          file,
          line,
          column,
          message: 'this location serves files, which is not done here',
          hint: isForChallenges(match)
            ? challengeHint
            : 'put a web server behind it, or leave the location out',
        });
      }
    }
  }
  return { errors, notices, pages };
}

/** Whoever renews certificates writes a file there; without it they would run out some months later. */
const challengeHint =
  'let certbot answer by itself (certbot --standalone --http-01-port 8402) and write proxy_pass http://127.0.0.1:8402, or use DNS-01';

function isForChallenges(match: Location['match']): boolean {
  return 'path' in match && match.path.startsWith('/.well-known/acme-challenge');
}

/** A location of this page alone, or one that nobody reaches from outside and that has it. */
function isOnlyFor({ match, level }: Location, page: string): boolean {
  if (match.kind === 'exact') return match.path === page;
  if (!level.named.has('internal')) return false;
  if (match.kind === 'prefix') return page.startsWith(match.path);
  return match.kind === 'regex' && match.regex.regex.test(page);
}

/** A server with a folder and without a location for everything serves files wherever no location says otherwise. */
function filesOfServer({ level, locations }: Server): ConfigProblem | undefined {
  const [folder] = settingsNamed(level, 'root');
  const isAnswered = ['return', 'rewrite'].some((name) => settingsNamed(level, name).length > 0);
  const hasRoot = locations.some(({ match }) => match.kind === 'prefix' && match.path === '/');
  if (folder === undefined || isAnswered || hasRoot) return undefined;
  const { file, line, column } = folder.directive;
  return {
    file,
    line,
    column,
    message: 'this server serves files where no location says otherwise, which is not done here',
    hint: 'add location / { proxy_pass … } or { return 404; }',
  };
}

/** Neither proxied nor answered by a rule, with a folder that the configuration names. */
function servesFiles({ level, target, locations }: Location): boolean {
  if (target !== undefined) return false;
  if (['return', 'rewrite'].some((name) => settingsNamed(level, name).length > 0)) return false;
  // What is refused is told where it is.
  if (level.settings.some(({ directive }) => supportOf(directive.name) === 'error')) return false;
  const [access] = level.settings.filter(({ directive }) =>
    /^(?:allow|deny)$/.test(directive.name),
  );
  if (access?.directive.name === 'deny' && access.directive.args[0]?.value === 'all') return false;
  if (locations.length > 0 && settingsNamed(level, 'root').length === 0) return false;
  return (
    effective(level, 'root').settings.length > 0 || effective(level, 'alias').settings.length > 0
  );
}

function errorPagesOf(server: Server): ReadonlySet<string> {
  const levels = [server.level, ...Array.from(locationsIn(server), ({ level }) => level)];
  return new Set(
    levels.flatMap((level) =>
      effective(level, 'error_page').settings.flatMap(({ directive }) => {
        const to = directive.args.at(-1)?.value ?? '';
        return to.startsWith('/') ? [to.replace(/\?.*$/, '')] : [];
      }),
    ),
  );
}
