// Sends searches and waits for their whole answers.
import { Client, Pool } from 'undici';

/** A search as the benchmark asks for it. */
export function searchBody(date: string, partners?: readonly string[]): string {
  return JSON.stringify({
    flight: { origin: 'LHR', destination: 'JFK', departureDate: date, adults: 1 },
    currency: 'GBP',
    market: 'GB',
    pageSize: 20,
    orderBy: 'price',
    ...(partners !== undefined && { partners }),
  });
}

/** What a search must have brought to count. */
export type Check = (answer: string) => void;

/** Sends `count` searches, `concurrency` at a time, one JSON document each. Throws when an answer is not a full one. */
export async function runSearches(
  url: string,
  body: string,
  count: number,
  concurrency: number,
  check: Check,
): Promise<void> {
  const pool = new Pool(url, { connections: concurrency, pipelining: 1 });
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const response = await pool.request({
        path: '/v1/searches',
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${text.slice(0, 500)}`);
      check(text);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await pool.close();
}

/** When the first offers and the end of one streamed search arrived, by this machine's monotonic clock. */
export async function streamSearch(
  url: string,
  body: string,
): Promise<{ readonly first: number; readonly complete: number }> {
  const client = new Client(url);
  const response = await client.request({
    path: '/v1/searches',
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body,
  });
  let first = 0;
  let complete = 0;
  let rest = '';
  for await (const chunk of response.body) {
    const at = performance.timeOrigin + performance.now();
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      const { update } = JSON.parse(line) as { update?: { upserts?: unknown[]; complete?: boolean } };
      if (first === 0 && (update?.upserts?.length ?? 0) > 0) first = at;
      if (complete === 0 && update?.complete === true) complete = at;
    }
  }
  await client.close();
  if (first === 0 || complete === 0) throw new Error('The stream ended without offers or without completing.');
  return { first, complete };
}
