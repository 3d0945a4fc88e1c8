import {
  type AnyColumnView,
  type AttributeValueType,
  chargeBytes,
  readColumns,
  readInt64s,
  readPrices,
  readUint32s,
} from '../../../libs/columns/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerBatch } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { AnswerContext } from '../adapter.ts';
import type { Page } from '../ask.ts';
import { PartnerFailure } from '../failure.ts';
import { allColumns, mapRows } from '../map-rows.ts';
import type { Rejections } from '../rejections.ts';
import type { SeenOffers } from '../seen-offers.ts';
import { answerText } from './handle.ts';
import type { RemotePartner, RemoteRow } from './partner.ts';

/** Rows of one search. */
export const MOST_ROWS = 20_000;
/** Characters of the texts in a handle. */
const MOST_HANDLE_TEXT = 200;

/** How the values of an attribute's type are laid out. */
const LAYOUTS: Readonly<Record<AttributeValueType, AnyColumnView['type']>> = {
  bool: 'bool',
  int: 'int32',
  double: 'double',
  time: 'int64',
  string: 'string',
  enum: 'string',
  string_list: 'string_list',
};

/**
 * A remote's batch as a page. Whatever its layout promises is checked here; then its rows go through the same checks as
 * those of any partner, which reject one row at a time (expired, no currency of ISO 4217, an unknown enum name, nothing
 * that identifies the product, seen before). Product ids that it gives are not looked at.
 *
 * @param context of the search, with the moment at which the batch came
 * @throws PartnerFailure MALFORMED, with the field and what was wrong
 */
export function readPage(
  partner: RemotePartner,
  batch: PartnerBatch,
  context: AnswerContext,
  seen: SeenOffers,
  rejections: Rejections,
): Page {
  const { rows, numbers } = checked(partner, batch);
  partner.version.see(batch.manifest);
  const mapped = mapRows(partner.plan, partner.adapter, rows, context, seen, rejections);
  const stated = batch.fetchedAt?.epochMilliseconds ?? context.fetchedAt;
  return {
    partner,
    answer: answerText(batch.answer, batch.manifest),
    manifest: partner.route,
    // A clock that is ahead of ours does not make an answer of the future.
    fetchedAt: Math.min(stated, context.fetchedAt),
    mapped: { ...mapped, rows: mapped.rows.map((at) => numbers[at]!), rates: batch.partnerRates },
  };
}

/** About the bytes that a batch came in: its arrays and texts. */
export function bytesOf({ columns, prices, rows, expiresAt }: PartnerBatch): number {
  let bytes = rows.length + expiresAt.length + textBytes(prices?.currencies);
  if (prices !== undefined) {
    bytes += prices.currencyCodes.length + prices.totalMinor.length + prices.taxMinor.length;
    bytes += prices.dueLaterMinor.length + prices.taxBasis.length + prices.totalMaxMinor.length;
    bytes += chargeBytes(prices.charges);
  }
  for (const { presence, values } of columns?.columns ?? []) {
    bytes += presence.length;
    if (values?.$case === 'strings') bytes += values.value.codes.length + textBytes(values.value.dictionary);
    else if (values?.$case === 'stringLists') {
      bytes += values.value.codes.length + values.value.offsets.length + textBytes(values.value.dictionary);
    } else if (values !== undefined) bytes += values.value.length;
  }
  return bytes;
}

function textBytes(texts: readonly string[] = []): number {
  return texts.reduce((bytes, text) => bytes + text.length + 2, 0);
}

function checked(partner: RemotePartner, batch: PartnerBatch): { rows: RemoteRow[]; numbers: Uint32Array } {
  const { columns: packed, prices: packedPrices } = batch;
  if (batch.partner !== partner.name)
    throw malformed(`batch.partner: "${clip(batch.partner)}" is not "${partner.name}"`);
  if (batch.answer === '' || batch.answer.length > MOST_HANDLE_TEXT) {
    throw malformed(`batch.answer: has ${batch.answer.length} characters; give 1 to ${MOST_HANDLE_TEXT}`);
  }
  if (batch.manifest.length > MOST_HANDLE_TEXT) {
    throw malformed(`batch.manifest: has ${batch.manifest.length} characters; at most ${MOST_HANDLE_TEXT}`);
  }
  if (packed === undefined) throw malformed('batch.columns: missing');
  if (packedPrices === undefined) throw malformed('batch.prices: missing');
  const { rowCount } = packed;
  expectBytes('batch.rows', batch.rows, rowCount, 4);
  expectBytes('batch.expires_at', batch.expiresAt, rowCount, 8);
  expectBytes('batch.prices.currency_codes', packedPrices.currencyCodes, rowCount, 1);
  try {
    const numbers = readUint32s(batch.rows);
    if (new Set(numbers).size !== rowCount) throw malformed('batch.rows: a position comes twice');
    const columns = readColumns(packed);
    for (const view of columns.values()) checkType(partner, view);
    const prices = readPrices(packedPrices);
    const expiresAt = readInt64s(batch.expiresAt);
    return { rows: Array.from({ length: rowCount }, (_, at) => ({ columns, prices, expiresAt, at })), numbers };
  } catch (error) {
    if (error instanceof EntrepotError) throw malformed(`batch.${error.message}`, error);
    throw error;
  }
}

function expectBytes(field: string, { length }: Uint8Array, rows: number, each: number): void {
  if (length !== rows * each) throw malformed(`${field}: has ${length} bytes; ${rows} rows need ${rows * each}`);
}

function checkType(partner: RemotePartner, view: AnyColumnView): void {
  const column = allColumns(partner.plan).find(({ name }) => name === view.attribute);
  if (column === undefined) {
    const known = allColumns(partner.plan)
      .map(({ name }) => name)
      .join(', ');
    throw malformed(
      `batch.columns: "${clip(view.attribute)}" is no attribute of ${partner.adapter.vertical}; there are: ${known}`,
    );
  }
  if (view.type === LAYOUTS[column.type]) return;
  throw malformed(`batch.columns.${column.name}: holds ${view.type} values; it is of type ${column.type}`);
}

/** What the remote sent is not what the contract promises. */
export function malformed(detail: string, cause?: unknown): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.MALFORMED, detail: detail.slice(0, 300), cause });
}

/** A text of a remote's, short enough to be shown. */
export function clip(text: string): string {
  return text.slice(0, 60);
}
