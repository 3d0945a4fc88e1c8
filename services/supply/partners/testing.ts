import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { Constraint } from '../../../libs/expression/index.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import {
  type Adapter,
  type AnswerContext,
  type AskContext,
  type Manifest,
  type PartnerRequest,
  Rejection,
} from '../adapter.ts';
import { appliedBy, constraintsIn } from '../filters.ts';
import type { KitRow } from '../kit/answer.ts';
import type { ManifestFile } from '../kit/manifest.ts';
import { loadAdapter } from '../load.ts';
import { chargeText } from '../workbench/offer-view.ts';

/**
 * An answer context for tests of one adapter, with its own manifest as the folder has it.
 *
 * @param name a folder beside this file, or the path of one elsewhere
 */
export function answerContext(
  name: string,
  criteria: Criteria,
  at: string,
  options: Readonly<Record<string, unknown>> = {},
): AnswerContext {
  const now = Date.parse(at);
  return {
    account: {
      partner: path.basename(name),
      endpoint: 'http://partner.test',
      credential: (key) => `${key}-of-test`,
      options,
    },
    criteria,
    market: 'GB',
    currency: 'EUR',
    locale: 'en-GB',
    now,
    fetchedAt: now,
    manifest: writtenManifest(name),
  };
}

/** The adapter of a folder beside this file, as supply loads it. */
export async function adapterOf(name: string): Promise<Adapter<KitRow, unknown>> {
  return (await loadAdapter(path.resolve(import.meta.dirname, name))).adapter as Adapter<KitRow, unknown>;
}

/** The manifest of a folder beside this file, checked and with its defaults. */
export async function manifestOf(name: string): Promise<ManifestFile> {
  return (await loadAdapter(path.resolve(import.meta.dirname, name))).manifest;
}

function writtenManifest(name: string): Manifest {
  const written = parseYaml(readFileSync(path.resolve(import.meta.dirname, name, 'manifest.yaml'), 'utf8'));
  const taxBasis: Record<string, { basis: TaxBasis; citation: string }> = {};
  for (const [market, stated] of Object.entries(written.taxBasis ?? {})) {
    const { basis, citation } = stated as { basis: keyof typeof TaxBasis; citation: string };
    taxBasis[market] = { basis: TaxBasis[basis] as TaxBasis, citation };
  }
  return { ...written, taxBasis, digest: 'test' };
}

/**
 * A search through the answers of its steps, or of pages: its requests, the last of which is not answered yet, and the context
 * in which its answer is read.
 */
export function conversation(
  adapter: Adapter<KitRow, unknown>,
  context: AnswerContext,
  ...answers: readonly unknown[]
): { readonly requests: readonly PartnerRequest[]; readonly context: AnswerContext } {
  const first = adapter.ask(context);
  if ('unsupported' in first) throw new Error(first.unsupported);
  const requests: PartnerRequest[] = [first];
  let last: PartnerRequest = first;
  const within = (): AnswerContext => ({ ...context, ...(last.progress !== undefined && { progress: last.progress }) });
  for (const answer of answers) {
    const result = adapter.read(answer, within());
    if ('failure' in result) throw new Error(result.detail);
    if (result.next === undefined) throw new Error('nothing is asked after this answer');
    last = result.next;
    requests.push(last);
  }
  return { requests, context: within() };
}

/** One row, as supply would take it: what its columns, price and lifetime say, or why it is rejected. */
export function offerOf<Row, Body>(adapter: Adapter<Row, Body>, row: Row, context: AnswerContext) {
  try {
    const price = adapter.price(row, context);
    const expiresAt = adapter.expiresAt(row, context);
    const columns: Record<string, unknown> = {};
    for (const [attribute, column] of Object.entries(adapter.columns)) columns[attribute] = column(row, context);
    return { price, expiresAt, columns, rejection: undefined };
  } catch (error) {
    if (error instanceof Rejection)
      return { rejection: error, price: undefined, expiresAt: undefined, columns: undefined };
    throw error;
  }
}

/** A row's charges, those that come with its price first: "City tax 4.40 EUR CITY_TAX ADDED_LATER". */
export function chargesOf<Row, Body>(adapter: Adapter<Row, Body>, row: Row, context: AnswerContext): string[] {
  const { charges = [] } = adapter.price(row, context);
  return [...charges, ...(adapter.details?.(row, context) ?? [])].map(chargeText);
}

/** The context of a search with a filter: what the adapter says that its partner applies of it is asked for. */
export function filtered<C extends AskContext>(
  { vertical, filters }: Pick<Adapter, 'vertical' | 'filters'>,
  context: C,
  filter: string,
): C & { readonly filters: readonly Constraint[] } {
  const kind = verticalOf(vertical);
  return { ...context, filters: appliedBy(filters, constraintsIn(filter, kind), kind, context) };
}
