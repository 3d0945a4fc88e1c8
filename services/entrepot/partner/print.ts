// What the commands for supply teams share when they print.
import { relative } from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import { InvalidArgumentError } from 'commander';

/** A file as people type it: from the working directory where it lies below it. */
export function shortest(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' ? '.' : path.startsWith('..') ? file : path;
}

/** Partners' texts must not drive somebody's terminal. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ');
}

/** A value in at most so many characters. */
export function clipped(value: unknown, length: number): string {
  const text = plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}

/** An outcome or a grade in its colour. */
export function coloured(word: string, good: boolean | 'partly'): string {
  return styleText(good === 'partly' ? 'yellow' : good ? 'green' : 'red', word);
}

/** Columns of a terminal; 120 where there is none. */
export function terminalWidth(): number {
  return Math.max(80, process.stdout.columns ?? 120);
}

/** Two lists of lines beside each other. */
export function sideBySide(left: readonly string[], right: readonly string[], leftWidth: number): string {
  const lines = Math.max(left.length, right.length);
  return Array.from({ length: lines }, (_, at) => {
    const text = left[at] ?? '';
    const padding = ' '.repeat(Math.max(0, leftWidth - stripVTControlCharacters(text).length));
    return `    ${text}${padding} │ ${right[at] ?? ''}`.trimEnd();
  }).join('\n');
}

/** Leaves of a value, each with its path. */
export function leaves(value: unknown, path = ''): [path: string, leaf: unknown][] {
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== 'object')) return [[path, value.join(', ')]];
    return value.flatMap((one, at) => leaves(one, `${path}[${at}]`));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    // A time is one thing for its readers.
    if ('dateTime' in value && 'timeZone' in value) return [[path, `${value.dateTime} ${value.timeZone}`]];
    return entries.flatMap(([key, one]) => leaves(one, path === '' ? key : `${path}.${key}`));
  }
  return [[path, value]];
}

/** "127.0.0.1:7012" as its parts. */
export function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined) throw new InvalidArgumentError(`"${text}" is no host:port.`);
  return { host, port: Number(port) };
}
