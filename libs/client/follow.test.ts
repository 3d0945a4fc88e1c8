import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EntrepotClient } from './client.ts';
import type { SearchUpdate } from './gen/types.ts';
import type { ClientOptions, Lost } from './options.ts';
import type { EntrepotProblem } from './problem.ts';
import { type Answer, json, linesOf, standingTime, startEdge, stream } from './testing/edge.ts';
import { updatesByChance } from './testing/updates.ts';
import { SearchFold, type SearchView } from './view.ts';

const request = { flight: { origin: 'LHR', destination: 'JFK' }, currency: 'GBP', market: 'GB' };
const two: readonly SearchUpdate[] = [
  { searchId: 's', cursor: '1', upserts: [{ offerId: 'a' }], page: { offerIds: ['a'] } },
  { searchId: 's', cursor: '2', upserts: [{ offerId: 'b' }], page: { offerIds: ['a', 'b'] }, complete: true },
];

function clientOf(url: string, options: Partial<ClientOptions> = {}, time = standingTime(5_000)): EntrepotClient {
  return new EntrepotClient({ url, ...options }, time);
}

async function lastOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  let last: Item | undefined;
  for await (const item of items) last = item;
  return last;
}

function shown({ changed, ...view }: SearchView): unknown {
  return view;
}

/** What the iteration is refused with. */
async function problemOf(work: Promise<unknown>): Promise<EntrepotProblem> {
  return work.then(
    () => {
      throw new Error('It was not refused.');
    },
    (problem: EntrepotProblem) => problem,
  );
}

it('ends in the view of an uninterrupted search, wherever connections are cut', async () => {
  let updates: readonly SearchUpdate[] = [];
  let cuts: number[] = [];
  const edge = await startEdge((arrived, response) => stream(arrived, response, updates, cuts.shift()));
  const entrepot = clientOf(edge.url, { reconnects: 20 });
  const cut = fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 1_500 }));
  await fc.assert(
    fc.asyncProperty(updatesByChance, fc.array(cut, { maxLength: 10 }), async (all, cutAt) => {
      updates = all;
      cuts = [...cutAt];
      const view = await lastOf(entrepot.search(request));
      expect(view && shown(view)).toEqual(shown(new SearchFold().apply(...all)));
    }),
    { numRuns: 80, endOnFailure: true },
  );
});

it('resumes behind the last whole update, by the cursor alone', async () => {
  const cuts = [JSON.stringify({ update: two[0] }).length + 10];
  const edge = await startEdge((arrived, response) => stream(arrived, response, two, cuts.shift()));
  await lastOf(clientOf(edge.url).search(request));
  expect(edge.requests.map(({ method, path, query }) => `${method} ${path}?${query}`)).toEqual([
    'POST /v1/searches?',
    'GET /v1/searches/s/updates?cursor=1',
  ]);
});

it('resumes following by the same look', async () => {
  const cuts = [JSON.stringify({ update: two[0] }).length + 10];
  const edge = await startEdge((arrived, response) => stream(arrived, response, two, cuts.shift()));
  await lastOf(clientOf(edge.url).watch('s', { screen: 'SCREEN_ALL', options: { orderBy: 'stops' } }));
  expect(edge.requests.map(({ query }) => Object.fromEntries(query))).toEqual([
    { screen: 'SCREEN_ALL', 'options.orderBy': 'stops' },
    { screen: 'SCREEN_ALL', 'options.orderBy': 'stops', cursor: '1' },
  ]);
});

it('shows that it reconnects, and tells whoever asks', async () => {
  const cuts = [JSON.stringify({ update: two[0] }).length + 10];
  const edge = await startEdge((arrived, response) => stream(arrived, response, two, cuts.shift()));
  const told: Lost[] = [];
  const seen: string[] = [];
  for await (const { connection, offers } of clientOf(edge.url).search(request, {
    onReconnect: (lost) => told.push(lost),
  })) {
    seen.push(`${connection}: ${offers.length}`);
  }
  expect(seen).toEqual(['open: 1', 'reconnecting: 1', 'open: 2']);
  expect(told).toMatchObject([{ attempt: 1, delayMs: 250, cause: { reason: 'UNREACHABLE' } }]);
});

