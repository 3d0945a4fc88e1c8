// The benchmark's partners: a process of their own that serves bodies made beforehand, after a set delay.
//
//   GET  /compact/{partner}/search          rows of about 400 bytes
//   POST /duffel/{partner}/air/offer_requests   rows of about 5 KB in Duffel's format
//   PUT  /settings {"delayMs", "count", "cold", "date", "stepMs", "slow", "faults"}   how to answer from now on
//   GET  /sent                              when answers of the last search left, by this machine's monotonic clock
import { createServer } from 'node:http';
import { duffelBody } from './duffel-rows.ts';
import { compactBody } from './rows.ts';

/** How the partners answer. */
export interface PartnerSettings {
  /** Time between request and answer. */
  readonly delayMs: number;
  /** Each partner takes so much longer than the one before it. Default 0. */
  readonly stepMs?: number;
  /** Rows in each answer. */
  readonly count: number;
  /** Every answer has flights that no answer before it had. */
  readonly cold: boolean;
  /** Departure date of every flight. */
  readonly date: string;
  /** Requests of a hundred that take so many times as long, at random. */
  readonly slow?: { readonly percent: number; readonly times: number };
  /** What partners, by their numbers, do in place of answering. */
  readonly faults?: Readonly<Record<string, Fault>>;
}

/** It never answers, it answers 503, or it answers for some seconds and says 503 for as long. */
export type Fault = 'hangs' | 'breaks' | 'flaps';

/** How long a partner that flaps does either. */
const flapMs = 3_000;

let settings: PartnerSettings = { delayMs: 0, count: 100, cold: false, date: '2027-01-22' };
/** Variants made beforehand in cold runs; after as many answers of a partner they come again. */
const coldVariants = 64;
const bodies = new Map<string, Buffer>();
const answered = new Map<string, number>();
let sent: number[] = [];
let seed = 20_260_501;

const server = createServer((request, response) => {
  const [, format = '', partner = '0'] = (request.url ?? '').split('/');
  if (request.method === 'PUT') {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      settings = JSON.parse(text) as PartnerSettings;
      prepare();
      response.end('{}');
    });
    return;
  }
  if (format === 'sent') {
    response.end(JSON.stringify(sent));
    sent = [];
    return;
  }
  request.resume();
  request.on('end', () => {
    const fault = settings.faults?.[partner];
    if (fault === 'hangs') return;
    if (fault === 'breaks' || (fault === 'flaps' && Math.floor(performance.now() / flapMs) % 2 === 0)) {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end('{}');
      return;
    }
    const body = bodyOf(format, Number(partner));
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body, () => sent.push(performance.timeOrigin + performance.now()));
    };
    const { slow } = settings;
    const delayMs = settings.delayMs + Number(partner) * (settings.stepMs ?? 0);
    const isSlow = slow !== undefined && random() * 100 < slow.percent;
    if (delayMs === 0) answer();
    else setTimeout(answer, isSlow ? delayMs * slow.times : delayMs);
  });
});
/** The same in each run. */
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening ${typeof address === 'object' && address !== null ? address.port : 0}`);
});

function bodyOf(format: string, partner: number): Buffer {
  const key = `${format}/${partner}`;
  const turn = answered.get(key) ?? 0;
  answered.set(key, turn + 1);
  const variant = settings.cold ? turn % coldVariants : 0;
  const at = `${key}/${settings.count}/${settings.date}/${variant}`;
  let body = bodies.get(at);
  if (body === undefined) {
    body = (format === 'duffel' ? duffelBody : compactBody)(partner, settings.count, variant, settings.date);
    bodies.set(at, body);
  }
  return body;
}

/** Makes what a cold run will serve, so that making it does not compete with what is measured. */
function prepare(): void {
  if (!settings.cold) return;
  answered.clear();
  for (let partner = 0; partner < 10; partner++)
    for (let turn = 0; turn < coldVariants; turn++) bodyOf('compact', partner);
  answered.clear();
}
