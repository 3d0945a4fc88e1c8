import { expect, it } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../http.ts';
import { recordOf } from './record.ts';
import type { Asked } from './search.ts';

const asked: Asked = { criteria: { vertical: undefined }, market: 'GB', currency: 'EUR', locale: 'en', now: 0 };

function request(path: string, headers: Record<string, string>): HttpRequest {
  const bounds = { deadline: 0, signal: new AbortController().signal, maxBodyBytes: 1_000 };
  return { origin: 'http://x.test', path, method: 'GET', headers, ...bounds };
}

function answer(body: unknown): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

it('says what was asked below the endpoint, and lays bodies out for readers', () => {
  const rows = Array.from({ length: 3 }, (_, at) => ({ id: `offer-${at}`, note: 'x'.repeat(40) }));
  const exchanged = [{ request: request('/twin/acme/offers?page=1', {}), answer: answer({ rows }) }];
  const [one] = recordOf(asked, exchanged, [], '/twin/acme').exchanges;
  expect(one?.request?.path).toBe('/offers?page=1');
  expect(one?.answer.body?.split('\n')).toHaveLength(7);
  expect(JSON.parse(one?.answer.body ?? '')).toEqual({ rows });
});

it('has no token that the partner gave, whatever its name and wherever it stands', () => {
  const exchanged = [
    { request: request('/login', {}), answer: answer({ session: { id: 'tk-51c0ffee' }, quota: 'tk' }) },
    {
      request: request('/offers', { authorization: 'Bearer tk-51c0ffee' }),
      answer: answer({ next: '/p/tk-51c0ffee/2' }),
    },
    { request: request('/p/tk-51c0ffee/2', { 'x-session': 'tk-51c0ffee' }), answer: answer({ offers: [] }) },
  ];
  const cassette = recordOf(asked, exchanged, []);
  expect(JSON.stringify(cassette)).not.toContain('51c0ffee');
  expect(cassette.exchanges.map(({ answer: { body } }) => body)).toEqual([
    '{"session":{"id":"redacted"},"quota":"tk"}',
    '{"next":"/p/redacted/2"}',
    '{"offers":[]}',
  ]);
});

it('has nothing that authenticates, whatever it is called, and the headers that are read', () => {
  const by = { headers: ['x-bw-sign'], query: ['sg'], fields: ['pin'] };
  const signature = '9f86d081884c7d659a2feaa0c55ad015';
  const sent = request(`/offers?sg=${signature}&date=2027-01-11&who=ada%40x.example`, {
    'x-bw-sign': 'short',
    'x-date': '1',
  });
  const said = answer({ quoted: signature, pin: 1234567, next: '/p?mail=ada%40x.example&tag=100%25ada%40x.example' });
  const told = { ...said, headers: { ...said.headers, 'x-left': '7', 'x-other': 'no', 'set-cookie': 'sid=1' } };
  const cassette = recordOf(asked, [{ request: { ...sent, body: '{"pin":"4711"}' }, answer: told }], [], '', {
    authenticatedBy: by,
    answerHeaders: ['set-cookie', 'x-left'],
  });
  expect(cassette.exchanges).toEqual([
    {
      request: {
        method: 'GET',
        path: '/offers?sg=redacted&date=2027-01-11&who=person-1%40redacted.example',
        headers: { 'x-bw-sign': 'redacted', 'x-date': '1' },
        body: '{"pin":"redacted"}',
      },
      answer: {
        status: 200,
        headers: { 'content-type': 'application/json', 'x-left': '7', 'set-cookie': 'redacted' },
        body: expect.any(String),
      },
    },
  ]);
  expect(JSON.parse(cassette.exchanges[0]?.answer.body ?? '')).toEqual({
    quoted: 'redacted',
    pin: 1234567,
    next: '/p?mail=person-1%40redacted.example&tag=100%25person-1%40redacted.example',
  });
});
