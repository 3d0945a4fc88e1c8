import { afterEach, describe, expect, it } from 'vitest';
import { createTwin } from './server.ts';
import { testConfig, testNow } from './testing.ts';
import { startPlatform } from './testing-partners.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(push: object, ingressUrl: () => string | undefined) {
  const shop = { format: 'shopify-webhook', currency: 'EUR', coverage: 1, items: 12, push };
  const twin = await createTwin({ config: testConfig({ sellers: { shop } }), now: () => testNow, ingressUrl });
  closers.push(() => twin.close());
  return twin;
}

async function platform() {
  const started = await startPlatform();
  closers.push(() => started.close());
  const { port } = new URL(started.url);
  return { ingress: `http://127.0.0.1:${port}`, received: started.received };
}

const topics = (received: readonly { readonly headers: Readonly<Record<string, unknown>> }[]) =>
  received.map(({ headers }) => headers['x-shopify-topic']);

describe('a seller with an account', () => {
  it('calls its path at the ingress, and waits for one that is not there yet without losing a message', async () => {
    const { ingress, received } = await platform();
    let looks = 0;
    const push = { account: 'quay', intervalSeconds: 3600, attempts: 6, retryMs: 2 };
    await start(push, () => (++looks > 3 ? ingress : undefined));
    await expect.poll(() => topics(received).at(-1)).toBe('product_feeds/full_sync_finish');
    expect(new Set(received.map(({ url }) => url))).toEqual(new Set(['/push/quay']));
    const { fullSync } = JSON.parse(received.at(-1)!.body.toString()) as { fullSync: { count: number } };
    expect(received).toHaveLength(fullSync.count + 1);
    expect(looks).toBe(received.length + 3);
  });

  it('begins anew with everything where nobody ever answered, and tells changes only after that', async () => {
    const { ingress, received } = await platform();
    let there = false;
    let looks = 0;
    await start({ account: 'quay', intervalSeconds: 0.05, attempts: 2, retryMs: 1 }, () => {
      looks++;
      return there ? ingress : undefined;
    });
    await expect.poll(() => looks).toBeGreaterThan(4);
    expect(received).toEqual([]);
    there = true;
    await expect.poll(() => topics(received).includes('product_feeds/full_sync_finish')).toBe(true);
    await expect.poll(() => topics(received).at(-1)).toMatch(/^(products|inventory_levels)\//);
    const [first] = topics(received);
    expect(first).toBe('product_feeds/full_sync');
  });

  it('without one, and without a target, calls nobody', async () => {
    const twin = await start({}, () => 'http://127.0.0.1:1');
    await expect(twin.push('shop')).rejects.toThrow('has no target');
  });
});
