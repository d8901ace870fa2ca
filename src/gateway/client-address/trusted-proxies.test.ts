import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startNginx } from '../../../test/kit/nginx.ts';
import type { TrustModel } from '../../config/model.ts';
import { Fields } from '../../http1/fields.ts';
import { type ClientAddress, type Peer, TrustedProxies } from './trusted-proxies.ts';

type Line = readonly [name: string, value: string];

function ask(
  model: TrustModel,
  lines: readonly Line[],
  peer: Partial<Peer> = {},
): ClientAddress | undefined {
  return new TrustedProxies(model).clientOf(
    { remoteAddress: '127.0.0.1', remotePort: 40000, ...peer },
    Fields.of(lines.flat()),
  );
}

const xff = 'X-Forwarded-For';
const local = ['127.0.0.1'];
const inner = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];

/** The address and port that count; undefined: the peer's. */
const addressCases: [model: TrustModel, lines: Line[], expected: string | undefined][] = [
  [{ from: local, recursive: false }, [], undefined],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1']], '192.0.2.1'],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1, 198.51.100.2']], '198.51.100.2'],
  [{ from: local, recursive: true }, [[xff, '192.0.2.1, 198.51.100.2']], '198.51.100.2'],
  [{ from: inner, recursive: false }, [[xff, '192.0.2.1, 10.1.1.1']], '10.1.1.1'],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.1, 10.1.1.1']], '192.0.2.1'],
  [
    { from: inner, recursive: true },
    [[xff, '203.0.113.9, 192.0.2.1, 10.1.1.1,10.2.2.2']],
    '192.0.2.1',
  ],
  [{ from: inner, recursive: true }, [[xff, '10.3.3.3, 10.1.1.1']], '10.3.3.3'],
  [{ from: ['192.0.2.0/24'], recursive: true }, [[xff, '198.51.100.2']], undefined],
  // Several fields.
  [
    { from: inner, recursive: true },
    [
      [xff, '192.0.2.1'],
      [xff, '10.1.1.1'],
    ],
    '192.0.2.1',
  ],
  [
    { from: inner, recursive: false },
    [
      [xff, '192.0.2.1'],
      [xff, '10.1.1.1'],
    ],
    '10.1.1.1',
  ],
  [
    { from: inner, recursive: true },
    [
      [xff, '192.0.2.1, 10.9.9.9'],
      [xff, '10.1.1.1, 10.2.2.2'],
    ],
    '192.0.2.1',
  ],
  [
    { from: inner, recursive: true },
    [
      [xff, '192.0.2.1'],
      [xff, 'x, 10.1.1.1'],
    ],
    '10.1.1.1',
  ],
  [
    { from: inner, recursive: true },
    [
      [xff, '192.0.2.1'],
      [xff, ''],
    ],
    undefined,
  ],
  [
    { from: inner, recursive: false },
    [
      [xff, '192.0.2.1'],
      [xff, 'x'],
    ],
    undefined,
  ],
  // Entries that are no address end the walk.
  [{ from: inner, recursive: true }, [[xff, 'unknown']], undefined],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.1, unknown, 10.1.1.1']], '10.1.1.1'],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.1, unix:, 10.1.1.1']], '10.1.1.1'],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.256, 10.1.1.1']], '10.1.1.1'],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1, ']], '192.0.2.1'],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1 ,, ,']], '192.0.2.1'],
  [{ from: local, recursive: false }, [[xff, ',192.0.2.1']], undefined],
  [{ from: local, recursive: false }, [[xff, ', 192.0.2.1']], '192.0.2.1'],
  [{ from: inner, recursive: true }, [[xff, ', 10.1.1.1']], '10.1.1.1'],
  [{ from: local, recursive: false }, [[xff, '198.51.100.2\t192.0.2.1']], undefined],
  // Ports, and IPv6.
  [{ from: local, recursive: false }, [[xff, '192.0.2.1:567']], '192.0.2.1 567'],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1:0']], undefined],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1:65536']], undefined],
  [{ from: local, recursive: false }, [[xff, '192.0.2.1:']], undefined],
  [{ from: local, recursive: false }, [[xff, '[2001:DB8::0:1]:8']], '2001:db8::1 8'],
  [{ from: local, recursive: false }, [[xff, '[2001:db8::1]']], undefined],
  [{ from: local, recursive: false }, [[xff, '2001:db8:0::1']], '2001:db8::1'],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.1:77, [fd00::1]:8']], '192.0.2.1 77'],
  [{ from: inner, recursive: true }, [[xff, '192.0.2.1, ::ffff:10.1.1.1']], '192.0.2.1'],
  // Other fields.
  [
    { from: local, recursive: false, header: 'x-real-ip' },
    [['X-Real-IP', '192.0.2.1']],
    '192.0.2.1',
  ],
  [
    { from: local, recursive: false, header: 'x-real-ip' },
    [
      ['X-Real-IP', '192.0.2.1'],
      ['X-Real-IP', '192.0.2.2'],
    ],
    '192.0.2.1',
  ],
  [
    { from: local, recursive: false, header: 'x-real-ip' },
    [['X-Real-IP', '192.0.2.1, 192.0.2.2']],
    '192.0.2.2',
  ],
  [{ from: local, recursive: false, header: 'x-real-ip' }, [[xff, '192.0.2.1']], undefined],
  [
    { from: inner, recursive: true, header: 'cf-connecting-ip' },
    [
      ['CF-Connecting-IP', '192.0.2.1'],
      ['CF-Connecting-IP', '10.0.0.1'],
    ],
    '192.0.2.1',
  ],
  [
    { from: inner, recursive: true, header: 'cf-connecting-ip' },
    [['CF-Connecting-IP', '192.0.2.1, 10.0.0.1']],
    '192.0.2.1',
  ],
];

