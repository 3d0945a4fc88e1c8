// The floor: what the job costs without contracts, by hand. Asks the partners with undici, parses, merges, sorts by
// price, and writes everything. It converts nothing, explains nothing and holds nothing; it is kept as fast as it can be
// for what it does, so that a ratio to it means something.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [partnerUrl = '', count = '10', format = 'compact'] = process.argv.slice(2);
const pool = new Pool(partnerUrl, { connections: 256, pipelining: 1 });
const paths = Array.from({ length: Number(count) }, (_, partner) =>
  format === 'duffel' ? `/duffel/${partner}/air/offer_requests` : `/compact/${partner}/search`,
);

interface Priced {
  readonly price?: string;
  readonly total_amount?: string;
}

async function ask(path: string): Promise<readonly Priced[]> {
  const { body } =
    format === 'duffel'
      ? await pool.request({
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"data":{}}',
        })
      : await pool.request({ path, method: 'GET' });
  const answer = JSON.parse(await body.text()) as { offers?: Priced[]; data?: { offers: Priced[] } };
  return answer.offers ?? answer.data?.offers ?? [];
}

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', async () => {
    JSON.parse(text);
    const offers = (await Promise.all(paths.map(ask))).flat();
    const order = offers
      .map((offer) => ({ price: Number(offer.price ?? offer.total_amount), offer }))
      .sort((a, b) => a.price - b.price);
    const body = JSON.stringify({ offers: order.map(({ offer }) => offer) });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});
