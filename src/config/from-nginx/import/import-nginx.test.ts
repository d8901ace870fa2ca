/** Whatever is brought over is served as before: configurations made at random, and the one thing that has to hold for each. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { tempFolder } from '../../../../test/kit/temp.ts';
import { loadConfig } from '../../load.ts';
import { readNginx } from '../load.ts';
import { importNginx } from './import-nginx.ts';
import { comparable } from './testing/comparable.ts';

const paths = ['/', '/a', '/a/', '= /a', '/a/b/', '^~ /c/', '~ ^/d', '~* \\.(gif|png)$'];

const lines = fc.constantFrom(
  'proxy_set_header Host $host;',
  'proxy_set_header X-One "$remote_addr and $host";',
  'proxy_set_header Accept-Encoding "";',
  'add_header X-Two two always;',
  'proxy_hide_header X-Three;',
  'proxy_read_timeout 1h;',
  'proxy_connect_timeout 500ms;',
  'proxy_next_upstream off;',
  'proxy_intercept_errors on;',
  'proxy_cookie_path /b/ /a/;',
  'client_max_body_size 20m;',
  'client_max_body_size 0;',
  'error_page 502 /sorry;',
  'access_log off;',
  'allow 10.0.0.0/8;',
  'deny 10.0.0.1;',
  'deny all;',
  'satisfy any;',
  'add_header X-Four "$host";',
  'proxy_pass_request_body off;',
  'proxy_method POST;',
  'proxy_redirect off;',
  'proxy_redirect ~^http://x/(.*)$ /$1;',
  'root /srv/www/;',
  'try_files $uri $uri/ /index.html;',
  'index a.html b.html;',
  'etag off;',
  'expires 1h;',
  'expires modified -1;',
  'expires $mapped;',
  'proxy_buffering off;',
  'proxy_request_buffering on;',
  'limit_req zone=clients burst=5;',
  'limit_conn places 3;',
  'absolute_redirect off;',
  'resolver 127.0.0.2 valid=10s;',
  'proxy_ssl_verify on;',
  'proxy_ssl_name other.test;',
  'auth_request /a;',
  'access_log /var/log/one.log combined if=$mapped;',
);

const targets = fc.constantFrom(
  'proxy_pass http://127.0.0.1:9000;',
  'proxy_pass http://127.0.0.1:9000/;',
  'proxy_pass http://127.0.0.1:9000/b/;',
  'proxy_pass https://backend.test;',
  'proxy_pass http://group;',
  'proxy_pass http://unix:/run/app.sock:/x/;',
  'proxy_pass http://$where:9001;',
  'proxy_pass http://$mapped;',
  'proxy_pass http://$mapped:8080$uri;',
  'proxy_pass https://group/x/?a=1;',
  'set $x $arg_y; if ($x = y) { return 403; } proxy_pass http://group/;',
  'if ($http_a ~* "^b c") { rewrite ^/(.*)$ /x/$1? last; } proxy_pass http://127.0.0.1:9000;',
  'return 204;',
  'return 200 "hello $host";',
  'return 301 https://$host$request_uri;',
  'rewrite ^/a/(.*)$ /$1 break; proxy_pass http://127.0.0.1:9002;',
  '',
);

/** nginx lets most directives stand once. */
const block = fc.uniqueArray(lines, { maxLength: 4, selector: (line) => line.split(' ')[0] });

const location = fc.record({
  path: fc.constantFrom(...paths),
  target: targets,
  lines: block,
  inner: fc.boolean(),
});

const server = fc.record({
  listen: fc.constantFrom(
    '8080',
    '127.0.0.1:8080',
    '8080 default_server',
    '[::]:8080',
    '8081; listen 8080',
  ),
  rules: fc.constantFrom('', 'if ($host = a.test) { return 301 https://$host/; }', 'return 404;'),
  names: fc.uniqueArray(fc.constantFrom('_', '*.test', 'mail.*', '~^x(?<y>\\d+)$', '""'), {
    maxLength: 2,
  }),
  lines: block,
  locations: fc.uniqueArray(location, { maxLength: 4, selector: ({ path }) => path }),
});

const config = fc.array(server, { minLength: 1, maxLength: 3 }).map((servers) => {
  const blocks = servers.map(({ listen, names, lines: own, locations, rules }, index) =>
    [
      `server { listen ${listen}; server_name ${[`s${index}.test`, ...names].join(' ')};`,
      'set $where backend.test;',
      rules,
      ...own,
      ...locations.map(
        ({ path, target, lines: said, inner }) =>
          `location ${path} { ${said.join(' ')} ${target} ${inner && !path.startsWith('=') ? 'location ~ deep { return 204; }' : ''} }`,
      ),
      '}',
    ].join('\n'),
  );
  return `http {
  limit_req_zone $binary_remote_addr zone=clients:1m rate=1r/s;
  limit_conn_zone $http_x_user zone=places:1m;
  map $host $mapped { hostnames; default group; *.x.test 10.0.0.3; ~^(?<z>y)$ $z; }
  upstream group { server 10.0.0.1; server 10.0.0.2 weight=2; }
${blocks.join('\n')}
}
`;
});

test('a configuration that can be brought over is one that nothing is wrong with, and is served as before', (t) => {
  const folder = tempFolder(t, 'import');
  const file = join(folder, 'nginx.conf');
  const yaml = join(folder, 'hatchway.yaml');
  const dataFolder = join(folder, 'data');
  const options = { file, dataFolder };
  let compared = 0;
  fc.assert(
    fc.property(config, (text) => {
      writeFileSync(file, text);
      const before = readNginx(options);
      const result = importNginx(options);
      assert.equal(before.ok, result.ok);
      if (!before.ok || !result.ok) return;
      // A name that is another server's on one of two addresses.
      if (result.leftOut.length > 0) return;
      compared++;
      writeFileSync(yaml, result.text);
      const after = loadConfig({ file: yaml, dataFolder });
      assert.deepEqual(after.ok ? [] : after.problems, [], result.text);
      assert.ok(after.ok);
      assert.deepEqual(comparable(after.model), comparable(before.model), result.text);
    }),
    { numRuns: 300 },
  );
  assert.ok(compared > 50, `only ${compared} configurations could be brought over`);
});
