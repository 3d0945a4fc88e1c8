import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Twin } from './server.ts';
import { startTestTwin, testConfig } from './testing.ts';

/** A twin with sellers of goods, rides and pushed rooms, two of most, overlapping; no delays, no faults. */
export function startPartners(
  more: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<{ twin: Twin; clock: { now: number } }> {
  const sellers: Record<string, Record<string, unknown>> = {
    ebay: { format: 'ebay-browse', currency: 'USD', coverage: 0.9, tokenSeconds: 3600 },
    'ebay-uk': { format: 'ebay-browse', currency: 'GBP', coverage: 0.7 },
    feed: { format: 'google-merchant', currency: 'USD', coverage: 0.8, items: 800 },
    'feed-uk': { format: 'google-merchant', currency: 'GBP', coverage: 0.7, items: 800, username: 'fetcher' },
    shop: { format: 'shopify-webhook', currency: 'EUR', coverage: 0.8, items: 300, push: { attempts: 4, retryMs: 5 } },
    alpine: {
      format: 'alpinebits',
      currency: 'EUR',
      coverage: 0.9,
      destinations: ['INN'],
      push: { attempts: 3, retryMs: 5 },
    },
    bedbank: { format: 'hotelbeds', currency: 'EUR', coverage: 0.9, maxOffers: 100 },
    uber: { format: 'uber', currency: 'USD', coverage: 1 },
    karhoo: { format: 'karhoo', currency: 'GBP', coverage: 1, lifetimeSeconds: 300, quoteSeconds: 10 },
    'karhoo-two': { format: 'karhoo', currency: 'GBP', coverage: 0.7, lifetimeSeconds: 300, quoteSeconds: 10 },
  };
  for (const [name, keys] of Object.entries(more)) sellers[name] = { ...sellers[name], ...keys };
  return startTestTwin(testConfig({ sellers }));
}

/** An answer with its JSON. */
export interface HeardJson<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Asks a seller and reads JSON. */
export async function askJson<T>(url: string, init: RequestInit = {}): Promise<HeardJson<T>> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

/** A request that was pushed. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a pretend platform answers. */
export interface Reply {
  readonly status: number;
  readonly body?: string;
}

/** A platform that takes pushes: what came, and answers as told; 200 without a body otherwise. */
export async function startPlatform(
  answer: (received: Received, count: number) => Reply = () => ({ status: 200 }),
): Promise<{ readonly url: string; readonly received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    received.push(one);
    const { status, body = '' } = answer(one, received.length);
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Every field of the one that the other lacks, or has with other kinds of values; null counts as any kind. */
export function differences(
  theirs: ReadonlyMap<string, ReadonlySet<string>>,
  ours: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const found: string[] = [];
  for (const [field, kinds] of theirs) {
    const mine = ours.get(field);
    // A null in the sample says nothing of the kind: an object or a list there has fields below it.
    const below = [...ours.keys()].some((each) => each.startsWith(`${field}.`) || each.startsWith(`${field}[`));
    if (mine === undefined) {
      if (!(below && kinds.has('null'))) found.push(`${field} is missing`);
    } else {
      for (const kind of kinds) {
        if (kind !== 'null' && !mine.has(kind) && !(mine.size === 1 && mine.has('null')))
          found.push(`${field} is ${[...mine]}, not ${kind}`);
      }
    }
  }
  return found;
}
