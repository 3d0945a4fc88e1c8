import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../../../libs/config/index.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { parseJson, parseXml } from '../body.ts';
import { loadAdapter } from '../load.ts';
import { caseText, updatedText } from './case-text.ts';
import { loadCase, runCase } from './cases.ts';
import { type CassetteExchange, type CassetteMessage, cassetteText } from './cassette.ts';
import { type Draft, draftManifest } from './draft.ts';
import type { DraftLine } from './draft-writer.ts';
import { handedSample, type Transport, transportOf } from './handed-sample.ts';
import { Redactor } from './redact.ts';

/** What a new partner is made of. */
export interface NewPartner {
  readonly name: string;
  /** A sample answer (.json, .xml), file (.csv, .tsv, .xml, .ndjson) or message (.json, .xml). */
  readonly sample: string;
  /** How offers come; absent: guessed. */
  readonly transport?: Transport | undefined;
  /** Directory in which the folder is made. */
  readonly directory: string;
  readonly vertical?: string | undefined;
}

/** What was made. */
export interface NewFolder {
  readonly folder: string;
  readonly files: readonly string[];
  readonly vertical: string;
  readonly transport: Transport;
  readonly guessed: readonly string[];
  readonly missing: readonly string[];
  /** Guesses that could not be used; they stand in the manifest as comments. */
  readonly refused: readonly string[];
  /** What the first golden case came to. */
  readonly case: { readonly outcome: string; readonly received: number; readonly kept: number };
}

/**
 * Makes a partner's folder from a sample answer: a manifest that loads, a README, and a golden case that replays the
 * sample. Throws EntrepotError where it cannot, PartnerFailure for a sample that is not of its format.
 */
