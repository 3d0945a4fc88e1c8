import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { startPartners } from '../testing-partners.ts';

let twin: Twin;
beforeAll(async () => {
  ({ twin } = await startPartners({
    big: { format: 'google-merchant', currency: 'EUR', coverage: 1, items: 172_000 },
  }));
});
afterAll(() => twin.close());

it('a feed of 200 MB is sent as it is made, in memory that does not grow with it', async () => {
  const held = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  const before = held();
  let most = 0;
  let bytes = 0;
  let items = 0;
  const response = await fetch(`${twin.url}/big/feed.xml`);
  for await (const chunk of response.body!) {
    bytes += chunk.length;
    items += Buffer.from(chunk).toString('latin1').split('<item>').length - 1;
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  expect(bytes).toBeGreaterThan(200_000_000);
  expect(items).toBeGreaterThan(150_000);
  // Client and server are in this process: what both hold at once is far from what was sent.
  expect(most).toBeLessThan(140_000_000);
}, 120_000);