it('no longer reconnects once it is told that all had arrived', async () => {
  const cuts = [linesOf(two).length - 3];
  const edge = await startEdge((arrived, response) => stream(arrived, response, two, cuts.shift()));
  const seen: string[] = [];
  for await (const { connection } of clientOf(edge.url).search(request)) seen.push(connection);
  expect(edge.requests.at(-1)?.query.get('cursor')).toBe('2');
  expect(seen).toEqual(['open', 'reconnecting', 'open']);
});

it('waits longer before each attempt in a row, and gives up after as many as it is told', async () => {
  const edge = await startEdge((_, response) => response.destroy());
  const time = standingTime(5_000);
  const problem = await problemOf(lastOf(clientOf(edge.url, { reconnects: 6 }, time).search(request)));
  expect(problem.reason).toBe('UNREACHABLE');
  expect(edge.requests).toHaveLength(7);
  expect(time.waits.filter((ms) => ms <= 5_000)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
});

it('does not come back when the deadline would be over', async () => {
  const edge = await startEdge((_, response) => response.destroy());
  const problem = await problemOf(lastOf(clientOf(edge.url, { timeoutMs: 900 }, standingTime(800)).search(request)));
  expect(problem.reason).toBe('UNREACHABLE');
  expect(edge.requests).toHaveLength(3);
});

it('comes back when the edge says, after a refusal that says so', async () => {
  const refusals = [{ reason: 'OVERLOADED', retryAfterMs: 3_000 }];
  const edge = await startEdge((arrived, response) => {
    const refusal = refusals.shift();
    if (refusal === undefined) stream(arrived, response, two);
    else json(response, refusal, 429);
  });
  const time = standingTime(5_000);
  const view = await lastOf(clientOf(edge.url, {}, time).search(request));
  expect(view?.complete).toBe(true);
  expect(time.waits).toContain(3_000);
});

it('throws what breaks the stream off by a problem, after what came before it', async () => {
  const lines = [{ update: two[0] }, { problem: { reason: 'INTERNAL', detail: 'A defect.', requestId: 'r-1' } }];
  const edge = await startEdge((_, response) => {
    response.writeHead(200).end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  const seen: SearchView[] = [];
  const read = async (): Promise<void> => {
    for await (const view of clientOf(edge.url).search(request)) seen.push(view);
  };
  expect(await problemOf(read())).toMatchObject({ reason: 'INTERNAL', message: 'A defect.', requestId: 'r-1' });
  expect(seen.map(({ offers }) => offers.length)).toEqual([1]);
});

it('throws a refusal as the problem that it is, without a second try', async () => {
  const violations = [{ field: 'currency', description: 'Say one.' }];
  const edge = await startEdge((_, response) => json(response, { reason: 'INVALID_FIELD', violations }, 400));
  const problem = await problemOf(lastOf(clientOf(edge.url).search(request)));
  expect(problem).toMatchObject({ name: 'EntrepotProblem', reason: 'INVALID_FIELD', status: 400, violations });
  expect(edge.requests).toHaveLength(1);
});

/** Sends the first update and then nothing more. */
const half: Answer = (_, response) => {
  response.writeHead(200).write(`${JSON.stringify({ update: two[0] })}\n`);
};

it('closes the connection when the loop is left', async () => {
  const edge = await startEdge(half);
  for await (const _ of clientOf(edge.url).search(request)) break;
  await edge.requests[0]?.closed;
});

it('closes the connection when the signal says so, and throws its reason', async () => {
  const edge = await startEdge(half);
  const stop = new AbortController();
  const reason = new Error('The shopper went away.');
  const read = async (): Promise<void> => {
    for await (const _ of clientOf(edge.url).search(request, { signal: stop.signal })) stop.abort(reason);
  };
  expect(await problemOf(read())).toBe(reason);
  await edge.requests[0]?.closed;
});

it('stops at once while it waits to reconnect', async () => {
  const edge = await startEdge((_, response) => response.destroy());
  const stop = new AbortController();
  const views = clientOf(edge.url, {}, standingTime()).search(request, { signal: stop.signal });
  expect((await views.next()).value?.connection).toBe('reconnecting');
  const next = problemOf(views.next());
  stop.abort(new Error('Enough.'));
  expect((await next).message).toBe('Enough.');
});

it('tells the edge its deadline, and ends a search that is not done by then', async () => {
  const edge = await startEdge(half);
  const time = standingTime();
  const views = clientOf(edge.url, { timeoutMs: 3_000 }, time).search(request);
  await views.next();
  expect(edge.requests[0]?.headers['entrepot-timeout-ms']).toBe('3000');
  const next = problemOf(views.next());
  time.pass(4_000);
  expect(await next).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  await edge.requests[0]?.closed;
});

it('ends quietly at the deadline of a search that is complete', async () => {
  const edge = await startEdge((_, response) => {
    response.writeHead(200).write(`${JSON.stringify({ update: { ...two[0], complete: true } })}\n`);
  });
  const time = standingTime();
  const views = clientOf(edge.url, { timeoutMs: 3_000 }, time).search(request);
  await views.next();
  const next = views.next();
  time.pass(4_000);
  expect(await next).toEqual({ done: true, value: undefined });
});

it('follows without a deadline, beyond the one of the edge', async () => {
  const answers: Answer[] = [
    (_, response) => json(response, { reason: 'DEADLINE_EXCEEDED' }, 504),
    (arrived, response) => stream(arrived, response, two),
  ];
  const edge = await startEdge((arrived, response) => answers.shift()?.(arrived, response));
  const view = await lastOf(clientOf(edge.url).watch('s'));
  expect(view?.complete).toBe(true);
  expect(edge.requests[0]?.headers['entrepot-timeout-ms']).toBeUndefined();
});

it('takes a stream that says nothing for too long for a lost one', async () => {
  const answers: Answer[] = [half, (arrived, response) => stream(arrived, response, two)];
  const edge = await startEdge((arrived, response) => answers.shift()?.(arrived, response));
  const time = standingTime(5_000);
  const views = clientOf(edge.url, {}, time).search(request);
  await views.next();
  const next = views.next();
  time.pass(45_000);
  expect((await next).value?.connection).toBe('reconnecting');
  expect((await lastOf(views))?.complete).toBe(true);
  await edge.requests[0]?.closed;
});

it('gives all that arrived together as one view', async () => {
  const edge = await startEdge((arrived, response) => stream(arrived, response, two));
  const views: SearchView[] = [];
  for await (const view of clientOf(edge.url).search(request)) views.push(view);
  expect(views.map(({ changed, offers }) => [changed.upserted, offers.length])).toEqual([[['a', 'b'], 2]]);
});

it('does not read ahead of a reader that is slow, so that the edge can merge what it misses', async () => {
  const piece = `${' '.repeat(1_023)}\n`.repeat(1_024);
  const stalled = Promise.withResolvers<void>();
  let written = 0;
  const edge = await startEdge((_, response) => {
    response.writeHead(200).write(`${JSON.stringify({ update: two[0] })}\n`);
    // More than any buffer on the way holds: it is only read to the end by who reads.
    const write = (): void => {
      while (written++ < 64) {
        if (response.write(piece)) continue;
        response.once('drain', write);
        if (written > 1) stalled.resolve();
        return;
      }
      response.end(linesOf(two.slice(1)));
    };
    write();
  });
  const views = clientOf(edge.url).search(request);
  await views.next();
  await stalled.promise;
  expect(written).toBeLessThan(64);
  expect((await lastOf(views))?.complete).toBe(true);
});
