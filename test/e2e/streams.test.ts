/** Messages that take their time, through a site: nothing is kept back, in neither direction, and trailers pass. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type RequestListener, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { startHatchway } from '../kit/hatchway.ts';
import { startHttpServer } from '../kit/http-server.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { atEnd } from '../kit/scope.ts';

leaveNothingBehind();

/** Where a product that fails could leave a test waiting for ever. */
const patience = { timeout: 30_000 };

/** Sends requests to a site in front of this upstream. */
async function startSite(
  t: TestContext,
  onRequest: RequestListener,
): Promise<(method: string, headers?: Record<string, string>) => ClientRequest> {
  const { url } = await startHttpServer(t, onRequest);
  const { port } = await startHatchway(t, { config: `sites: [{ host: localhost, to: ${url} }]\n` });
  return (method, headers = {}) => {
    const options = { host: '127.0.0.1', port, method, agent: false } as const;
    const sent = request({ ...options, headers: { host: 'localhost', ...headers } });
    atEnd(t, () => {
      sent.destroy();
    });
    return sent;
  };
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

test('the head of a long poll comes before there is a body', patience, async (t) => {
  const body = Promise.withResolvers<string>();
  const send = await startSite(t, async (_request, response) => {
    response.writeHead(200).flushHeaders();
    response.end(await body.promise);
  });
  const response = await responseTo(send('GET').end());
  body.resolve('at last');
  assert.deepEqual(await once(response, 'data'), ['at last']);
});

test('both bodies flow at the same time, piece by piece', patience, async (t) => {
  const send = await startSite(t, (incoming, response) => {
    response.writeHead(200).flushHeaders();
    incoming.pipe(response);
  });
  const sent = send('POST', { 'transfer-encoding': 'chunked' });
  sent.flushHeaders();
  const response = await responseTo(sent);
  // Each piece is only sent once the one before has been there and back.
  for (const piece of ['one', 'two', 'three']) {
    sent.write(piece);
    assert.deepEqual(await once(response, 'data'), [piece]);
  }
  sent.end();
  await once(response.resume(), 'end');
});

test('trailers pass in both directions', patience, async (t) => {
  const send = await startSite(t, async (incoming, response) => {
    await once(incoming.resume(), 'end');
    response.writeHead(200, { trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': `of ${incoming.trailers['x-up']}` });
    response.end();
  });
  const sent = send('POST', { 'transfer-encoding': 'chunked', trailer: 'X-Up', te: 'trailers' });
  sent.write('body');
  sent.addTrailers({ 'X-Up': 'the upload' });
  const response = await responseTo(sent.end());
  await once(response.resume(), 'end');
  assert.deepEqual({ ...response.trailers }, { 'x-sum': 'of the upload' });
});
