import path from 'node:path';
import { parseBody, parseXml } from '../body.ts';
import { parseExactJson } from '../exact-json.ts';
import { rowsOfFile } from '../feeds/rows.ts';
import { mainList } from './draft-places.ts';
import { guessMoney } from './guess-money.ts';
import { leavesOf, listsAbove, snake } from './sample.ts';

/** How a new partner's offers come. */
export type Transport = 'request' | 'feed' | 'push';

/** A sample of what a partner hands over. */
export type HandedSample =
  | {
      readonly transport: 'feed';
      readonly format: 'csv' | 'tsv' | 'rss' | 'ndjson';
      /** Name of the file. */
      readonly file: string;
      /** Elements that are rows, of XML. */
      readonly element: string | undefined;
      /** Between the fields of CSV. */
      readonly delimiter: string;
      readonly rows: readonly unknown[];
    }
  | {
      readonly transport: 'push';
      readonly format: 'json' | 'xml';
      readonly body: unknown;
      /** Where the message has its rows; empty where it is one itself. */
      readonly list: readonly string[];
      readonly rows: readonly unknown[];
    };

/** How the offers of a partner with this sample come, as far as it tells: by its name, its first element, or what it says of itself. */
export function transportOf(file: string, bytes: Buffer): Transport {
  if (/\.(csv|tsv|ndjson|jsonl)$/i.test(file)) return 'feed';
  if (/webhook|notif|push|event/i.test(path.basename(file))) return 'push';
  if (/\.xml$/i.test(file))
    return /<(rss|feed|(?:\w+:)?urlset)[\s>]/.test(bytes.toString('utf8', 0, 2_000)) ? 'feed' : 'request';
  return isAnnounced(parseExactJson(bytes)) ? 'push' : 'request';
}

/** A message says what has happened, or is one thing with the time of its last change; an answer to a search is neither. */
function isAnnounced(body: unknown): boolean {
  if (!isMap(body)) return false;
  const names = Object.keys(body).map(snake);
  if (
    names.some((name) =>
      /^((event|webhook|message|notification)(_(id|type|name|time))?|topic|occurr?ed_at|triggered_at)$/.test(name),
    )
  )
    return true;
  return names.some((name) => name === 'id') && names.some((name) => CHANGED.test(name));
}

/** Names of the time at which something changed last. */
export const CHANGED =
  /(updated|modified|changed)(_?(at|on|time|date))?$|last_?(update|modified|change)$|occurr?ed_at$|(^|[._])timestamp$/;

/** Reads a sample of a file or a message. Throws PartnerFailure for one that is not of its format. */
export async function handedSample(transport: 'feed' | 'push', file: string, bytes: Buffer): Promise<HandedSample> {
  return transport === 'feed' ? feedSample(file, bytes) : pushSample(file, bytes);
}

async function feedSample(file: string, bytes: Buffer): Promise<HandedSample> {
  const format = /\.tsv$/i.test(file)
    ? 'tsv'
    : /\.xml$/i.test(file)
      ? 'rss'
      : /\.(ndjson|jsonl|json)$/i.test(file)
        ? 'ndjson'
        : 'csv';
  const delimiter = format === 'tsv' ? '\t' : delimiterOf(bytes);
  const element = format === 'rss' ? elementOf(bytes) : undefined;
  const settings = {
    format,
    delimiter,
    element: element ?? 'item',
    maxRowBytes: 1_048_576,
    contentType: undefined,
  } as const;
  const rows: unknown[] = [];
  for await (const batch of rowsOfFile(pieces(bytes), settings)) rows.push(...batch.rows);
  return { transport: 'feed', format, file: path.basename(file), element, delimiter, rows };
}

/** What stands between the names of columns most often. */
function delimiterOf(bytes: Buffer): string {
  const [head = ''] = bytes.toString('utf8', 0, 20_000).split('\n', 1);
  const counted = [',', ';', '|', '\t'].map((one) => ({ one, count: head.split(one).length }));
  return counted.sort((a, b) => b.count - a.count)[0]!.one;
}

/** The elements that are rows: those around the price, else those with the most in them. */
function elementOf(bytes: Buffer): string {
  const leaves = leavesOf(parseXml(bytes.toString('utf8')));
  const money = guessMoney(leaves);
  const list = (money === undefined ? undefined : listsAbove(money.amount.path)[0]) ?? mainList(leaves);
  return list?.filter((step) => step !== '[]').at(-1) ?? 'item';
}

function pushSample(file: string, bytes: Buffer): HandedSample {
  const format = /\.xml$/i.test(file) ? 'xml' : 'json';
  const body = format === 'json' ? parseExactJson(bytes) : parseBody(bytes, undefined, 'xml');
  const list = listIn(body, format);
  const found = list.reduce<unknown>((value, step) => (isMap(value) ? value[step] : undefined), body);
  const rows = list.length === 0 ? [body] : Array.isArray(found) ? found : [found];
  return { transport: 'push', format, body, list, rows };
}

/** Where a message has its rows: it is one itself where it has an id, else they are the list or the element that it carries. */
function listIn(body: unknown, format: 'json' | 'xml'): readonly string[] {
  const at: string[] = [];
  for (let value = body; isMap(value); ) {
    const entries = Object.entries(value).filter(([, one]) => typeof one === 'object' && one !== null);
    if (
      format === 'json' &&
      Object.keys(value).some((name) => /^(id|uuid|sku|code)$/i.test(name)) &&
      at.length === 0 &&
      !isEnvelope(value)
    )
      return [];
    const list = entries.find(([, one]) => Array.isArray(one) && one.every(isMap));
    const [name, inner] = list ?? entries.sort(([, a], [, b]) => sizeOf(b) - sizeOf(a))[0] ?? [];
    if (name === undefined) return at;
    at.push(name);
    if (Array.isArray(inner)) return at;
    value = inner;
    // What XML says of its root is said of the message.
    const isRoot = format === 'xml' && at.length === 1 && isMap(value) && Object.values(value).some(isMap);
    if (!isRoot && isMap(value) && Object.keys(value).some((key) => /^@?(id|code|sku|uuid)$/i.test(key))) return at;
  }
  return at;
}

function isEnvelope(value: Record<string, unknown>): boolean {
  return Object.keys(value)
    .map(snake)
    .some((name) => /^(event|topic|data|payload)(_type|_name)?$/.test(name));
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}