test('the address is the one that nginx finds', async (t) => {
  const nginx = await startNginx(t, ({ listen }) =>
    addressCases
      .map(([{ from, recursive, header }], index) => {
        const trusted = from.map((network) => `set_real_ip_from ${network};`).join(' ');
        return `server { listen ${listen}; server_name case${index}; ${trusted}
          real_ip_header ${header ?? xff}; real_ip_recursive ${recursive ? 'on' : 'off'};
          return 200 "$remote_addr $remote_port;$realip_remote_port"; }`;
      })
      .join('\n'),
  );
  for (const [index, [model, lines, expected]] of addressCases.entries()) {
    const text = `${JSON.stringify(model)} ${JSON.stringify(lines)}`;
    const answer = await bodyOf(nginx.port, `case${index}`, lines);
    const [found = '', peerPort = ''] = answer.split(';');
    const byNginx = found === `127.0.0.1 ${peerPort}` ? undefined : found.trim();
    assert.equal(byNginx, expected, `nginx: ${text}`);
    const client = ask(model, lines);
    const byHatchway = client && `${client.address} ${client.port ?? ''}`.trim();
    assert.equal(byHatchway, expected, text);
  }
});

async function bodyOf(port: number, host: string, lines: readonly Line[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${head}\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

test('a peer that is not trusted is the client, whatever it says', () => {
  const model: TrustModel = { from: ['10.0.0.0/8', 'unix:'], forwarded: true };
  const lines: Line[] = [
    [xff, '192.0.2.1'],
    ['X-Forwarded-Proto', 'https'],
  ];
  assert.equal(ask(model, lines), undefined);
  assert.equal(ask(model, lines, { remoteAddress: '::ffff:10.0.0.1' })?.address, '192.0.2.1');
  assert.equal(ask(model, lines, { remoteAddress: 'unix:' })?.address, '192.0.2.1');
});

test('the PROXY protocol header counts only where it is named', () => {
  const peer = {
    proxyProtocol: {
      sourceAddress: '192.0.2.1',
      sourcePort: 5,
      destinationAddress: '10.0.0.1',
      destinationPort: 443,
    },
  };
  const named: TrustModel = { from: local, header: 'proxy_protocol' };
  assert.deepEqual(ask(named, [[xff, '192.0.2.9']], peer), { address: '192.0.2.1', port: 5 });
  assert.equal(ask({ from: local }, [], peer), undefined);
  assert.equal(ask({ ...named, from: inner.slice(1) }, [], peer), undefined);
  const unknown = {
    sourceAddress: undefined,
    sourcePort: undefined,
    destinationAddress: undefined,
    destinationPort: undefined,
  };
  assert.equal(ask(named, [], { proxyProtocol: unknown }), undefined);
  const proxies = new TrustedProxies(named);
  assert.equal(proxies.connectionAddress({ remoteAddress: '127.0.0.1', ...peer }), '192.0.2.1');
  assert.equal(proxies.connectionAddress({ remoteAddress: '10.0.0.1', ...peer }), '10.0.0.1');
  assert.equal(proxies.connectionAddress({ remoteAddress: '127.0.0.1' }), undefined);
  const many = new TrustedProxies({ from: local });
  assert.equal(many.connectionAddress({ remoteAddress: '127.0.0.1', ...peer }), undefined);
});

test('the element of Forwarded that names the client says how it came', () => {
  const model: TrustModel = { from: inner, header: 'forwarded', forwarded: true };
  const field =
    'for=203.0.113.1;proto=http, for="[2001:db8::1]:77";proto=https;host="a.test:8443", for=10.1.1.1;proto=http';
  assert.deepEqual(ask(model, [['Forwarded', field]]), {
    address: '2001:db8::1',
    port: 77,
    secure: true,
    host: 'a.test:8443',
    hostPort: 8443,
  });
  assert.equal(ask(model, [['Forwarded', 'for="[2001:db8::1]"']])?.address, '2001:db8::1');
  assert.equal(ask(model, [['Forwarded', 'for=_hidden;proto=https']])?.address, '127.0.0.1');
  assert.equal(ask(model, [['Forwarded', 'for=192.0.2.1;for']])?.address, '127.0.0.1');
});

test('how the client came is believed of trusted proxies, of the one nearest to it', () => {
  const model: TrustModel = { from: inner, forwarded: true };
  const cases: [lines: Line[], expected: Partial<ClientAddress>][] = [
    [[], {}],
    [[['X-Forwarded-Proto', 'https']], { secure: true }],
    [[['X-Forwarded-Proto', 'HTTP']], { secure: false }],
    [[['X-Forwarded-Proto', 'gopher']], {}],
    [[['X-Forwarded-Host', 'a.test']], { host: 'a.test' }],
    [[['X-Forwarded-Host', 'a.test:8443']], { host: 'a.test:8443', hostPort: 8443 }],
    [[['X-Forwarded-Host', '[::1]']], { host: '[::1]' }],
    [
      [
        ['X-Forwarded-Host', 'a.test:1'],
        ['X-Forwarded-Port', '2'],
      ],
      { host: 'a.test:1', hostPort: 2 },
    ],
    [
      [
        ['X-Forwarded-Host', 'a/b'],
        ['X-Forwarded-Port', '70000'],
      ],
      {},
    ],
    // One proxy that adds to what the client made up.
    [
      [
        [xff, '192.0.2.1'],
        ['X-Forwarded-Proto', 'https, http'],
      ],
      { address: '192.0.2.1', secure: false },
    ],
    // Two proxies that both add.
    [
      [
        [xff, '192.0.2.1, 10.0.0.1'],
        ['X-Forwarded-Proto', 'https, http'],
      ],
      { address: '192.0.2.1', secure: true },
    ],
    // Two proxies of which the last one replaces.
    [
      [
        [xff, '192.0.2.1, 10.0.0.1'],
        ['X-Forwarded-Proto', 'https'],
      ],
      { address: '192.0.2.1', secure: true },
    ],
    [[['Forwarded', 'for=192.0.2.1;proto=https;host=a.test']], { secure: true, host: 'a.test' }],
    // A client's own Forwarded goes through many proxies untouched.
    [
      [
        ['Forwarded', 'proto=https;host=evil.test'],
        ['X-Forwarded-Proto', 'http'],
      ],
      { secure: false },
    ],
  ];
  const nothing = { secure: undefined, host: undefined, hostPort: undefined };
  for (const [lines, expected] of cases) {
    const port = expected.address === undefined ? 40000 : undefined;
    assert.deepEqual(
      ask(model, lines),
      { address: '127.0.0.1', port, ...nothing, ...expected },
      JSON.stringify(lines),
    );
  }
  assert.deepEqual(
    ask({ from: inner }, [
      [xff, '192.0.2.1'],
      ['X-Forwarded-Proto', 'https'],
    ]),
    {
      address: '192.0.2.1',
      port: undefined,
    },
  );
});

test('a list of any length is looked at only as far as it is believed', () => {
  const model: TrustModel = { from: inner };
  assert.equal(
    ask(model, [[xff, `${'10.0.0.1,'.repeat(100_000)}x, 10.0.0.2`]])?.address,
    '10.0.0.2',
  );
  assert.equal(ask(model, [[xff, `192.0.2.1,${'10.0.0.1,'.repeat(3000)}`]])?.address, '192.0.2.1');
});
