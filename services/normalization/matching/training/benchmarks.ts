import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { MatchRecord, MatchVertical } from '../types.ts';

/** Two records and whether they are the same thing. */
export interface LabelledPair {
  readonly left: MatchRecord;
  readonly right: MatchRecord;
  readonly same: boolean;
}

/** Where the labelled pairs lie: `ENTREPOT_MATCHING_BENCHMARKS`, else beside the project. */
export function benchmarksDirectory(): string {
  return resolve(process.env.ENTREPOT_MATCHING_BENCHMARKS ?? '../shared/matching-benchmarks');
}

/** Sets of a directory: its folders with a file of the split. Empty where there is no such directory. */
export function setsIn(directory: string, split: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${directory}/${entry.name}/${split}.txt`))
    .map(({ name }) => name)
    .sort();
}

/** What other sources call an attribute. */
const attributeNames: Readonly<Record<string, string>> = {
  name: 'title',
  title: 'title',
  product_name: 'title',
  brand: 'brand',
  manufacturer: 'brand',
  maker: 'brand',
  vendor: 'brand',
  modelno: 'mpn',
  mpn: 'mpn',
  model: 'mpn',
  partno: 'mpn',
  gtin: 'gtin',
  ean: 'gtin',
  upc: 'gtin',
  color: 'color',
  size: 'size',
  price: 'price',
  description: 'description',
  category: 'category',
  addr: 'address',
  address: 'address',
  city: 'city',
  phone: 'phone',
  latitude: 'latitude',
  longitude: 'longitude',
};

/** Columns that are no attribute of a thing: a source's numbers, or what the label is. */
const noAttribute = /^(?:id|class|label|type|url|.*_id)$/;

/** What a column that nothing above names is: another name of the thing, its maker, or something said of it. */
function attributeOf(column: string): string | undefined {
  if (Object.hasOwn(attributeNames, column)) return attributeNames[column];
  if (noAttribute.test(column)) return undefined;
  if (/factory|brewery|artist|author|publisher|company/.test(column)) return 'brand';
  return /(?:^|_)(?:name|title)$/.test(column) ? 'title' : 'description';
}

/** Reads lines `left TAB right TAB label`. A record that a side repeats is one record. */
export function readPairs(file: string): LabelledPair[] {
  const known = new Map<string, MatchRecord>();
  const recordOf = (side: string, text: string): MatchRecord => {
    const id = `${side}|${text}`;
    let record = known.get(id);
    if (record === undefined) {
      record = { partner: side, key: String(known.size), attributes: attributesOf(text) };
      known.set(id, record);
    }
    return record;
  };
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left, right, label] = line.split('\t');
      return { left: recordOf('left', left!), right: recordOf('right', right!), same: label?.trim() === '1' };
    });
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, column, value] of text.matchAll(/COL (\S+) VAL (.*?)(?=\s*COL \S+ VAL |$)/g)) {
    const name = attributeOf(column!.toLowerCase());
    const plain = value!.replace(/^[`'"\s]+|[`'"\s]+$/g, '').trim();
    if (name === undefined || plain === '') continue;
    if (attributes[name] === undefined) attributes[name] = plain;
    else attributes.description = `${attributes.description ?? ''} ${plain}`.trim();
  }
  return attributes;
}

/** Places have an address or a phone; all else is goods. */
export function verticalOf(pairs: readonly LabelledPair[]): MatchVertical {
  const placed = pairs.some(({ left }) => left.attributes.address !== undefined || left.attributes.phone !== undefined);
  return placed ? 'stay' : 'good';
}

/** The pairs with attributes as the vertical's contract names them. */
export function forVertical(pairs: readonly LabelledPair[], vertical: MatchVertical): LabelledPair[] {
  if (vertical === 'good') return [...pairs];
  const known = new Map<MatchRecord, MatchRecord>();
  const named = (record: MatchRecord): MatchRecord => {
    const { title, ...others } = record.attributes;
    const own = known.get(record) ?? { ...record, attributes: { ...others, property_name: title ?? '' } };
    known.set(record, own);
    return own;
  };
  return pairs.map(({ left, right, same }) => ({ left: named(left), right: named(right), same }));
}
