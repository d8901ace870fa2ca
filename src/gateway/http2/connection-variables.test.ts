import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { startNginx } from '../../../test/kit/nginx.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { Http2Client, startHttp2Gateway, testHost } from './testing/http2-kit.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

/** What `"$connection $connection_requests"` is for three requests on each of two connections, some at a time. */
async function numbers(context: TestContext, port: number): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (let connection = 0; connection < 2; connection++) {
    const client = await Http2Client.connect(context, port);
    const first = await client.ask();
    for (const { body } of [first, ...(await Promise.all([client.ask(), client.ask()]))]) {
      const [number = '', requests = ''] = body.toString().split(' ');
      found.push([number, requests]);
    }
  }
  return found;
}

test('$connection and $connection_requests count connections and their requests, as in nginx', async (context) => {
  const { certPath, keyPath } = certificates.make(testHost);
  const nginx = await startNginx(
    context,
    ({ listen }) => `server { listen ${listen} ssl http2; server_name ${testHost};
      ssl_certificate ${certPath}; ssl_certificate_key ${keyPath};
      location / { return 200 "$connection $connection_requests"; } }`,
  );
  const kit = await startHttp2Gateway(context, certificates, {
    route: {
      rules: [
        {
          kind: 'return',
          status: 200,
          text: [{ variable: 'connection' }, ' ', { variable: 'connection_requests' }],
        },
      ],
    },
  });
  for (const port of [nginx.port, kit.port]) {
    const found = await numbers(context, port);
    assert.deepEqual(
      found.map(([, requests]) => requests),
      ['1', '2', '3', '1', '2', '3'],
    );
    assert.deepEqual(
      found.map(([number]) => number),
      [...Array(3).fill(found[0]?.[0]), ...Array(3).fill(found[3]?.[0])],
    );
    assert.notEqual(found[0]?.[0], found[3]?.[0]);
  }
});
