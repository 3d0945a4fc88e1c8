import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, bench, collect, shapes, streamOf } from './test-service.ts';

it('halts a gRPC handler whose reader is slow', async () => {
  const at = bench('gRPC');
  let made = 0;
  const text = 'x'.repeat(64 * 1024);
  const client = (
    await at.serve({
      async *count() {
        for (;;) yield { text, count: made++ };
      },
    })
  ).connect();
  const answers = client.count({ text: 'x', count: 0 });
  await answers.next();
  let before = -1;
  while (made !== before) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // Both windows of 2 MiB and the buffers between them, not the 100 MiB of a reader that never says stop.
  expect(made * text.length).toBeLessThan(32 * 1024 * 1024);
  await answers.return?.();
  await at.close();
});

describe.each(shapes)('calls over %s', (shape) => {
  let at: Bench;
  beforeEach(() => {
    at = bench(shape);
  });
  afterEach(() => at.close());

  it('answers all four kinds of RPC', async () => {
    const client = (await at.serve()).connect();
    expect(await client.say({ text: 'hello', count: 1 })).toEqual({ text: 'hello', count: 1 });
    expect(await collect(client.count({ text: 'n', count: 3 }))).toEqual(
      [0, 1, 2].map((count) => ({ text: 'n', count })),
    );
    const notes = [1, 2, 3].map((count) => ({ text: 'x', count }));
    expect(await client.sum(streamOf(...notes))).toEqual({ text: 'sum', count: 6 });
    expect((await collect(client.chat(streamOf(...notes)))).map((note) => note.text)).toEqual([
      're: x',
      're: x',
      're: x',
    ]);
  });

  it('answers many calls at once, each with its own', async () => {
    const client = (await at.serve()).connect();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, count) => client.say({ text: 'n', count })));
    expect(answers.map((note) => note.count)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});
