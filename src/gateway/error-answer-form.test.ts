import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptedForm } from './error-answer-form.ts';

test('who names a form gets it, the better liked one first, and whoever takes anything gets text', () => {
  const cases: [accept: string | undefined, form: string][] = [
    // Chromium, Firefox, an image in a page, axios, fetch, curl.
    [
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
      'text/html',
    ],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['image/avif,image/webp,image/png,*/*;q=0.8', 'text/plain'],
    ['application/json, text/plain, */*', 'application/json'],
    ['*/*', 'text/plain'],
    [undefined, 'text/plain'],
    ['', 'text/plain'],
    ['text/html, application/json', 'text/html'],
    ['application/json, text/html', 'application/json'],
    ['text/html;q=0.8, application/json', 'application/json'],
    ['application/json;q=0.2, text/html;q=0.3', 'text/html'],
    ['application/json; Q=0.5; charset=utf-8, text/plain ; q=0.4', 'application/json'],
    ['TEXT/HTML', 'text/html'],
    ['application/problem+json', 'application/json'],
    ['application/vnd.docker.distribution.manifest.v2+json', 'application/json'],
    ['application/*', 'application/json'],
    ['text/*', 'text/plain'],
    ['text/*;q=0.5, text/html', 'text/html'],
    // What is not wanted at all, even though a wider range would hold it.
    ['text/html;q=0, text/*', 'text/plain'],
    ['text/plain;q=0, */*', 'application/json'],
    ['text/event-stream', 'text/plain'],
    ['*/*;q=0', 'text/plain'],
    ['text/htmlx', 'text/plain'],
    ['text/html;q=nonsense', 'text/html'],
  ];
  for (const [accept, form] of cases) assert.equal(acceptedForm(accept), form, accept);
});

test('any field is answered in some form', () => {
  const forms = ['text/html', 'application/json', 'text/plain'];
  fc.assert(fc.property(fc.string(), (accept) => forms.includes(acceptedForm(accept))));
});
