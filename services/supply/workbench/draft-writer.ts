import { stringify } from 'yaml';
import { Redactor } from './redact.ts';
import type { Leaf } from './sample.ts';

/** A line, with the field that it guesses: such a line may be turned into a comment where it cannot be used. */
export interface DraftLine {
  readonly text: string;
  readonly guess?: string;
}

/** The lines of a draft as they are written, with what was guessed and missed on the way. */
export class DraftWriter {
  readonly guessed: string[] = [];
  readonly missing: string[] = [];
  readonly #redactor = new Redactor();
  #lines: DraftLine[] = [];

  /** All lines since the last time; the writer is then without lines. */
  take(): DraftLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** A line as it is. */
  add(text: string): void {
    this.#lines.push({ text });
  }

  /** Lines made before. */
  append(lines: readonly DraftLine[]): void {
    this.#lines.push(...lines);
  }

  /** A key with a guessed value: an expression, or expressions by name. */
  guess(indent: string, key: string, value: string | object, leaf: Leaf, field: string): void {
    this.guessed.push(field);
    const text =
      typeof value === 'string'
        ? scalar(value)
        : `{ ${Object.entries(value)
            .map(([name, one]) => `${name}: ${flow(String(one))}`)
            .join(', ')} }`;
    this.#lines.push({ text: `${indent}${key}: ${text} # GUESS ${this.saw(leaf)}`, guess: field });
  }

  /** Something that was not found. */
  miss(field: string, indent: string, why: string): void {
    this.missing.push(field);
    this.add(`${indent}# MISSING ${field.slice(field.lastIndexOf('.') + 1)}${why === '' ? '' : `: ${why}`}`);
  }

  /** Values of a leaf, a few, without secrets and persons. */
  saw({ values }: Leaf): string {
    const some = [...new Set(values.map((value) => this.#redactor.text(JSON.stringify(value))))].slice(0, 3);
    return `saw ${some.map((text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text)).join(', ')}`;
  }
}

/** A text as a YAML value on its line. */
export function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** As {@link scalar}, inside {…}. */
export function flow(text: string): string {
  return /[,[\]{}#&*!|>'"%@`:]/.test(text) ? JSON.stringify(text) : scalar(text);
}
