import { afterAll, beforeAll, expect, it } from 'vitest';
import { liveBytes } from '../../../libs/telemetry/live-bytes.ts';
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
  const before = liveBytes();
  let most = 0;
  let measured = 0;
  let bytes = 0;
  let items = 0;
  const response = await fetch(`${twin.url}/big/feed.xml`);
  for await (const chunk of response.body!) {
    bytes += chunk.length;
    items += Buffer.from(chunk).toString('latin1').split('<item>').length - 1;
    if (bytes - measured >= 20_000_000) {
      measured = bytes;
      most = Math.max(most, liveBytes() - before);
    }
  }
  expect(bytes).toBeGreaterThan(200_000_000);
  expect(items).toBeGreaterThan(150_000);
  // Client and server are in this process: what both hold at once is far from what was sent.
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(60_000_000);
}, 120_000);
