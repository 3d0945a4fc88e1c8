// Sends searches at their times whatever becomes of the ones before, as clients do that know nothing of each other:
// Poisson arrivals, one connection a request under way. A process of its own, so that it can have a core of its own.
//
//   node open-loop.ts '{"url": …, "bodies": […], "clients": […], "deadlineMs": …, "seed": …, "phases": [{"rate": 50, "seconds": 4}, …]}'
//
// Prints one line: a JSON list of what became of each search, in the order of their times.
import { Agent, request } from 'node:http';

/** Load at one rate. */
export interface Phase {
  /** Searches a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** What is sent. */
export interface Load {
  readonly url: string;
  /** Default /v1/searches. */
  readonly path?: string;
  /** What a full answer has in it. Default: that the search is complete. */
  readonly full?: string;
  /** In turn: searches that are equal at the same time would be one search. "{n}" in one is the number of the request. */
  readonly bodies: readonly string[];
  /** Who sends them, at random, each so often. */
  readonly clients: readonly { readonly name: string; readonly share: number }[];
  /** After so long the client has no use for an answer, and leaves. */
  readonly deadlineMs: number;
  readonly seed: number;
  readonly phases: readonly Phase[];
}

/** What became of one search. */
export interface Sent {
  /** When it was due, in milliseconds from the start. */
  readonly at: number;
  /** From when it was due to the whole answer. */
  readonly ms: number;
  readonly client: string;
  /** Every partner's offers in time; some or none of them; refused; no answer by the deadline. */
  readonly end: 'full' | 'partial' | 'shed' | 'late';
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 2_000 });

/** Evenly spread numbers from 0 to 1 (mulberry32): the same load for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The times of all searches. */
function arrivals({ phases, seed }: Load): number[] {
  const next = random(seed);
  const times: number[] = [];
  let from = 0;
  for (const { rate, seconds } of phases) {
    const until = from + seconds * 1_000;
    for (let at = from - (Math.log(1 - next()) / rate) * 1_000; at < until; ) {
      times.push(at);
      at -= (Math.log(1 - next()) / rate) * 1_000;
    }
    from = until;
  }
  return times;
}

function send(load: Load, body: string, client: string, due: number): Promise<Pick<Sent, 'ms' | 'end'>> {
  const { promise, resolve } = Promise.withResolvers<Pick<Sent, 'ms' | 'end'>>();
  const since = (): number => performance.now() - due;
  const call = request(`${load.url}${load.path ?? '/v1/searches'}`, {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'entrepot-client': client,
      'entrepot-timeout-ms': String(load.deadlineMs),
    },
  });
  const left = setTimeout(() => call.destroy(new Error('late')), Math.max(1, load.deadlineMs - since()));
  const over = (end: Sent['end']): void => {
    clearTimeout(left);
    resolve({ ms: since(), end });
  };
  call.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', () => over('late'));
    response.on('end', () => {
      if (response.statusCode === 429) return over('shed');
      const text = Buffer.concat(chunks).toString('latin1');
      // What a server says that could not do it in time, for want of prices or of partners.
      if (response.statusCode === 503 || response.statusCode === 504) return over('partial');
      if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${text.slice(0, 500)}`);
      const failed = /"status":"OUTCOME_STATUS_(?!OK)/.test(text);
      over(
        failed || !text.includes(load.full ?? '"complete":true')
          ? 'partial'
          : since() <= load.deadlineMs
            ? 'full'
            : 'late',
      );
    });
  });
  call.on('error', (error) => {
    if (error.message !== 'late' && !('code' in error && error.code === 'ECONNRESET')) throw error;
    over('late');
  });
  // However a connection ends, it has ended.
  call.on('close', () => over('late'));
  call.end(body);
  return promise;
}

function clientAt({ clients }: Load, at: number): string {
  let left = at;
  for (const { name, share } of clients) {
    if (left < share) return name;
    left -= share;
  }
  return clients.at(-1)?.name ?? '';
}

async function run(load: Load): Promise<Sent[]> {
  const times = arrivals(load);
  const start = performance.now() + 50;
  const answers: Promise<Sent>[] = [];
  const next = random(load.seed + 1);
  for (const at of times) {
    const wait = start + at - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const body = (load.bodies[answers.length % load.bodies.length] ?? '').replace('{n}', String(answers.length));
    const client = clientAt(load, next());
    answers.push(send(load, body, client, start + at).then((seen) => ({ at, client, ...seen })));
  }
  return await Promise.all(answers);
}

const load = JSON.parse(process.argv[2] ?? '') as Load;
process.stdout.write(`${JSON.stringify(await run(load))}\n`, () => process.exit(0));
