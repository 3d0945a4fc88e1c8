import { readFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import type { GoldenCase } from './case-file.ts';
import type { CaseResult } from './cases.ts';

/** As the formatter of this repository would write it: nothing folded, collections on lines of their own. */
const STYLE = { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2' } as const;

/** The text of a case file with what came of it as its expectation; everything else stays as it is, to the byte. */
export function updatedText({
  case: one,
  actual,
}: Pick<CaseResult, 'actual'> & { readonly case: { readonly file: string } }): string {
  const text = readFileSync(one.file, 'utf8');
  const expect = escaped(stringify({ expect: actual }, STYLE)).trimEnd();
  const [start, end] = placeOfExpect(text) ?? [text.trimEnd().length, text.trimEnd().length];
  const before = text.slice(0, start);
  const after = text.slice(end).replace(/^[^\S\n]*\n?/, '\n');
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${expect}${after}`;
}

/** Where the expectation stands; undefined where there is none. */
function placeOfExpect(text: string): readonly [start: number, end: number] | undefined {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return undefined;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === 'expect');
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  const [start = 0, keyEnd = 0] = pair.key.range ?? [];
  const value: unknown = pair.value;
  const valueEnd = hasRange(value) ? value.range[1] : keyEnd;
  // A key without a value ends with its colon, a block with its last line.
  const colon = text.indexOf(':', keyEnd) + 1;
  const end = Math.max(colon, text.slice(0, valueEnd).trimEnd().length);
  return [start, end];
}

function hasRange(value: unknown): value is { readonly range: readonly [number, number, number] } {
  return typeof value === 'object' && value !== null && 'range' in value && Array.isArray(value.range);
}

/** The text of a new case file. */
export function caseText(one: Omit<GoldenCase, 'options' | 'locale'> & Partial<GoldenCase>): string {
  return escaped(stringify(one, STYLE));
}

function escaped(text: string): string {
  // The reader of configuration fills in environment variables; in a case nothing is to be filled in.
  return text.replaceAll(/\$?\$\{/g, () => '$${');
}
