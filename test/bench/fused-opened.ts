// Every service in this process, with its query asked beside the edge: what a protocol adds is measured against that.
//
//   GET  /addresses   {"url", "grpcAddress"} of the edge
//   POST /first       a search, as JSON: {"ms"} to query's first message with an offer, answered when the search is over; without one 500
import { createServer } from 'node:http';
import { SearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { startFused } from '../../services/entrepot/fused.ts';

const boundless = {
  adaptive: false,
  maxCalls: Number.POSITIVE_INFINITY,
  maxStreams: Number.POSITIVE_INFINITY,
  maxLoopDelayMs: Number.POSITIVE_INFINITY,
};
const { edgeUrl, grpcAddress, query, close } = await startFused({
  port: 0,
  grpcAddress: '127.0.0.1:0',
  inMemory: true,
  twin: false,
  admission: boundless,
});

/** Throws where there was no offer, with how partners ended. */
async function first(json: string): Promise<number> {
  const request = SearchRequest.fromJSON(JSON.parse(json));
  const from = performance.now();
  let ms = Number.NaN;
  const outcomes: unknown[] = [];
  for await (const { update } of query.search(request, { timeoutMs: 8_000 })) {
    outcomes.push(...(update?.outcomes ?? []));
    if (Number.isNaN(ms) && (update?.upserts.length ?? 0) > 0) ms = performance.now() - from;
  }
  if (Number.isNaN(ms)) throw new Error(`No offer was found: ${JSON.stringify(outcomes)}`);
  return ms;
}

const control = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  try {
    const answer = request.url === '/addresses' ? { url: edgeUrl, grpcAddress } : { ms: await first(text) };
    response.end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
process.once('SIGTERM', async () => {
  await close();
  process.exit(0);
});
