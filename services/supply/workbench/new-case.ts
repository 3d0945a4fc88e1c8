import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { invalidField } from '../../../libs/errors/index.ts';
import type { ManifestFile } from '../kit/manifest.ts';
import { openOffline } from './bench.ts';
import type { GoldenCase } from './case-file.ts';
import { caseText } from './case-text.ts';
import { type LoadedCase, loadCases } from './cases.ts';
import { cassetteText } from './cassette.ts';
import { type CaseKind, caseKinds } from './coverage.ts';

/** A case that was begun, for somebody to fill in. */
export interface BegunCase {
  readonly case: string;
  /** The cassette that was written; undefined where none is needed. */
  readonly cassette: string | undefined;
  /** What is still to be written by hand. */
  readonly left: string;
}

/**
 * Begins a case of a kind that certify asks for: the case, and the cassette for the partner's answer. It asks what the folder's
 * first case does.
 *
 * @throws ConfigError where the folder cannot be loaded; EntrepotError INVALID_FIELD for a kind that the manifest does not have,
 *   a name that is taken, and a folder without any case
 */
export async function beginCase(folder: string, kind: string): Promise<BegunCase> {
  const { manifest } = await openOffline(folder);
  const kinds = caseKinds(manifest);
  const wanted = kinds.find((one) => one.kind === kind);
  if (wanted === undefined) {
    const list = kinds.map((one) => `  ${one.kind.padEnd(14)} ${one.name}`).join('\n');
    throw invalidField('new-case', `"${kind}" is none of what ${path.basename(folder)} can show:\n${list}`);
  }
  const cases = loadCases(folder);
  const pattern = cases.find((one) => one.document.value.kind === 'exemplary') ?? cases[0];
  if (pattern === undefined) {
    throw invalidField('new-case', 'there is no case to begin it from; `entrepot partner record` makes the first');
  }
  return write(folder, wanted, pattern, manifest);
}

function write(folder: string, wanted: CaseKind, pattern: LoadedCase, manifest: ManifestFile): BegunCase {
  const { kind, name, answers, left } = wanted;
  const file = path.join(folder, 'cases', `${kind}.yaml`);
  const cassette = path.join(folder, 'cassettes', `${kind}.yaml`);
  for (const one of [file, cassette]) {
    if (existsSync(one)) throw invalidField('new-case', `${one} exists`);
  }
  const { kind: _k, expect: _, verify: _v, handoff: _h, about: _a, cassette: old, ...rest } = pattern.document.value;
  const { locale, options, ...head } = rest;
  const own = `../cassettes/${kind}.yaml`;
  const action = answers === 'verify' ? { verify: { offer: 0, cassette: own } } : {};
  const handoff = answers === 'handoff' ? { handoff: { offer: 0, click: 'click-1' } } : {};
  const reused = answers === 'verify' || answers === 'handoff';
  const about: Partial<GoldenCase> = { about: name };
  const sends = answers === 'none' ? {} : { cassette: reused && old !== undefined ? old : own };
  const spoken = locale === 'en-GB' ? {} : { locale };
  const set = Object.keys(options).length === 0 ? {} : { options };
  const text = caseText({
    kind: 'supplemental',
    ...about,
    ...sends,
    ...head,
    ...spoken,
    ...set,
    ...action,
    ...handoff,
  });
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `# To be filled in: ${left}\n${text}`);
  if (answers === 'none' || answers === 'handoff') return { case: file, cassette: undefined, left };
  mkdirSync(path.dirname(cassette), { recursive: true });
  const written =
    answers === 'rows' && pattern.cassette !== undefined
      ? readFileSync(pattern.cassette, 'utf8')
      : blank(wanted, manifest);
  writeFileSync(cassette, `# To be filled in: ${left}\n${written}`);
  return { case: file, cassette, left };
}

/** A cassette with one answer, its body to be written. */
function blank({ status }: CaseKind, { format }: ManifestFile): string {
  const isXml = format === 'xml';
  const headers = { 'content-type': isXml ? 'text/xml' : 'application/json' };
  const body = isXml ? '<Answer>\n</Answer>\n' : '{\n}\n';
  return cassetteText({ exchanges: [{ answer: { status, headers, body } }] });
}
