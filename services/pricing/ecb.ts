import { readFileSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';
import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import type { Decimal } from '../../libs/money/index.ts';
import { readRate } from './rate.ts';
import type { RateSheet } from './rates.ts';

/**
 * Euro reference rates in the form in which the European Central Bank publishes them: a Cube that holds one Cube with
 * the day (`time`), which holds one Cube for each currency (`currency`, `rate`).
 */

/** Far above a day's file (2 KB), far below what would hurt. */
const MAX_BYTES = 1_000_000;
/** Where the parser notes the place of an element. */
const PLACE = XMLParser.getMetaDataSymbol();

interface Cube {
  readonly Cube?: readonly Cube[];
  readonly '@time'?: string;
  readonly '@currency'?: string;
  readonly '@rate'?: string;
}

/**
 * Reads one day's file.
 *
 * @throws ConfigError with every problem: no XML, a document type or entities (refused unread), no day or several, a
 *   rate that is no positive decimal, a code that is none
 */
export function readEcbFile(file: string): RateSheet {
  const text = readFileSync(file, 'utf8');
  const problems: ConfigProblem[] = [];
  const report = (offset: number, reason: string): void => {
    problems.push({ file, ...placeOf(text, offset), reason });
  };
  const refuse = (offset: number, reason: string): never => {
    report(offset, reason);
    throw new ConfigError(problems);
  };

  if (text.length > MAX_BYTES) refuse(0, `a day's rates have at most ${MAX_BYTES} characters, found ${text.length}`);
  const declaration = text.search(/<!(DOCTYPE|ENTITY)/i);
  if (declaration >= 0) refuse(declaration, 'document types and entities are not read; remove them');
  const days = cubesOf(parse(text, refuse)).flatMap((outer) => outer.Cube ?? []);
  const day = days[0];
  if (day === undefined || days.length > 1) {
    return refuse(0, `expected one Cube with a time inside the outer Cube (one day), found ${days.length}`);
  }
  const date = day['@time'];
  if (date === undefined || !isDate(date)) {
    refuse(offsetOf(day), `expected time="YYYY-MM-DD", found ${date === undefined ? 'none' : JSON.stringify(date)}`);
  }
  const rates = new Map<string, Decimal>();
  for (const cube of day.Cube ?? []) {
    const currency = cube['@currency'];
    const read = readRate(currency, cube['@rate']);
    if (typeof read === 'string') report(offsetOf(cube), read);
    else if (rates.has(currency!)) report(offsetOf(cube), `${currency} has a rate already`);
    else rates.set(currency!, read);
  }
  if (rates.size === 0 && problems.length === 0) report(offsetOf(day), 'the day has no rates');
  if (problems.length > 0) throw new ConfigError(problems);
  return { date: date!, source: 'European Central Bank euro reference rates', rates };
}

function parse(text: string, refuse: (offset: number, reason: string) => never): unknown {
  const parser = new XMLParser({
    removeNSPrefix: true,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseAttributeValue: false,
    parseTagValue: false,
    processEntities: false,
    captureMetaData: true,
    isArray: (name) => name === 'Cube',
  });
  try {
    return parser.parse(text, true);
  } catch (error) {
    // The parser ends its message with a line and column of its own.
    const message = error instanceof Error ? error.message.replace(/:\d*:\w*$/, '') : String(error);
    return refuse(0, `no well-formed XML: ${message}`);
  }
}

function cubesOf(document: unknown): readonly Cube[] {
  if (!isObject(document)) return [];
  const envelope = document.Envelope;
  return isObject(envelope) && Array.isArray(envelope.Cube) ? (envelope.Cube as Cube[]) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

function offsetOf(cube: Cube): number {
  const place: unknown = Object.getOwnPropertyDescriptor(cube, PLACE as PropertyKey)?.value;
  return isObject(place) && typeof place.startIndex === 'number' ? place.startIndex : 0;
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
