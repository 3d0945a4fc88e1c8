import { gzipSync } from 'node:zlib';
import { nextReadMs } from '../feeds/schedule.ts';
import type { HttpAnswer } from '../http.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { FeedFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type BenchInventory, contentOf, onShelf, withInventory } from './bench-inventory.ts';
import type { CaseResult, LoadedCase } from './cases.ts';
import { inventorySearchChecks } from './certify-inventory.ts';
import { failingAt } from './failing-store.ts';
import { Conversation, type Fault, FaultServer } from './fault-server.ts';
import { type FeedFile, putTogether, takenApart, unreadableRow } from './feed-file.ts';
import { type Check, check, untried } from './grade.ts';
import { atServer, fetchFile, type HandedOverFate, searchInventory } from './hand-over.ts';
import type { Search } from './search.ts';

/** Time for a file that never ends, ms. */
const IMPATIENCE = 300;
/** A machine under load is late; that is no fault of the adapter's. */
const GRACE_MS = 5_000;
const HTML = '<!DOCTYPE html><html><body>Down for maintenance</body></html>';
const RETRY_AFTER_S = 5_400;

/** A way for a file to go wrong, and what has to become of it. */
interface FeedFault {
  readonly name: string;
  /** What the server does in the place of the file. */
  readonly fault: Fault;
  readonly result: HandedOverFate['result'];
  readonly failure?: string;
  /** In what the manifest's settings differ for it. */
  readonly feed?: Partial<FeedFormat>;
  /** What else has to hold. */
  readonly also?: (fate: HandedOverFate) => string | undefined;
}

/**
 * Lets a partner's file go wrong in every way: each has to leave what was handed over as it is, and say what is wrong.
 *
 * @param whole a case that makes offers
 * @param all every case, for one with several files
 */
export function feedChecks(
  partner: ConfiguredPartner,
  whole: CaseResult,
  all: readonly CaseResult[],
): Promise<Check[]> {
  return withInventory(async (bench) => {
    const server = await FaultServer.start();
    try {
      const trial = new FeedTrial(bench, partner, server, whole);
      await trial.begin();
      const checks: Check[] = [];
      for (const fault of trial.faults())
        checks.push('result' in fault && 'group' in fault ? fault : await trial.fault(fault));
      checks.push(await trial.store(), await trial.contentType());
      checks.push(...(await inventorySearchChecks(bench, trial.partner, whole.case)));
      checks.push(trial.schedule(), await trial.unchanged(), await swapCheck(bench, partner, server, all));
      return checks;
    } finally {
      await server.close();
    }
  });
}

class FeedTrial {
  readonly partner: ConfiguredPartner;
  readonly #bench: BenchInventory;
  readonly #server: FaultServer;
  readonly #feed: FeedFormat;
  readonly #case: LoadedCase;
  /** The file that makes offers. */
  readonly #answer: HttpAnswer;
  readonly #file: FeedFile;
  /** Rows that lie there then. */
  #rows = 0;
  #content = '';
  #found = '';

  constructor(bench: BenchInventory, partner: ConfiguredPartner, server: FaultServer, whole: CaseResult) {
    this.partner = atServer(onShelf(partner), server);
    this.#bench = bench;
    this.#server = server;
    this.#feed = partner.adapter.inventory!.feed!;
    this.#case = whole.case;
    this.#answer = filesOf(whole).at(-1)!;
    this.#file = takenApart(this.#answer.body, this.#feed);
  }

  /** The good file, before anything goes wrong. */
  async begin(): Promise<void> {
    this.#serve([this.#answer]);
    this.#rows = (await fetchFile(this.#bench, this.partner, this.#feed)).rows;
    this.#content = await contentOf(this.#bench, this.partner);
    this.#found = foundIn(await searchInventory(this.#bench, this.partner, this.#case.asked));
  }

