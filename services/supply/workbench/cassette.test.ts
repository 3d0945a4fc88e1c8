import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { HttpRequest } from '../http.ts';
import { answersOf, type Cassette, cassetteText, loadCassette, Replay } from './cassette.ts';

const directory = mkdtempSync(join(tmpdir(), 'entrepot-cassette-'));
afterAll(() => rmSync(directory, { recursive: true }));

const request: HttpRequest = {
  origin: 'http://x.test',
  path: '/a?b=1',
  method: 'GET',
  headers: {},
  deadline: 0,
  signal: new AbortController().signal,
  maxBodyBytes: 1_000,
};

it('is read as it was written, whatever stands in its bodies', () => {
  const cassette: Cassette = {
    recordedAt: '2027-01-11T09:00:05.000Z',
    asked: { criteria: { flight: { origin: 'LIS' } }, market: 'GB', currency: 'EUR' },
    exchanges: [
      {
        request: { method: 'POST', path: '/x', headers: { a: 'b' }, body: `{"q": "\${HOME} $\${x}: yes"}\n\n` },
        answer: { status: 200, headers: { 'content-type': 'text/xml' }, body: '<a>\r\n\ttext </a>' },
      },
      { answer: { status: 503, bodyBase64: Buffer.from([0, 255, 254]).toString('base64') } },
    ],
  };
  const file = join(directory, 'one.yaml');
  writeFileSync(file, cassetteText(cassette));
  expect(loadCassette(file)).toEqual(cassette);
  const [first, second] = answersOf(cassette.exchanges, directory);
  expect(first?.body.toString()).toBe('<a>\r\n\ttext </a>');
  expect(second?.body).toEqual(Buffer.from([0, 255, 254]));
});

it('answers in order, keeps the limit of a body, and says so when it has no more', async () => {
  writeFileSync(join(directory, 'body.json'), 'x'.repeat(2_000));
  const replay = new Replay(
    answersOf(
      [{ answer: { status: 200, body: 'one' } }, { answer: { status: 200, bodyFile: 'body.json' } }],
      directory,
    ),
  );
  expect((await replay.send(request)).body.toString()).toBe('one');
  await expect(replay.send(request)).rejects.toMatchObject({ failure: FailureKind.TOO_LARGE });
  await expect(replay.send(request)).rejects.toMatchObject({
    failure: FailureKind.CONNECTION,
    detail: 'the cassette has 2 answers, and this is request 3: GET /a',
  });
});

it('with a mistake is refused with its place', () => {
  const file = join(directory, 'wrong.yaml');
  writeFileSync(file, 'exchanges:\n  - answer: { status: 99 }\n');
  expect(() => loadCassette(file)).toThrow(/wrong\.yaml:2:/);
});
