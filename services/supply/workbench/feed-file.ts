import { gunzipSync } from 'node:zlib';
import type { FeedFormat } from '../inventory/types.ts';

/** A file taken apart into texts: what stands before its rows, its rows, and what stands after them. */
export interface FeedFile {
  readonly head: string;
  readonly rows: readonly string[];
  readonly tail: string;
}

/** Bytes as characters: nothing is lost, whatever the encoding, as long as it has ASCII's characters. */
const BYTES = 'latin1';

/** Takes a file apart, unpacked where it is gzip. */
export function takenApart(file: Buffer, { format, element }: Pick<FeedFormat, 'format' | 'element'>): FeedFile {
  const text = (file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file).toString(BYTES);
  if (format === 'rss') return elementsOf(text, element);
  const lines = linesOf(text, format !== 'ndjson');
  const names = format === 'ndjson' ? [] : lines.slice(0, 1);
  return { head: names.join(''), rows: lines.slice(names.length).filter((line) => line.trim() !== ''), tail: '' };
}

/** The file of these parts. */
export function putTogether({ head, rows, tail }: FeedFile): Buffer {
  return Buffer.from(head + rows.join('') + tail, BYTES);
}

/** A row of no use, in the file's format. */
export function unreadableRow({ format, element }: Pick<FeedFormat, 'format' | 'element'>): string {
  return format === 'rss'
    ? `<${element}/>`
    : format === 'ndjson'
      ? 'no row\n'
      : '"no","row","of","this","file","at","all"\n';
}

function elementsOf(text: string, element: string): FeedFile {
  const name = `(?:[\\w.-]+:)?${element.replaceAll(/[^\w-]/g, '\\$&')}`;
  const found = [...text.matchAll(new RegExp(`<(${name})(?=[\\s/>])(?:[^>]*/>|[^>]*>[\\s\\S]*?</\\1\\s*>)`, 'g'))];
  const first = found[0];
  const last = found.at(-1);
  if (first === undefined || last === undefined) return { head: text, rows: [], tail: '' };
  return {
    head: text.slice(0, first.index),
    rows: found.map(([row]) => row),
    tail: text.slice(last.index + last[0].length),
  };
}

/** Lines with their ends; of CSV also those that go on within quotes. */
function linesOf(text: string, quoted: boolean): string[] {
  const lines: string[] = [];
  let start = 0;
  let within = false;
  for (let at = 0; at < text.length; at++) {
    if (quoted && text[at] === '"') within = !within;
    if (text[at] !== '\n' || within) continue;
    lines.push(text.slice(start, at + 1));
    start = at + 1;
  }
  if (start < text.length) lines.push(`${text.slice(start)}\n`);
  return lines;
}