export async function makePartner({
  name,
  sample,
  directory,
  vertical,
  transport: stated,
}: NewPartner): Promise<NewFolder> {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw invalidField('name', 'small letters, digits and "-", such as "acme-stays"');
  const folder = path.join(directory, name);
  if (existsSync(folder)) throw invalidField('name', `${folder} exists already`);
  const format = /\.xml$/i.test(sample) ? 'xml' : 'json';
  const bytes = readFileSync(sample);
  const transport = stated ?? transportOf(sample, bytes);
  const handed = transport === 'request' ? undefined : await handedSample(transport, sample, bytes);
  const body = handed === undefined ? parsed(bytes, format) : { rows: handed.rows };
  let draft: Draft;
  try {
    draft = draftManifest({ name, body, format, file: path.basename(sample), vertical, handed });
  } catch (error) {
    if (error instanceof RangeError) throw invalidField('vertical', error.message);
    throw error;
  }
  const { lines, refused } = await usable(name, draft.lines);
  const files: string[] = [];
  const write = (file: string, text: string): string => {
    const at = path.join(folder, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    files.push(file);
    return at;
  };
  write('manifest.yaml', textOf(lines));
  write('README.md', readme(name, draft, transport));
  const text = new Redactor().body(bytes.toString('utf8'));
  write('cassettes/sample.yaml', cassetteText({ exchanges: [exchangeOf(transport, sample, text)] }));
  const now = draft.before ?? `${new Date().toISOString().slice(0, 19)}Z`;
  const first = write(
    'cases/sample.yaml',
    caseText({
      kind: 'supplemental',
      about: 'the sample that the manifest was drafted from; exemplary as soon as its rows become offers',
      cassette: '../cassettes/sample.yaml',
      now,
      market: 'GB',
      currency: 'EUR',
      criteria: draft.criteria,
    }),
  );
  const result = await runCase(loadCase(first));
  writeFileSync(first, updatedText(result));
  const { outcome, received, kept } = result.actual;
  return {
    folder,
    files,
    vertical: draft.vertical,
    transport,
    guessed: draft.guessed.filter((field) => !refused.includes(field)),
    missing: draft.missing,
    refused,
    case: { outcome, received, kept },
  };
}

function parsed(bytes: Buffer, format: 'json' | 'xml'): unknown {
  return format === 'xml' ? parseXml(bytes.toString('utf8')) : parseJson(bytes);
}

function exchangeOf(transport: Transport, sample: string, body: string): CassetteExchange | CassetteMessage {
  if (transport === 'push') return { message: { body } };
  const [, extension = ''] = /\.(\w+)$/.exec(sample.toLowerCase()) ?? [];
  const type = TYPES[extension] ?? 'application/json';
  return { answer: { status: 200, headers: { 'content-type': type }, body } };
}

const TYPES: Readonly<Record<string, string>> = {
  xml: 'text/xml',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
};

/** The lines, with every guess that the loader refuses turned into a comment. */
async function usable(name: string, drafted: readonly DraftLine[]): Promise<{ lines: DraftLine[]; refused: string[] }> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'entrepot-new-'));
  const folder = path.join(scratch, name);
  mkdirSync(folder);
  const lines = [...drafted];
  const refused: string[] = [];
  try {
    for (;;) {
      writeFileSync(path.join(folder, 'manifest.yaml'), textOf(lines));
      const problems = await problemsOf(folder);
      if (problems.length === 0) return { lines, refused };
      let mended = false;
      for (const { line, reason } of problems) {
        const at = lines[line - 1];
        if (at?.guess === undefined) continue;
        refused.push(at.guess);
        lines[line - 1] = { text: at.text.replace(/^( *)/, `$1# MISSING (refused: ${reason.split('\n', 1)[0]}) `) };
        mended = true;
      }
      if (!mended) throw new ConfigError(problems);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function problemsOf(folder: string): Promise<ConfigError['problems']> {
  try {
    await loadAdapter(folder);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function textOf(lines: readonly DraftLine[]): string {
  const texts = lines.map(({ text }, at) => (isEmptyBlock(lines, at) ? `${text} {}` : text));
  return `${texts.join('\n')}\n`;
}

/** A key whose lines are all comments. */
function isEmptyBlock(lines: readonly DraftLine[], at: number): boolean {
  const { text } = lines[at]!;
  if (!/^ *[\w-]+:$/.test(text)) return false;
  const next = lines.slice(at + 1).find((line) => !/^ *#/.test(line.text));
  return next === undefined || indentOf(next.text) <= indentOf(text);
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

function readme(name: string, { vertical, missing }: Draft, transport: Transport): string {
  const rows = ASPECTS[transport].map(([aspect, what]) => `| ${aspect.padEnd(8)} | ${what.padEnd(54)} |`);
  return `# ${name}

Sells offers of ${vertical}. Drafted from a sample; what is still to be found out:

${missing.map((field) => `- ${field}`).join('\n')}

|          |                                                        |
| -------- | ------------------------------------------------------ |
${rows.join('\n')}

## What was found out, and what is done about it
`;
}

const ALWAYS: readonly (readonly [string, string])[] = [
  ['money', 'form of amounts, where the currency stands, taxes'],
  ['time', 'wall times or moments, where the zone stands'],
  ['identity', 'what names the product'],
  ['lifetime', 'how long the partner stands by a row'],
  ['hand-off', 'where the shopper goes on'],
];

/** What an author finds out, by how offers come. */
const ASPECTS: Readonly<Record<Transport, typeof ALWAYS>> = {
  request: [
    ['search', 'method and path'],
    ['verify', 'method and path'],
    ['auth', 'how, and the names of the credentials'],
    ['paging', 'how a next page is known'],
    ['errors', 'where an answer says what went wrong'],
    ['limits', 'requests a second, headers that tell'],
    ...ALWAYS,
  ],
  feed: [
    ['file', 'address, format, how large'],
    ['auth', 'how, and the names of the credentials'],
    ['schedule', 'how often it is written anew'],
    ['deletion', 'whether what is gone is left out'],
    ...ALWAYS,
  ],
  push: [
    ['sender', 'how it is known, and the names of the credentials'],
    ['messages', 'which there are, and what each changes'],
    ['ids', 'what names a message'],
    ['order', 'time or version of a row'],
    ['full sync', 'whether there is one, and how its end is told'],
    ['answers', 'what the sender expects to be told'],
    ...ALWAYS,
  ],
};
