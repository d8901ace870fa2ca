/**
 * Request smuggling needs two readers that understand the same bytes differently. The second reader here is llhttp as
 * node:http uses it, strict. Whenever both accept a message they must agree on all of it; where only one of them
 * accepts it, the difference must be one of those that are explained, with an example, below.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sender } from './errors.ts';
import { nastyRequests, nastyResponses } from './testing/nasty-messages.ts';
import { type NodeMessage, nodeMethods, readNodeMessages } from './testing/node-messages.ts';
import { type Message, readMessages } from './testing/read-messages.ts';

/** A refusal by one of the two, of a message that the other one accepts. */
type Difference = { readonly refusal: RegExp; readonly why: string; readonly example: string };

const refusedHere: Readonly<Record<Sender, readonly Difference[]>> = {
  client: [
    {
      refusal: /HW_HTTP_HOST/,
      why: 'llhttp does not look at Host; node checks later that there is one, not what it is',
      example: 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    },
    {
      refusal: /0x23 in the target/,
      why: 'a fragment has no place in a request, and servers disagree on whether the path ends there',
      example: 'GET /public#/../private HTTP/1.1\r\nHost: a\r\n\r\n',
    },
    {
      refusal: /the target is in no form/,
      why: 'llhttp looks at the bytes of a target, not at its form',
      example: 'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    },
    {
      refusal: /0x0[ad] in the method|a CR without LF before the request line/,
      why: 'llhttp skips any number of CR and LF before a request; RFC 9112 asks for one empty line',
      example: '\n\n\rGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    },
    {
      refusal: /0x20 in the target|the version does not begin with HTTP/,
      why: 'llhttp allows several spaces on both sides of the target',
      example: 'GET  /  HTTP/1.1\r\nHost: a\r\n\r\n',
    },
    {
      refusal: /0x0[ad] in the target/,
      why: 'llhttp reads requests of HTTP/0.9, which have no version',
      example: 'GET /\r\n\r\n',
    },
    {
      refusal: /HW_HTTP_VERSION/,
      why: 'llhttp reads 0.9 and 2.0 as if they were 1.x',
      example: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
    },
    {
      refusal: /HTTP\/1.0 has a Transfer-Encoding/,
      why: 'a proxy of HTTP/1.0 does not know the field, passes it on, and frames by something else',
      example: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
    {
      refusal: /HW_HTTP_TRANSFER_CODING/,
      why: 'llhttp looks only at the last coding, and delivers the body still encoded with the others',
      example: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    },
    {
      refusal: /a tab around a Transfer-Encoding or Content-Length/,
      why: 'llhttp skips a tab before a value, and takes one behind it for a part of the value',
      example: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n',
    },
    {
      refusal: /the Content-Length of a request is not a number/,
      why: 'llhttp reads any number of leading zeros',
      example: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00000000000000001\r\n\r\na',
    },
    {
      refusal: /a chunk size is too large/,
      why: 'llhttp reads any number of leading zeros',
      example:
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n',
    },
    {
      refusal: /in a chunk extension/,
      why: 'extensions with quoted strings are refused: readers disagree on where one ends',
      example: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a="b"\r\n\r\n',
    },
  ],
  upstream: [
    {
      refusal: /it does not begin with HTTP\/1/,
      why: 'llhttp skips CR and LF before a response, and reads HTTP/2.0 and 0.9 as if they were 1.x',
      example: '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    },
    {
      refusal: /its status is not three digits/,
      why: 'llhttp reads a status below 100',
      example: 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n',
    },
    {
      refusal: /in its reason/,
      why: 'llhttp reads any byte in a reason',
      example: 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
    },
    {
      refusal: /HTTP\/1.0 has a Transfer-Encoding/,
      why: 'as for requests',
      example: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
    {
      refusal: /a Transfer-Encoding other than chunked/,
      why: 'llhttp delivers a body until the close, encoded with something',
      example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc',
    },
    {
      refusal: /a tab around a Transfer-Encoding or Content-Length/,
      why: 'llhttp takes a tab behind chunked for a part of it, and reads until the close',
      example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n',
    },
    {
      refusal: /the Content-Length of a response is not a number/,
      why: 'llhttp reads lengths up to 2^64, and any number of leading zeros',
      example: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9007199254740993\r\n\r\n',
    },
    {
      refusal: /a chunk size is too large/,
      why: 'as for requests',
      example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n',
    },
    {
      refusal: /in a chunk extension/,
      why: 'as for requests',
      example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;a="b"\r\n\r\n',
    },
  ],
};

/** Where llhttp is the stricter one. Nothing here may be about where a message ends. */
const refusedByNode: readonly Difference[] = [
  {
    refusal: /HPE_INVALID_METHOD/,
    why: 'llhttp knows a list of methods; here any token will do, for the upstream to judge',
    example: 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  {
    refusal: /HPE_STRICT Invalid character in chunk extensions/,
    why: 'llhttp checks how an extension is made up of its tokens; here it is dropped',
    example: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=b=c\r\n\r\n',
  },
];

/** How often the two agreed on a message with a body of that framing. */
type Tally = Record<Message['framing'], number>;

/** Fails unless the two readers agree on `bytes`, or differ in an explained way. */
function compare(sender: Sender, bytes: Buffer, method: string, tally: Tally): void {
  const ours = readMessages(sender, [bytes], { method });
  const node = readNodeMessages(sender, bytes, method);
  for (let i = 0; ; i++) {
    const a = ours.messages[i];
    const b = node.messages[i];
    const acceptedHere = a?.body !== undefined;
    const acceptedByNode = b?.body !== undefined;
    if (acceptedHere && acceptedByNode) {
      assertAgreement(sender, a, b, method);
      tally[a.framing]++;
      // What follows is no message any more, at least for one of the two.
      if (a.upgrade || b.upgrade || !a.keepAlive || !b.keepAlive) return;
      continue;
    }
    if (acceptedByNode) {
      const explained = refusedHere[sender].some(({ refusal }) => refusal.test(ours.end));
      assert.ok(explained, `only llhttp accepts message ${i}: ${ours.end}`);
    } else if (acceptedHere) {
      const explained =
        refusedByNode.some(({ refusal }) => refusal.test(node.error)) &&
        (!node.error.includes('METHOD') || !nodeMethods.includes(a.startLine.split(' ')[0] ?? ''));
      assert.ok(explained, `llhttp does not accept message ${i}: ${node.error || 'incomplete'}`);
    }
    return;
  }
}

function assertAgreement(sender: Sender, a: Message, b: NodeMessage, method: string): void {
  assert.equal(a.startLine, b.startLine);
  assert.equal(a.body, b.body);
  assert.deepEqual(a.trailers, b.trailers);
  if (/ https?:/.test(a.startLine)) {
    // The target's host has taken the place of the field's.
    assert.deepEqual(withoutHost(a.fields), withoutHost(b.fields));
  } else {
    assert.deepEqual(a.fields, b.fields);
  }
  const old = a.startLine.endsWith(' 0');
  if (a.upgrade !== b.upgrade) {
    assert.ok(!a.upgrade && old, 'only HTTP/1.0 may upgrade with llhttp and not here');
  }
  if (a.keepAlive !== b.keepAlive) {
    const status = Number(a.startLine.split(' ')[0]);
    assert.ok(
      a.keepAlive
        ? // llhttp does not know what was asked, and expects a body until the close.
          sender === 'upstream' && method === 'HEAD'
        : // With both options llhttp goes on in 1.0; and it trusts an upstream after a 101 or an impossible body.
          old || (sender === 'upstream' && (status < 200 || status === 204)),
      `${a.startLine}: keep-alive is ${a.keepAlive} here and ${b.keepAlive} for llhttp`,
    );
  }
}

function withoutHost(fields: readonly string[]): readonly string[] {
  return fields.filter((_, i) => fields[i - (i % 2)]?.toLowerCase() !== 'host');
}

for (const [sender, method, messages] of [
  ['client', 'GET', nastyRequests],
  ['upstream', 'GET', nastyResponses],
  ['upstream', 'HEAD', nastyResponses],
] as const) {
  test(`llhttp and this reader never understand a ${sender} differently (${method})`, () => {
    const tally: Tally = { none: 0, length: 0, chunked: 0, 'until-close': 0 };
    const numRuns = 4000;
    fc.assert(
      fc.property(messages, (bytes) => compare(sender, bytes, method, tally)),
      { numRuns },
    );
    // The comparison is worth something only if many messages are accepted, of all framings.
    const expected: (keyof Tally)[] =
      method === 'HEAD'
        ? ['none']
        : ['none', 'length', 'chunked', ...(sender === 'client' ? [] : ['until-close' as const])];
    for (const framing of expected) {
      assert.ok(tally[framing] > numRuns / 200, `only ${tally[framing]} agreements on ${framing}`);
    }
  });
}

test('every difference that is explained exists', () => {
  for (const sender of ['client', 'upstream'] as const) {
    for (const { refusal, example } of refusedHere[sender]) {
      const bytes = Buffer.from(example, 'latin1');
      assert.match(readMessages(sender, [bytes]).end, refusal);
      const node = readNodeMessages(sender, bytes);
      assert.notEqual(node.messages[0]?.body, undefined, `${example}: ${node.error}`);
    }
  }
  for (const { refusal, example } of refusedByNode) {
    const bytes = Buffer.from(example, 'latin1');
    assert.notEqual(readMessages('client', [bytes]).messages[0]?.body, undefined, example);
    assert.match(readNodeMessages('client', bytes).error, refusal);
  }
});
