import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleModel, Template } from '../config/rule-model.ts';
import { compileRules, type RulesResult } from './rules.ts';
import { requestState } from './testing/request-kit.ts';

const variable = (name: string) => ({ variable: name });

function run(
  target: string,
  rules: readonly RuleModel[],
): { result: RulesResult; path: string; query: string | undefined; value: string | undefined } {
  const request = requestState(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
  const result = compileRules(rules)?.(request) ?? 'done';
  return { result, path: request.path, query: request.query, value: request.variable('x') };
}

function rewrite(
  regex: RegExp,
  replacement: Template,
  flag: (RuleModel & { kind: 'rewrite' })['flag'] = 'none',
): RuleModel {
  return { kind: 'rewrite', regex, replacement, flag };
}

test('a rewrite changes the path, keeps the query and lets a route be chosen anew', () => {
  const rule = rewrite(/^\/old\/(.*)$/, ['/new/', variable('1')]);
  assert.deepEqual(run('/old/a%20b?q=1', [rule]), {
    result: 'again',
    path: '/new/a b',
    query: 'q=1',
    value: undefined,
  });
  assert.equal(run('/other', [rule]).result, 'done');
});

test('a query in the replacement comes first, and a question mark at its end drops the request’s', () => {
  const adding = rewrite(/^\/u\/(.*)$/, ['/user?name=', variable('1')], 'last');
  assert.deepEqual(run('/u/a%26b?q=1', [adding]), {
    result: 'again',
    path: '/user',
    query: 'name=a%26b&q=1',
    value: undefined,
  });
  assert.equal(run('/u/a?q=1', [rewrite(/^/, ['/user?'], 'last')]).query, undefined);
  assert.equal(run('/u/a?q=1', [rewrite(/^/, ['/user?x=1?'], 'last')]).query, 'x=1');
});

test('break ends the rules without choosing a route anew, last at once with it', () => {
  const set: RuleModel = { kind: 'set', variable: 'x', value: ['set'] };
  assert.deepEqual(run('/a', [rewrite(/a/, ['/b'], 'break'), set]), {
    result: 'done',
    path: '/b',
    query: undefined,
    value: undefined,
  });
  assert.equal(run('/a', [rewrite(/a/, ['/b'], 'last'), set]).value, undefined);
  assert.equal(run('/a', [rewrite(/a/, ['/b']), set]).value, 'set');
  assert.equal(run('/a', [rewrite(/a/, ['/b']), { kind: 'break' }]).result, 'done');
});

test('a redirect escapes what it takes from a decoded path, and unescapes what need not be', () => {
  const rule = rewrite(/^\/r\/(.*)$/, ['https://b.example/', variable('1')], 'permanent');
  assert.deepEqual(run('/r/a%20%C3%A9%41?q=%20', [rule]).result, {
    status: 301,
    location: 'https://b.example/a%20%C3%A9A?q=%20',
  });
  assert.deepEqual(run('/r/a', [rewrite(/^/, ['/home?'], 'redirect')]).result, {
    status: 302,
    location: '/home',
  });
});

test('an answer is a redirect, a text, an empty body or the page of its status', () => {
  const back = (status: number, text?: Template): RulesResult =>
    run('/', [{ kind: 'return', status, ...(text === undefined ? {} : { text }) }]).result;
  assert.deepEqual(back(308, ['https://', variable('host'), variable('request_uri')]), {
    status: 308,
    location: 'https://a.example/',
  });
  assert.deepEqual(back(200, ['hé ', variable('scheme')]), {
    status: 200,
    body: 'h\xc3\xa9 https',
    type: 'text/plain',
  });
  assert.deepEqual(back(204), { status: 204, body: '', type: 'text/plain' });
  assert.deepEqual(back(404), { status: 404 });
});

test('conditions hold as nginx has them', () => {
  const when = (condition: (RuleModel & { kind: 'if' })['condition']): boolean =>
    run('/p?a=1&zero=0', [
      { kind: 'if', condition, rules: [{ kind: 'set', variable: 'x', value: ['yes'] }] },
    ]).value === 'yes';
  assert.ok(when({ kind: 'variable', variable: 'arg_a' }));
  assert.ok(!when({ kind: 'variable', variable: 'arg_zero' }));
  assert.ok(!when({ kind: 'variable', variable: 'arg_none' }));
  const value: Template = ['1'];
  assert.ok(when({ kind: 'equals', variable: 'arg_a', value, negated: false }));
  assert.ok(when({ kind: 'equals', variable: 'arg_zero', value, negated: true }));
  assert.ok(when({ kind: 'matches', variable: 'uri', regex: /^\/P/i, negated: false }));
  assert.ok(!when({ kind: 'matches', variable: 'uri', regex: /^\/P/i, negated: true }));
  const path: Template = [import.meta.dirname];
  assert.ok(when({ kind: 'file', test: 'folder', path, negated: false }));
  assert.ok(when({ kind: 'file', test: 'file', path, negated: true }));
  assert.ok(when({ kind: 'file', test: 'any', path: ['/no/such'], negated: true }));
});

test('a condition’s captures and named groups are variables of what follows', () => {
  const rules: RuleModel[] = [
    {
      kind: 'if',
      condition: {
        kind: 'matches',
        variable: 'http_host',
        regex: /^(?<first>\w)\.(.*)$/,
        negated: false,
      },
      rules: [{ kind: 'set', variable: 'x', value: [variable('first'), '-', variable('2')] }],
    },
  ];
  assert.equal(run('/', rules).value, 'a-example');
});
