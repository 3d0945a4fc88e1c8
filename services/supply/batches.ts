import type { Context } from '@opentelemetry/api';
import { bitSet, makeBitmap, writeInt64s, writeUint32s } from '../../libs/columns/index.ts';
import type { PartnerBatch } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Page } from './ask.ts';
import { buildAllColumns, buildColumns, buildEvidence, buildPrices } from './build-columns.ts';
import { type Identities, type IdentityListener, provisionalId } from './identities.ts';
import type { MappedRows } from './map-rows.ts';

/** Rows in one batch at most: small enough to come up early, large enough that a message costs little. */
export const BATCH_ROWS = 200;

/** The product ids of a page's keys, by the best knowledge at this moment. */
export interface PageIdentity {
  /** One for each of the page's keys. */
  readonly ids: readonly string[];
  /** 1 for each key whose id is provisional. */
  readonly provisional: Uint8Array;
  /** Positions of the keys whose id is provisional. */
  readonly unsettled: readonly number[];
}

/** Looks the page's products up. */
export function identify({ mapped }: Page, identities: Identities): PageIdentity {
  const ids: string[] = [];
  const provisional = new Uint8Array(mapped.keys.length);
  const unsettled: number[] = [];
  for (let i = 0; i < mapped.keys.length; i++) {
    const key = mapped.keys[i]!;
    const known = identities.known(key);
    ids.push(known ?? provisionalId(key));
    if (known !== undefined) continue;
    provisional[i] = 1;
    unsettled.push(i);
  }
  return { ids, provisional, unsettled };
}

/** Asks for what is not settled; the listener hears of each of those keys, once. */
export function askIdentities(
  { mapped, partner }: Page,
  { ids, unsettled }: PageIdentity,
  identities: Identities,
  listener: IdentityListener,
  trace: Context,
): void {
  const { vertical } = partner.adapter;
  const unasked = unsettled.filter((i) => !identities.join(ids[i]!, listener));
  for (let start = 0; start < unasked.length; start += EVIDENCE_ROWS) {
    const some = unasked.slice(start, start + EVIDENCE_ROWS);
    const keys = some.map((i) => mapped.keys[i]!);
    const firstRows = some.map((i) => mapped.firstOf[i]!);
    const rows = buildEvidence(partner.plan, mapped, firstRows);
    identities.ask({ vertical, partner: partner.name, keys, rows }, listener, trace);
  }
}

/** Keys asked for as one piece, so that pieces of several partners fit into one call. */
const EVIDENCE_ROWS = 1_000;

/**
 * The page as batches, in order of its rows.
 *
 * @param identity absent for a caller that decides itself which product a row is: it gets every attribute and no products
 */
export function buildBatches(page: Page, identity?: PageIdentity): PartnerBatch[] {
  const batches: PartnerBatch[] = [];
  const fetchedAt = Temporal.Instant.fromEpochMilliseconds(page.fetchedAt);
  for (let start = 0; start < page.mapped.rows.length; start += BATCH_ROWS) {
    const end = Math.min(page.mapped.rows.length, start + BATCH_ROWS);
    batches.push(buildBatch(page, identity, fetchedAt, start, end));
  }
  return batches;
}

function buildBatch(
  { partner, answer, manifest, mapped, stale = false }: Page,
  identity: PageIdentity | undefined,
  fetchedAt: Temporal.Instant,
  start: number,
  end: number,
): PartnerBatch {
  const { plan, name } = partner;
  return {
    partner: name,
    answer,
    manifest,
    rows: writeUint32s(mapped.rows.slice(start, end)),
    columns:
      identity === undefined
        ? buildAllColumns(plan, mapped, start, end)
        : buildColumns(plan, plan.queryable, mapped, start, end),
    prices: buildPrices(mapped, start, end),
    ...(identity === undefined ? noProducts : productsOf(mapped, identity, start, end)),
    fetchedAt,
    expiresAt: writeInt64s(mapped.expiresAt.slice(start, end)),
    stale,
    partnerRates: [...mapped.rates],
  };
}

type Products = Pick<PartnerBatch, 'products' | 'provisional'>;

const noProducts: Products = { products: undefined, provisional: Buffer.alloc(0) };

function productsOf(
  mapped: MappedRows,
  { ids, provisional: isProvisional }: PageIdentity,
  start: number,
  end: number,
): Products {
  const codes = new Uint32Array(end - start);
  const dictionary: string[] = [];
  const provisional: number[] = [];
  const codeOfKey = new Int32Array(mapped.keys.length).fill(-1);
  for (let row = start; row < end; row++) {
    const key = mapped.keyOf[row]!;
    let code = codeOfKey[key]!;
    if (code < 0) {
      code = dictionary.push(ids[key]!) - 1;
      codeOfKey[key] = code;
      if (isProvisional[key] === 1) provisional.push(code);
    }
    codes[row - start] = code;
  }
  const bitmap = makeBitmap(dictionary.length);
  for (const code of provisional) bitSet(bitmap, code);
  return {
    products: { dictionary, codes: Buffer.from(codes.buffer) },
    provisional: Buffer.from(bitmap.buffer, bitmap.byteOffset, bitmap.byteLength),
  };
}
