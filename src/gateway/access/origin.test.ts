import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOwnOrigin, type OriginQuestion } from './origin.ts';

const plain: OriginQuestion = {
  origins: [],
  host: 'a.test',
  secure: false,
  method: 'GET',
  upgrade: true,
  allowedOrigins: [],
};

test('only pages of the same origin, or of a listed one, get through', () => {
  const cases: [question: Partial<OriginQuestion>, own: boolean][] = [
    // No browser.
    [{}, true],
    [{ method: 'POST', upgrade: false }, true],
    // The same origin.
    [{ origins: ['http://a.test'] }, true],
    [{ origins: ['HTTP://A.Test'] }, true],
    [{ origins: ['http://a.test'], host: 'A.TEST:80' }, true],
    [{ origins: ['http://a.test:80'] }, true],
    [{ origins: ['http://a.test:8080'], host: 'a.test:8080' }, true],
    [{ origins: ['https://a.test'], secure: true }, true],
    [{ origins: ['https://a.test'], secure: true, host: 'a.test:443' }, true],
    [{ origins: ['http://[::1]:8080'], host: '[::1]:8080' }, true],
    [{ origins: ['http://[::1]'], host: '[::1]' }, true],
    // TLS ends at a proxy in front.
    [{ origins: ['https://a.test'] }, true],
    [{ origins: ['https://a.test:8443'], host: 'a.test:8443' }, true],
    // Foreign ones.
    [{ origins: ['http://a.test'], secure: true }, false],
    [{ origins: ['http://b.test'] }, false],
    [{ origins: ['http://b.test'], method: 'POST', upgrade: false }, false],
    [{ origins: ['http://b.test'], upgrade: false }, false],
    [{ origins: ['http://a.test:8080'] }, false],
    [{ origins: ['http://a.test'], host: 'a.test:8080' }, false],
    [{ origins: ['http://a.test.evil.test'] }, false],
    [{ origins: ['http://evil-a.test'] }, false],
    [{ origins: ['http://sub.a.test'] }, false],
    [{ origins: ['http://a.test@evil.test'] }, false],
    [{ origins: ['http://a.test/'] }, false],
    [{ origins: ['a.test'] }, false],
    [{ origins: ['ws://a.test'] }, false],
    [{ origins: ['chrome-extension://abc'] }, false],
    [{ origins: [''] }, false],
    [{ origins: ['http://a.test'], host: undefined }, false],
    [{ origins: ['http://'], host: '' }, false],
    [{ origins: ['http://a.test', 'http://a.test'] }, false],
    // Nobody's.
    [{ origins: ['null'] }, false],
    [{ origins: ['null'], upgrade: false, method: 'POST' }, false],
    [{ origins: ['null'], upgrade: false }, true],
    [{ origins: ['null'], allowedOrigins: ['https://b.test'] }, false],
    // Listed ones.
    [{ origins: ['https://b.test'], allowedOrigins: ['https://B.test:443'] }, true],
    [{ origins: ['https://b.test:444'], allowedOrigins: ['https://b.test'] }, false],
    [{ origins: ['http://b.test'], allowedOrigins: ['https://b.test'] }, false],
    [{ origins: ['chrome-extension://abc'], allowedOrigins: ['chrome-extension://abc'] }, true],
    [{ origins: ['https://b.test'], allowedOrigins: ['https://b.test'], host: undefined }, true],
  ];
  for (const [question, own] of cases) {
    assert.equal(isOwnOrigin({ ...plain, ...question }), own, JSON.stringify(question));
  }
});
