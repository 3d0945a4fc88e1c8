import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import type { AnswerContext } from '../adapter.ts';
import { shortDigest } from '../folder-digest.ts';
import { xmlDocument } from '../kit/xml.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { caseText } from '../workbench/case-text.ts';
import { type CassetteExchange, type CassetteFinding, cassetteText } from '../workbench/cassette.ts';
import { offerView } from '../workbench/offer-view.ts';
import { readableRequest, recordedAnswer } from '../workbench/record.ts';
import { Redactor, tokensSent } from '../workbench/redact.ts';
import type { OpenDrift, PartnerDrift } from './partner-drift.ts';
import { kindOfAnswer, readAgain } from './read-again.ts';
import type { SampledAnswer } from './sample.ts';
import { observe, Shape, type ShapeType } from './shape.ts';
import { shrink } from './shrink.ts';

/** Where evidence goes: `<directory>/<adapter>/cassettes` and `cases`, as in a partner's folder. */
export interface EvidenceFolder {
  readonly directory: string;
  /** Cases kept an adapter. */
  readonly most: number;
}

/** What was found in a live conversation. */
export interface Evidence {
  readonly partner: ConfiguredPartner;
  readonly drift: PartnerDrift;
  readonly answers: readonly SampledAnswer[];
  readonly raised: readonly OpenDrift[];
}

const log = logger('supply.drift');

/**
 * Writes a conversation down, as small as it can be and still show what was found, without secrets and persons, with a
 * golden case that fails as long as the mapping takes the fields for what they were. Answers the case's name; undefined
 * where nothing was written: it is there already, there are enough, or the disk refuses, which is logged.
 */
export async function writeEvidence(
  { directory, most }: EvidenceFolder,
  evidence: Evidence,
  pause: () => Promise<void>,
): Promise<string | undefined> {
  const { partner, raised } = evidence;
  const folder = path.join(directory, partner.manifest.name);
  const mark = markOf(raised);
  try {
    const known = [...casesIn(folder), ...casesIn(partner.folder)].find(({ text }) => text.includes(mark));
    if (known !== undefined) return known.name;
    const cases = casesIn(folder);
    if (cases.length >= most) {
      log.info({ partner: partner.name, folder, most }, 'no case is written: there are enough to look at');
      return undefined;
    }
    const name = freeName(folder, new Date(evidence.answers[0]!.context.fetchedAt));
    const texts = await textsOf(evidence, name, pause);
    write(path.join(folder, 'cassettes', `${name}.yaml`), texts.cassette);
    // A case without its cassette would be of no use, so it comes second.
    write(path.join(folder, 'cases', `${name}.yaml`), `# ${mark}\n${texts.case}`);
    return name;
  } catch (err) {
    log.error({ err, partner: partner.name, folder }, 'the case that shows how it answers cannot be written');
    return undefined;
  }
}

/** Tells one finding from another, whichever conversation shows it. */
function markOf(raised: readonly OpenDrift[]): string {
  const fields = raised.map(({ answer, kind, path: at, expected, found }) =>
    [answer, kind, at, expected, found].join(' '),
  );
  return `drift ${shortDigest(fields.sort())}`;
}

function casesIn(folder: string): { name: string; text: string }[] {
  const directory = path.join(folder, 'cases');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => ({
      name: file.replace(/\.ya?ml$/, ''),
      text: readFileSync(path.join(directory, file), 'utf8').slice(0, 200),
    }));
}

function freeName(folder: string, at: Date): string {
  for (let number = 1; ; number++) {
    const name = `drift-${at.toISOString().slice(0, 10)}-${number}`;
    const isTaken = ['cases', 'cassettes'].some((kind) => existsSync(path.join(folder, kind, `${name}.yaml`)));
    if (!isTaken) return name;
  }
}

/** Whole or not at all. */
function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

async function textsOf(
  evidence: Evidence,
  name: string,
  pause: () => Promise<void>,
): Promise<{ cassette: string; case: string }> {
  const { partner, answers, raised } = evidence;
  const bodies = await smallest(evidence, pause);
  const { context } = answers[0]!;
  const questions = answers.flatMap(({ question }) => ('lookup' in question ? [] : [question]));
  const { authenticatedBy, answerHeaders } = partner.adapter;
  const redactor = new Redactor([...partner.secrets.texts, ...tokensSent(questions, authenticatedBy)], authenticatedBy);
  const exchanges = bodies.map((body, at): CassetteExchange | CassetteFinding => {
    const { question, answer } = answers[at]!;
    const text = partner.manifest.format === 'xml' && isObject(body) ? xmlDocument(body) : JSON.stringify(body);
    const recorded = recordedAnswer({ ...answer, body: Buffer.from(text) }, redactor, answerHeaders);
    if ('lookup' in question) {
      const { status: _, ...found } = recorded;
      return { found };
    }
    return { request: readableRequest(question, redactor), answer: recorded };
  });
  const { market, currency, locale, account } = context;
  const criteria = Criteria.toJSON(context.criteria) as Record<string, unknown>;
  const now = new Date(answers[0]!.context.fetchedAt).toISOString();
  return {
    cassette: cassetteText({
      recordedAt: now,
      asked: { criteria, market, currency },
      ...(partner.adapter.session !== undefined && { signedIn: true }),
      exchanges,
    }),
    case: caseText({
      kind: 'supplemental',
      about: redactor.text(`answers of ${partner.name} as they came: ${raised.map(told).join('; ')}`),
      cassette: `../cassettes/${name}.yaml`,
      now,
      market,
      currency,
      ...(locale !== 'en-GB' && { locale }),
      criteria,
      ...(Object.keys(account.options).length > 0 && {
        options: JSON.parse(redactor.body(JSON.stringify(account.options))) as Record<string, unknown>,
      }),
      expect: { answers: expectedOf(raised) },
    }),
  };
}

