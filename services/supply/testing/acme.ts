import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { ConfigError, type ConfigProblem } from '../../../libs/config/index.ts';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { RideCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { type Adapter, type AnswerContext, type PartnerRequest, type Progress, Rejection } from '../adapter.ts';
import type { KitRow } from '../kit/answer.ts';
import { loadAdapter } from '../load.ts';

/** A made-up partner of rides, for tests of the kit. Tests replace parts of it. */
export const acme = `name: acme
title: Acme
vertical: ride
format: json
defaults: { timeoutMs: 1000, maxPages: 3, maxBodyBytes: 65536, concurrency: 2, lifetimeSeconds: 60 }
taxBasis:
  "*": { basis: INCLUDED, citation: made up for tests }
options:
  page_size: { type: integer, description: rows of a page, default: 2, minimum: 1, maximum: 50 }
credentials:
  token: the account's token
auth: { bearer: token }
tables:
  classes: { A: STANDARD, B: VAN }
search:
  path: /rides
rows: body.rides
mapping:
  id: row.id
  price:
    total: row.price
    currency: row.currency
  item:
    product_code: row.id
    product_name: row.name
    ride_class: classes[row.kind]
    capacity: row.seats
verify:
  request:
    path: /rides/{row.id}
  rows: list(body.ride)
  single: true
handoff:
  token: row.id
`;

/** The manifest with parts replaced; each part must be in it. */
export function changed(...replacements: readonly (readonly [part: string, by: string])[]): string {
  return replacements.reduce((text, [part, by]) => {
    if (!text.includes(part)) throw new Error(`the manifest has no ${JSON.stringify(part)}`);
    return text.replace(part, () => by);
  }, acme);
}

/** A folder "acme" with the manifest and what else is given; it goes with the test. */
export function folderOf(manifest: string, files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(path.join(tmpdir(), 'entrepot-kit-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = path.join(root, 'acme');
  mkdirSync(folder);
  for (const [name, text] of Object.entries({ 'manifest.yaml': manifest, ...files })) {
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** The adapter that a manifest makes. */
export async function adapterFrom(
  manifest: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Adapter<KitRow, unknown>> {
  return (await loadAdapter(folderOf(manifest, files))).adapter as Adapter<KitRow, unknown>;
}

/** What is wrong with a manifest, as `entrepot check` finds it. */
export async function problemsOf(
  manifest: string,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly ConfigProblem[]> {
  try {
    await loadAdapter(folderOf(manifest, files));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Criteria of a ride. */
export function rideCriteria(criteria: Parameters<typeof RideCriteria.fromPartial>[0] = {}): Criteria {
  return { vertical: { $case: 'ride', value: RideCriteria.fromPartial({ passengers: 1, ...criteria }) } };
}

/** A context of a search at Acme. */
export function acmeContext(changes: Partial<AnswerContext> = {}): AnswerContext {
  const now = Date.parse('2027-01-11T09:00:00Z');
  return {
    account: {
      partner: 'acme',
      endpoint: 'https://api.acme.example/v1',
      credential: (name) => `${name}-of-test`,
      options: {},
    },
    criteria: rideCriteria(),
    market: 'GB',
    currency: 'GBP',
    locale: 'en-GB',
    now,
    fetchedAt: now,
    manifest: {
      name: 'acme',
      title: 'Acme',
      vertical: 'ride',
      format: 'json',
      defaults: { timeoutMs: 1000, maxPages: 3, maxBodyBytes: 65_536, concurrency: 2, lifetimeSeconds: 60 },
      taxBasis: { '*': { basis: TaxBasis.INCLUDED, citation: 'made up' } },
      digest: 'test',
    },
    ...changes,
  };
}

/** The first request of a search; throws where the adapter cannot ask. */
export function asked(adapter: Pick<Adapter<KitRow, unknown>, 'ask'>, context = acmeContext()): PartnerRequest {
  const request = adapter.ask(context);
  if ('unsupported' in request) throw new Error(request.unsupported);
  return request;
}

/** An answer read as the one to a request: rows and what comes next. Throws where it is a failure. */
export function answered(
  adapter: Pick<Adapter<KitRow, unknown>, 'read'>,
  body: unknown,
  progress: Progress | undefined,
  context = acmeContext(),
) {
  const result = adapter.read(body, { ...context, ...(progress !== undefined && { progress }) });
  if ('failure' in result) throw new Error(result.detail);
  return result;
}

/** Why a row is rejected when it is read in full; undefined where it becomes an offer. */
export function rejectionOf(
  adapter: Pick<Adapter<KitRow, unknown>, 'price' | 'expiresAt' | 'columns' | 'item'>,
  row: KitRow,
  context = acmeContext(),
): string | undefined {
  try {
    adapter.price(row, context);
    adapter.expiresAt(row, context);
    for (const column of Object.values(adapter.columns)) column(row, context);
    adapter.item(row, context, () => true);
    return undefined;
  } catch (error) {
    if (error instanceof Rejection) return error.example;
    throw error;
  }
}