  faults(): (FeedFault | Check)[] {
    const { format, maxShrinkPercent, maxUnreadablePercent, timeoutMinutes } = this.#feed;
    const file = this.#file;
    const { length } = file.rows;
    const whole = this.#answer.body;
    const impatient = { timeoutMinutes: Math.min(timeoutMinutes, IMPATIENCE / 60_000) };
    const body = (name: string, bytes: Buffer, failure: string, feed?: Partial<FeedFormat>): FeedFault => ({
      name,
      fault: answered(200, {}, bytes),
      result: 'failed',
      failure,
      ...(feed !== undefined && { feed }),
    });
    const status = (code: number, failure: string, headers: Record<string, string> = {}, text = ''): FeedFault => ({
      name: `${code}${text === HTML ? ' with a page of HTML' : ''}`,
      fault: answered(code, headers, Buffer.from(text)),
      result: 'failed',
      failure,
    });
    const few = Math.ceil(this.#rows * (1 - maxShrinkPercent / 100)) - 1;
    const fewer = (name: string, rows: number): FeedFault | Check =>
      maxShrinkPercent >= 100
        ? untried('faults', name, 'maxShrinkPercent 100 lets a file have any number of rows')
        : {
            name,
            fault: answered(200, {}, putTogether({ ...file, rows: file.rows.slice(0, rows) })),
            result: 'refused',
          };
    const bad = Math.floor((length * maxUnreadablePercent) / Math.max(1, 100 - maxUnreadablePercent)) + 1;
    const badRows = { ...file, rows: [...file.rows, ...Array<string>(bad).fill(unreadableRow(this.#feed))] };
    const noXml = `${format} has neither document types nor entities`;
    const xml = (name: string, start: string): FeedFault | Check =>
      format === 'rss'
        ? body(name, Buffer.concat([Buffer.from(start), withoutDeclaration(whole)]), 'MALFORMED')
        : untried('faults', name, noXml);
    return [
      { name: 'no answer', fault: { kind: 'hang' }, result: 'failed', failure: 'TIMEOUT', feed: impatient },
      { name: 'a file that drips', fault: { kind: 'drip' }, result: 'failed', failure: 'TIMEOUT', feed: impatient },
      { name: 'a connection that breaks before', fault: { kind: 'reset' }, result: 'failed', failure: 'CONNECTION' },
      { name: 'a connection that breaks in the file', fault: { kind: 'cut' }, result: 'failed', failure: 'CONNECTION' },
      {
        ...status(429, 'RATE_LIMIT', { 'retry-after': String(RETRY_AFTER_S) }),
        name: '429 with Retry-After',
        also: leftAlone,
      },
      { ...status(429, 'RATE_LIMIT'), name: '429 without Retry-After' },
      status(401, 'AUTHENTICATION'),
      status(404, 'REQUEST_REFUSED'),
      status(500, 'SERVER_ERROR'),
      status(502, 'SERVER_ERROR', { 'content-type': 'text/html' }, HTML),
      {
        ...status(503, 'SERVER_ERROR', { 'retry-after': String(RETRY_AFTER_S) }),
        name: '503 with Retry-After',
        also: leftAlone,
      },
      body('a page of HTML under 200', Buffer.from(HTML), 'MALFORMED'),
      body('an empty file', Buffer.alloc(0), 'MALFORMED'),
      body('gzip that ends too early', halfOf(gzipSync(whole)), 'MALFORMED'),
      format === 'rss'
        ? body('a file that ends too early', halfOf(whole), 'MALFORMED')
        : untried(
            'faults',
            'a file that ends too early',
            'lines do not tell how many follow; that there are too few is told by maxShrinkPercent',
          ),
      body('a file beyond maxBytes', whole, 'TOO_LARGE', { maxBytes: putTogether(file).length - 1 }),
      body(
        'gzip that unpacks to more than maxBytes',
        gzipSync(Buffer.concat([whole, Buffer.alloc(1_048_576, '\n')])),
        'TOO_LARGE',
        { maxBytes: whole.length + 65_536 },
      ),
      body('a row beyond maxRowBytes', whole, 'TOO_LARGE', {
        maxRowBytes: Math.max(...file.rows.map((row) => row.length)) >> 2,
      }),
      maxUnreadablePercent >= 100
        ? untried(
            'faults',
            'more unreadable rows than maxUnreadablePercent',
            'maxUnreadablePercent 100 lets any number be unreadable',
          )
        : body('more unreadable rows than maxUnreadablePercent', putTogether(badRows), 'MALFORMED'),
      fewer('a file without rows', 0),
      few > 0
        ? fewer('a file with fewer rows than maxShrinkPercent allows', few)
        : untried(
            'faults',
            'a file with fewer rows than maxShrinkPercent allows',
            `of ${this.#rows} rows only none is too few, which is tried`,
          ),
      xml('a document type', '<!DOCTYPE rss SYSTEM "http://127.0.0.1/rss.dtd">'),
      xml('entities that unfold', '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'),
    ];
  }

  async fault({ name, fault, result, failure, feed, also }: FeedFault): Promise<Check> {
    const conversation = this.#serve([this.#answer], fault);
    const fate = await fetchFile(this.#bench, this.partner, { ...this.#feed, ...feed });
    const against: string[] = [];
    if (fate.result !== result || fate.failure !== failure) {
      against.push(`became ${fateText(fate)}, not ${fateText({ result, failure })}`);
    }
    const more = also?.(fate);
    if (more !== undefined) against.push(more);
    against.push(...(await this.#changed()));
    const endless = fault.kind === 'hang' || fault.kind === 'drip';
    if (endless && !(await conversation.aborted(GRACE_MS))) against.push('its connection stayed open');
    return check('faults', name, against);
  }

  /** At whatever statement the store fails while a file is read, the last one stays, and the file can be read afterwards. */
  async store(): Promise<Check> {
    const against: string[] = [];
    let statements = 0;
    for (; ; statements++) {
      this.#serve([this.#answer]);
      const inventory = new Inventory(failingAt(this.#bench.store, statements));
      const fate = await fetchFile({ ...this.#bench, inventory }, { ...this.partner }, this.#feed).catch(
        () => undefined,
      );
      // Beyond the last statement nothing fails any more.
      if (fate?.result === 'loaded') break;
      if (fate !== undefined && fate.failure !== 'PLATFORM') against.push(`became ${fateText(fate)}`);
      against.push(...(await this.#changed()));
    }
    this.#serve([this.#answer]);
    const fate = await fetchFile(this.#bench, this.partner, this.#feed);
    if (fate.result !== 'loaded') against.push(`afterwards the file became ${fateText(fate)}`);
    return check('faults', 'a store that fails while a file is read', [...against, ...(await this.#changed())]);
  }

  async contentType(): Promise<Check> {
    this.#serve([{ ...this.#answer, headers: { 'content-type': 'image/png' } }]);
    const fate = await fetchFile(this.#bench, this.partner, this.#feed);
    const against = fate.result === 'loaded' ? [] : [`became ${fateText(fate)}`];
    return check('faults', 'a wrong content type does not keep a file from being read', [
      ...against,
      ...(await this.#changed()),
    ]);
  }

  schedule(): Check {
    const { everyMinutes } = this.#feed;
    const periodMs = everyMinutes * 60_000;
    const against: string[] = [];
    const expect = (what: string, ms: number, least: number, most: number): void => {
      if (ms < least || ms > most) against.push(`${what} it is asked for after ${ms} ms`);
    };
    for (const share of [0, 1]) {
      for (const result of ['loaded', 'unchanged', 'refused'] as const) {
        expect(`${result},`, nextReadMs(this.#feed, { result }, share), periodMs * 0.9, periodMs);
      }
      expect('failed,', nextReadMs(this.#feed, { result: 'failed' }, share), 30_000, periodMs);
      const told = nextReadMs(this.#feed, { result: 'failed', retryAfterMs: periodMs * 2 }, share);
      expect('told to stay away,', told, periodMs * 2, periodMs * 2);
    }
    return check(
      'limits',
      'a file is asked for when it is due, and never before its server wants to be asked',
      against,
    );
  }

  async unchanged(): Promise<Check> {
    const headers = { etag: '"one"', 'last-modified': 'Tue, 05 Jan 2027 10:00:00 GMT' };
    this.#serve([
      { ...this.#answer, headers },
      { status: 304, headers, body: Buffer.alloc(0) },
    ]);
    await fetchFile(this.#bench, this.partner, this.#feed);
    const fate = await fetchFile(this.#bench, this.partner, this.#feed);
    const against = fate.result === 'unchanged' ? [] : [`became ${fateText(fate)}`];
    const asked = this.#server.takeRequests().at(-1)?.headers ?? {};
    if (asked['if-none-match'] !== headers.etag) against.push('it was not asked whether it is what it was');
    return check('limits', 'a file that has not changed is not read again', [...against, ...(await this.#changed())]);
  }

  /** What is fetched next, and how the last of it goes wrong. */
  #serve(answers: readonly HttpAnswer[], fault?: Fault): Conversation {
    return this.#server.open('', new Conversation(answers, fault));
  }

  async #changed(): Promise<string[]> {
    if ((await contentOf(this.#bench, this.partner)) !== this.#content)
      return ['what was handed over before is not what it was'];
    const found = foundIn(await searchInventory(this.#bench, this.partner, this.#case.asked));
    return found === this.#found ? [] : ['a search finds something else than before'];
  }
}

/** Searches while the next file comes in. */
async function swapCheck(
  bench: BenchInventory,
  partner: ConfiguredPartner,
  server: FaultServer,
  all: readonly CaseResult[],
): Promise<Check> {
  const name = 'a search sees the whole of the last file or the whole of the next';
  const two = all.find((result) => filesOf(result).length > 1);
  if (two === undefined) return untried('faults', name, 'no case has two files, one after the other');
  const [first, next] = filesOf(two).slice(-2) as [HttpAnswer, HttpAnswer];
  const { feed } = partner.adapter.inventory!;
  const shelved = atServer(onShelf(partner), server);
  const found = async (): Promise<string> => foundIn(await searchInventory(bench, shelved, two.case.asked));
  server.open('', new Conversation([first]));
  await fetchFile(bench, shelved, feed!);
  const before = await found();
  server.open('', new Conversation([next], { kind: 'halves', ms: 50 }));
  let over = false;
  const loading = fetchFile(bench, shelved, feed!).finally(() => {
    over = true;
  });
  const seen: string[] = [];
  while (!over) seen.push(await found());
  await loading;
  const after = await found();
  const against = seen.some((one) => one !== before && one !== after) ? ['it saw something between the two'] : [];
  if (after === before) against.push('both files give the same offers');
  if (seen[0] !== before) against.push('the next file was seen before the whole of it was in');
  return check('faults', name, against);
}

/** The files of a case that were loaded, in order. */
function filesOf({ case: { answers }, actual: { handedOver = [] } }: CaseResult): HttpAnswer[] {
  return answers.filter((_, at) => handedOver[at]?.result === 'loaded');
}

function foundIn({ outcome, fates }: Search): string {
  return JSON.stringify([outcome.status, fates.map(({ id, offer, rejection }) => [id, offer, rejection])]);
}

function leftAlone({ retryAfterMs }: HandedOverFate): string | undefined {
  return retryAfterMs === RETRY_AFTER_S * 1_000
    ? undefined
    : `is left alone for ${retryAfterMs} ms, not ${RETRY_AFTER_S} s`;
}

function answered(status: number, headers: Readonly<Record<string, string>>, body: Buffer): Fault {
  return { kind: 'answer', status, headers, body };
}

function halfOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

function withoutDeclaration(file: Buffer): Buffer {
  const text = file.toString('latin1');
  return Buffer.from(text.replace(/^\s*<\?xml[^>]*\?>/, ''), 'latin1');
}

/** A fate in a few words, the same from run to run. */
export function fateText({ result, failure, detail }: Pick<HandedOverFate, 'result' | 'failure' | 'detail'>): string {
  return `${result}${failure === undefined ? '' : ` (${failure.toLowerCase()})`}${detail === undefined ? '' : `: ${detail}`}`;
}
