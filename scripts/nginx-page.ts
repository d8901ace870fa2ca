/** docs/nginx.md: what becomes of an nginx.conf, from the tables that the program itself goes by. */
import { done, notices, refused, withoutEffect } from '../src/config/from-nginx/support.ts';
import { accessDirectives } from '../src/nginx/directives/access.ts';
import { contentDirectives } from '../src/nginx/directives/content.ts';
import { coreDirectives } from '../src/nginx/directives/core.ts';
import { proxyingDirectives } from '../src/nginx/directives/proxying.ts';
import type { DirectiveSpec } from '../src/nginx/directives/spec.ts';
import { tlsDirectives } from '../src/nginx/directives/tls.ts';
import { upstreamDirectives } from '../src/nginx/directives/upstream.ts';
import { differences } from '../test/peers/differences.ts';

const chapters: Readonly<Record<string, readonly DirectiveSpec[]>> = {
  'Servers, locations, clients': coreDirectives,
  TLS: tlsDirectives,
  'Who gets in': accessDirectives,
  'Groups of servers': upstreamDirectives,
  Proxying: proxyingDirectives,
  'Rules, answers, logs': contentDirectives,
};

/** @param generated the line that says that this file is made */
export function nginxPage(generated: string): string {
  return `# Running an nginx.conf

${generated}

\`\`\`sh
hatchway check --nginx /etc/nginx/nginx.conf   # what cannot be served, each with file:line:column
hatchway up --nginx /etc/nginx/nginx.conf      # in nginx's place, without the console
\`\`\`

The file is read as nginx reads it: includes and their patterns, inheritance, maps, nested locations, variables by their
names. A file that is only a part, such as one of \`sites-enabled\`, is put into the blocks it was meant for. Relative names
start at the folder of the file; \`--prefix FOLDER\` names another one. Requests without an \`access_log\` are logged in
\`access.log\` of the data folder.

WebSockets need no lines here. \`proxy_http_version 1.1\` and the \`Upgrade\` and \`Connection\` fields may stay or go.

What the gateway does not do is never passed over in silence. Where leaving it out only costs speed or logging, \`check\` and
\`up\` say so and go on; where it would change who gets in or what is served, they name the place and stop.

## What is done

${Object.entries(chapters).map(chapter).join('\n')}

Variables are nginx's, but for those of files, caches and other modules; a configuration that uses one of these is refused,
and in a \`log_format\` they are written as \`-\`.

## What has no effect

Sizes of nginx's own buffers and tables, its processes and sockets, and what says what holds here anyway.

<details><summary>${withoutEffect.size} directives, and those of FastCGI and its like beside their \`_pass\`</summary>

${listOf([...withoutEffect].sort())}

</details>

## What is left out, and said

| directive | what that means |
| --- | --- |
${rows(notices)}

Of several \`access_log\` of one level the first that is a file counts; none goes to syslog or is compressed.

## What is refused

| directive | why |
| --- | --- |
${rows(refused)}

Refused are also all but \`set\`, \`return\`,
\`rewrite\` and \`break\` inside \`if\`, \`set_real_ip_from\` and its like for single locations, certificates whose names have
variables, addresses with TLS whose default server has no certificate, and directives of modules that nginx itself does
not have.

## What is different

Every directive that is done is asked about in \`test/peers\`: one file, real nginx and Hatchway, the same requests. They answer
the same but for these:

${[...new Set(differences.map(({ reason }) => `- ${reason}.`))].join('\n')}

And beyond what one answer shows:

- No answer is buffered, whatever \`proxy_buffering\` says, and a request's body goes upstream as it comes unless
  \`proxy_request_buffering on\` is written, though that is nginx's default. Written, up to 1 MiB is gathered, in memory, before
  a server is asked; what is longer goes up as it comes, too. Where it is not written, the first 64 KiB of a body are kept, and
  only a body that is no longer can go to the next server after one has had it.
- \`proxy_read_timeout\` and \`proxy_send_timeout\` are for requests. A WebSocket may be silent for ever: TCP keep-alive, on for
  upstreams here, finds the dead.
- \`Date\` and \`Server\` of an upstream are passed on. The gateway does not name itself.
- Connections to upstreams are kept by default, as in nginx since 1.29.7, and HTTP/1.1 is spoken unless
  \`proxy_http_version 1.0\` is written.
- Names of upstreams are looked up again when their time is over, and all their addresses are used, with or without
  \`resolve\`.
- Fields with names that are no names make a request a bad one, where nginx drops them; names such as \`X.Y\`, which it drops,
  too, are names (RFC 9110, 5.1), and pass. \`Proxy-Connection\` is for one hop, and does not.
- An answer without a status line, which nginx takes for HTTP/0.9 and passes on, is a 502, as is one whose body is broken from
  its first chunk on.
- Conditions of a request, such as \`If-Match\`, are for files; a \`return\` answers whatever they say, and whatever the length of
  the request's body.
- What a \`log_format\` tells of cookies, passwords and tokens is \`REDACTED\`, and \`$request_length\` is that of a head with one
  space behind each colon.
- A handshake has the protocols and ciphers of the default server of its address, and clients are asked for a certificate
  there when any of its servers wants one.

## Moving to hatchway.yaml

\`\`\`sh
hatchway import /etc/nginx/nginx.conf -o hatchway.yaml
\`\`\`

writes the same as a hatchway.yaml, each site with the place it came from; without \`-o\` to standard output. What YAML has no words
for, such as a redirect to what is no URL, is named with its place, in the file and on standard error: what took its place lets
nobody in, and the exit code is 1. A file that is there already stays as it is, unless \`--force\` is written.
`;
}

function chapter([title, specs]: [string, readonly DirectiveSpec[]]): string {
  const names = [...new Set(specs.map(({ name }) => name))].filter((name) => done.has(name));
  return `- **${title}**: ${listOf(names)}`;
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** Those with the same reason in one row. */
function rows(reasons: Readonly<Record<string, string>>): string {
  const byReason = Map.groupBy(Object.entries(reasons), ([, reason]) => reason);
  return Array.from(
    byReason,
    ([reason, entries]) => `| ${listOf(entries.map(([name]) => name))} | ${reason} |`,
  ).join('\n');
}
