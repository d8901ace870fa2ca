/**
 * Writes the pages that are made from code: docs/configuration.md from the schema, docs/errors.md from the catalogues,
 * docs/nginx.md from the tables of directives.
 * `test/docs.test.ts` fails when the files are not what this would write.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCatalogue, ErrorSpec } from '../src/base/errors.ts';
import { configurationReference } from '../src/config/reference.ts';
import { nginxPage } from './nginx-page.ts';

const root = join(import.meta.dirname, '..');
const generated =
  '<!-- Made by `node scripts/write-docs.ts`; change the source, not this file. -->';

/** The text of every generated page, by its path in the checkout. */
export async function generatedDocs(): Promise<Map<string, string>> {
  return new Map([
    ['docs/configuration.md', configurationPage()],
    ['docs/errors.md', errorsPage(await allErrors())],
    ['docs/nginx.md', nginxPage(generated)],
  ]);
}

function configurationPage(): string {
  return `# hatchway.yaml

${generated}

\`hatchway up\` reads \`hatchway.yaml\` in the working folder, or the file named with \`-c FILE\`. Without a file every default
holds: the console on this machine, with Docker and local shells. [hatchway.example.yaml](../hatchway.example.yaml) is a
file to start from.

\`hatchway check -c FILE\` says everything that is wrong with a file at once, each problem as \`file:line:column\`, what it
is, and what to do; nothing is started and nothing is listened on. Certificates, keys, authorities, revocation lists and files
of users are opened, those of an nginx.conf (\`--nginx FILE\`), too. \`--json\` gives one object with \`ok\`, \`problems\` and
\`warnings\`, for programs. The exit code is 0 when nothing is wrong, though there may be warnings, such as a certificate that
has expired; 1 when something is; 2 for a wrong command line.

\`hatchway import nginx.conf\` prints the hatchway.yaml that does what an nginx.conf does, \`-o FILE\` writes it to a file, which
must not be there yet unless \`--force\` says so. The exit code is 0 when all of it was brought over; 1 when something was left
out, which comments at the top of the result and messages with \`file:line:column\` name, or when the nginx.conf cannot be served
and nothing is written; 2 for a wrong command line.

\`hatchway schema > hatchway.schema.json\` writes the JSON Schema of the file. With it editors complete keys and
underline mistakes; the YAML extension of VS Code wants \`# yaml-language-server: $schema=./hatchway.schema.json\` in the
first line.

- Paths in the file are relative to the file.
- Durations have a unit: \`500ms\`, \`60s\`, \`15m\`, \`1h\`, \`1d\`. Sizes too: \`512B\`, \`32KiB\`, \`1MiB\`, \`1GiB\`.
  Where \`off\` can be written, it is no limit.
- \`\${NAME}\` in a text is a variable of the environment, \`\${NAME:-default}\` one that may be missing or empty; names are in
  capitals. \`$\${\` is \`\${\` itself. Header fields can be in files of their own: \`X-Token: file:/run/secrets/token\`.
  Messages never repeat what was put in.
- Values that differ from request to request have variables with nginx's names: \`$host\`, \`$remote_addr\`,
  \`$http_user_agent\`, \`\${scheme}\`; \`$1\` and \`$name\` are what the regular expression of the path or the host captured.
- Values that begin with \`*\`, \`[\` or \`{\` need quotes in YAML: \`host: "*.example.com"\`, \`listen: "[::1]:8022"\`.
- An address speaks TLS or plain HTTP: when one site on it has a \`cert\`, all of them need one.
- The data folder is \`$XDG_DATA_HOME/hatchway\`, by default \`~/.local/share/hatchway\`; \`--data-dir\` names another.

${configurationReference()}`;
}

function errorsPage(errors: readonly (readonly [string, ErrorSpec])[]): string {
  const rows = errors.map(
    ([code, { status, summary, remedy }]) =>
      `| \`${code}\` | ${status} | ${escapeCell(summary)} | ${escapeCell(remedy)} |`,
  );
  return `# Errors

${generated}

Every failure that somebody has to act on has a code that stays the same from version to version. It is in the log, on
the error page, and in the \`code\` of an answer of the API. Where a request is answered, it is with the status given;
for failures at the start there is no request, and the status says nothing.

| code | status | what it means | what to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Of all catalogues, sorted by code. Throws when two domains use one code. */
async function allErrors(): Promise<[string, ErrorSpec][]> {
  const errors = new Map<string, ErrorSpec>();
  for (const domain of readdirSync(join(root, 'src'))) {
    const file = join(root, 'src', domain, 'errors.ts');
    if (!existsSync(file)) continue;
    const module = (await import(file)) as Record<string, unknown>;
    for (const [code, spec] of Object.values(module).filter(isCatalogue).flatMap(Object.entries)) {
      if (errors.has(code))
        throw new Error(`${code} is declared twice, the second time in ${file}`);
      errors.set(code, spec);
    }
  }
  return [...errors].sort(([a], [b]) => (a < b ? -1 : 1));
}

function isCatalogue(value: unknown): value is ErrorCatalogue {
  if (typeof value !== 'object' || value === null) return false;
  const codes = Object.keys(value);
  return codes.length > 0 && codes.every((code) => code.startsWith('HW_'));
}

if (import.meta.filename === process.argv[1]) {
  for (const [path, text] of await generatedDocs()) writeFileSync(join(root, path), text);
}
