// Pieces of explanations as text.
import { styleText } from 'node:util';
import { clip } from '../verticals/cells.ts';

/** Characters on a line, about. */
const lineLength = 110;

/** A heading with what stands under it, indented; nothing where there is nothing under it. */
export function section(heading: string, ...parts: readonly (string | undefined)[]): string {
  const body = parts.filter((part) => part !== undefined && part !== '').join('\n');
  return body === '' ? '' : `${styleText('bold', heading)}\n${indented(body)}`;
}

/** Sections with an empty line between them. */
export function page(...sections: readonly string[]): string {
  return sections.filter((one) => one !== '').join('\n\n');
}

/** Names with what is to be said of them, one below the other; what is empty is left out. */
export function facts(all: readonly (readonly [name: string | undefined, text: string | undefined])[]): string {
  const told = all.filter(([, text]) => text !== undefined && text !== '');
  const width = Math.max(0, ...told.map(([name = '']) => name.length));
  return told.map(([name = '', text]) => hanging(`${name.padEnd(width)}  `, text ?? '')).join('\n');
}

/** A text behind a beginning, its further lines under the first. What is too long for a line is broken between words, if it can be. */
export function hanging(start: string, text: string): string {
  const room = lineLength - start.length;
  const lines: string[] = [];
  let line = '';
  const words = clip(text, 4_000).split(/\s+/);
  for (const word of words.flatMap((one) => one.match(new RegExp(`.{1,${room}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return start + [...lines, line].join(`\n${' '.repeat(start.length)}`);
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

/** Milliseconds: "850 ms", "1.2 s"; empty for none. */
export function time(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** A moment and how long ago that is: "2026-11-26 17:49:03 UTC, 4 min ago". */
export function moment(iso: string | undefined, now: number): string {
  if (iso === undefined) return '';
  const at = Date.parse(iso);
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC, ${ago(now - at)}`;
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 100) return `${seconds} s ago`;
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3_600)} h ago`;
}

/** A count with commas: "656,994". */
export function count(value: number | undefined): string {
  return (value ?? 0).toLocaleString('en-US');
}

/** A number of a score; empty for none. */
export function score(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toFixed(3)));
}

/** Texts of numbers with their points below each other. */
export function pointed(texts: readonly (string | undefined)[]): string[] {
  const behind = (text: string): number => {
    const point = text.indexOf('.');
    return point < 0 ? 0 : text.length - point;
  };
  const most = Math.max(0, ...texts.map((text = '') => behind(text)));
  return texts.map((text = '') => text + ' '.repeat(most - behind(text)));
}

/** Criteria in one line, whatever the vertical: "origin LHR, destination JFK, rooms (adults 2)". */
export function flat(value: unknown, name = ''): string {
  if (Array.isArray(value)) return value.map((one) => flat(one, name)).join(', ');
  if (typeof value !== 'object' || value === null) return `${name} ${String(value)}`.trim();
  const members = Object.entries(value).map(([inner, own]) => flat(own, inner));
  return name === '' ? members.join(', ') : `${name} (${members.join(', ')})`;
}
