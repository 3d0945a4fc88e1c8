import path from 'node:path';
import { type LoadedCase, loadCases, runCase } from './cases.ts';
import { type Difference, differences } from './difference.ts';
import type { RowFate } from './search.ts';

/** What a change of a manifest does to one recorded conversation. */
export interface Comparison {
  readonly case: string;
  /** Offers that only the second manifest makes. */
  readonly gained: readonly Named[];
  /** Offers that only the first makes, with why the second does not. */
  readonly lost: readonly (Named & { readonly why: string })[];
  readonly changed: readonly { readonly id: string; readonly fields: readonly Difference[] }[];
  readonly same: number;
  /** Differences of the outcome itself and of the requests. */
  readonly outcome: readonly Difference[];
}

interface Named {
  readonly id: string;
  readonly price: string;
}

/**
 * The recordings of a partner through two manifests.
 *
 * @param folder the partner's: its cases and whatever stands beside the manifests
 * @throws ConfigError where one of them cannot be used
 */
export async function compareManifests(first: string, second: string, folder: string): Promise<Comparison[]> {
  const found: Comparison[] = [];
  for (const one of loadCases(folder)) found.push(await compareCase(one, manifestAt(first), manifestAt(second)));
  return found;
}

function manifestAt(file: string): string {
  return /\.ya?ml$/.test(file) ? path.resolve(file) : path.resolve(file, 'manifest.yaml');
}

async function compareCase(one: LoadedCase, first: string, second: string): Promise<Comparison> {
  const a = await runCase(one, first);
  const b = await runCase(one, second);
  const before = byId(a.search.fates);
  const after = byId(b.search.fates);
  const { offers: _a, digest: _da, ...outcomeA } = a.actual;
  const { offers: _b, digest: _db, ...outcomeB } = b.actual;
  const gained: Named[] = [];
  const lost: (Named & { why: string })[] = [];
  const changed: { id: string; fields: readonly Difference[] }[] = [];
  let same = 0;
  for (const [id, { offer }] of before) {
    if (offer === undefined) continue;
    const now = after.get(id);
    if (now?.offer === undefined) {
      lost.push({ id, price: priceText(offer), why: whyNot(now) });
      continue;
    }
    const fields = differences(offer, now.offer, '', { extra: true }).filter(({ path: at }) => !repeats(at));
    if (fields.length === 0) same++;
    else changed.push({ id, fields });
  }
  for (const [id, { offer }] of after) {
    if (offer !== undefined && before.get(id)?.offer === undefined) gained.push({ id, price: priceText(offer) });
  }
  return { case: one.name, gained, lost, changed, same, outcome: differences(outcomeA, outcomeB, '', { extra: true }) };
}

/** The key and most columns stand in the item too. */
function repeats(at: string): boolean {
  return at.startsWith('key.') || at.startsWith('columns.');
}

function byId(fates: readonly RowFate[]): Map<string, RowFate> {
  // Rows may share an id: then they are told apart by how often it came before.
  const found = new Map<string, RowFate>();
  const times = new Map<string, number>();
  for (const fate of fates) {
    const time = (times.get(fate.id) ?? 0) + 1;
    times.set(fate.id, time);
    found.set(time === 1 ? fate.id : `${fate.id} (${time})`, fate);
  }
  return found;
}

function priceText({ price }: NonNullable<RowFate['offer']>): string {
  return `${price.total} ${price.currency}`;
}

function whyNot(fate: RowFate | undefined): string {
  if (fate === undefined) return 'no such row';
  return fate.rejection === undefined ? 'no offer' : `${fate.rejection.reason}: ${fate.rejection.example}`;
}