function told({ path: at, expected, found }: OpenDrift): string {
  return `${at} was ${expected}, is ${found}`;
}

function expectedOf(raised: readonly OpenDrift[]): Record<string, Record<string, string>> {
  const answers: Record<string, Record<string, string>> = {};
  for (const { answer, path: at, expected } of raised) {
    answers[answer] ??= {};
    answers[answer][at] = expected;
  }
  return answers;
}

/** The bodies, cut to what shows the finding and is mapped as it was. */
async function smallest(evidence: Evidence, pause: () => Promise<void>): Promise<readonly unknown[]> {
  const { answers } = evidence;
  const whole = await become(
    evidence,
    answers.map(({ body }) => body),
    pause,
  );
  const smaller = await shrink(
    answers.map(({ body }) => body),
    async (bodies) => {
      await pause();
      const here = await become(evidence, bodies, pause);
      return here.isShown && here.end === whole.end && isPartOf(here.rows, whole.rows);
    },
  );
  // It may end earlier than it did.
  return smaller.slice(0, (await become(evidence, smaller, pause)).answers);
}

/** What a conversation becomes. */
interface Become {
  /** Answers up to which it goes. */
  readonly answers: number;
  /** How it ends: why the last answer could not be read. */
  readonly end: string;
  /** What became of each row, as a text. */
  readonly rows: ReadonlySet<string>;
  /** Every finding is to be seen. */
  readonly isShown: boolean;
}

function isPartOf(rows: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return rows.isSubsetOf(whole) && (rows.size > 0 || whole.size === 0);
}

async function become(
  { partner, drift, answers, raised }: Evidence,
  bodies: readonly unknown[],
  pause: () => Promise<void>,
): Promise<Become> {
  const { manifest } = partner;
  const rows = new Set<string>();
  const shapes = new Map<string, Shape>();
  let end = '';
  let count = 0;
  const conversation = bodies.map((body, at) => ({ body, context: answers[at]!.context }));
  for (const { context, result } of readAgain(partner, conversation)) {
    const kind = kindOfAnswer(manifest, context);
    const shape = shapes.get(kind) ?? new Shape();
    shapes.set(kind, shape);
    if (!answers[count]!.isFailure) {
      for (const _ of observe(shape, bodies[count], manifest.format, drift.baseline(kind))) await pause();
    }
    count++;
    if (typeof result === 'string' || 'failure' in result) {
      end = typeof result === 'string' ? result : `${result.failure} ${result.detail}`;
      continue;
    }
    for (const row of result.rows) {
      rows.add(fateOf(partner, row, context));
      await pause();
    }
  }
  const isShown = raised.every((one) => shows(one, drift, shapes.get(one.answer)));
  return { answers: count, end, rows, isShown };
}

function fateOf(partner: ConfiguredPartner, row: unknown, context: AnswerContext): string {
  try {
    return JSON.stringify(offerView(partner, row, context));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a field is otherwise in a shape as it was found to be. */
function shows({ answer, kind, path: at, found }: OpenDrift, drift: PartnerDrift, shape: Shape | undefined): boolean {
  const here = shape?.at(at);
  if (kind === 'retyped') {
    const known = drift.baseline(answer)?.at(at);
    // Where some rows have one type and some another, both are to be mended.
    const types = new Set(found.split(' | ').filter((type) => known?.types.has(type as ShapeType) === false));
    return here !== undefined && types.isSubsetOf(here.types);
  }
  return (here?.seen ?? 0) === 0 && parentsOf(at, shape) > 0;
}

function parentsOf(at: string, shape: Shape | undefined): number {
  const isElement = at.endsWith('[]');
  const above = isElement ? at.slice(0, -2) : at.slice(0, Math.max(0, at.lastIndexOf('.')));
  const parent = above === '' ? shape : shape?.at(above);
  return (isElement ? parent?.elements : parent?.objects) ?? 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
