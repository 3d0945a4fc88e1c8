import {
  type Click,
  ConversionStatus,
  type ReportConversionRequest,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Money } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError, type FieldViolation, invalidFields } from '../../libs/errors/index.ts';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import type { Store, StoreOptions } from '../../libs/store/index.ts';
import { accuracyMigration } from './accuracy/schema.ts';
import { countsMigration } from './handoff-counts.ts';
import type { Sees } from './held.ts';

/** What the store of clicks has to be opened with; `directory` is the caller's choice. */
export const clickStore: Pick<StoreOptions, 'schema' | 'migrations'> = {
  schema: 'query',
  migrations: [
    {
      id: '0001-clicks',
      sql: `
        CREATE TABLE clicks (
          click_id text PRIMARY KEY,
          search_id text NOT NULL,
          offer_id text NOT NULL,
          product_id text NOT NULL,
          partner text NOT NULL,
          client text NOT NULL,
          client_reference text NOT NULL,
          shown_currency text NOT NULL,
          shown_total numeric NOT NULL,
          clicked_at timestamptz NOT NULL,
          conversion text,
          converted_at timestamptz
        );
        CREATE INDEX clicks_by_partner ON clicks (partner, clicked_at);
        CREATE TABLE conversions (
          click_id text NOT NULL REFERENCES clicks,
          status text NOT NULL,
          currency text,
          amount numeric,
          partner_reference text NOT NULL,
          reported_at timestamptz NOT NULL,
          PRIMARY KEY (click_id, status)
        );`,
    },
    countsMigration,
    accuracyMigration,
  ],
};

/** A click as it is recorded. */
export interface NewClick {
  readonly clickId: string;
  readonly searchId: string;
  readonly offerId: string;
  readonly productId: string;
  readonly partner: string;
  readonly client: string;
  readonly clientReference: string;
  readonly shownTotal: Money;
}

interface ClickRow {
  readonly click_id: string;
  readonly offer_id: string;
  readonly product_id: string;
  readonly partner: string;
  readonly client: string;
  readonly client_reference: string;
  readonly shown_currency: string;
  readonly shown_total: string;
  readonly clicked_at: Date;
  readonly conversion: StatusName | null;
  readonly converted_at: Date | null;
}

/** A click with what was reported of it, as another process can take it over. */
export interface ClickCopy {
  readonly click: Record<string, unknown>;
  readonly conversions: readonly Record<string, unknown>[];
}

interface ConversionRow {
  readonly currency: string | null;
  readonly amount: string | null;
  readonly partner_reference: string;
}

type StatusName = 'BOOKED' | 'CANCELLED' | 'REFUSED';

/** From what is known of a click to what may be reported next. */
const following: Readonly<Record<StatusName | 'NONE', readonly StatusName[]>> = {
  NONE: ['BOOKED', 'CANCELLED', 'REFUSED'],
  BOOKED: ['CANCELLED'],
  CANCELLED: [],
  REFUSED: [],
};

/** Longest reference that is stored, in characters. */
export const mostReferenceLength = 200;

/** Hand-offs and what became of them. */
export class Clicks {
  readonly #store: Store;

  /** @param store opened with {@link clickStore} */
  constructor(store: Store) {
    this.#store = store;
  }

  /** Records a click. Once this resolves, it is not lost. */
  async record(click: NewClick): Promise<void> {
    const { clickId, searchId, offerId, productId, partner, client, clientReference, shownTotal } = click;
    await this.#store.query(
      `INSERT INTO clicks (click_id, search_id, offer_id, product_id, partner, client, client_reference,
         shown_currency, shown_total, clicked_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())`,
      [
        clickId,
        searchId,
        offerId,
        productId,
        partner,
        client,
        clientReference,
        shownTotal.currencyCode,
        shownTotal.amount,
      ],
    );
  }

  /** A click with everything that is known of it; undefined where there is none of that id. */
  async copy(clickId: string): Promise<ClickCopy | undefined> {
    const [click] = await this.#store.query<ClickCopy['click']>('SELECT * FROM clicks WHERE click_id = $1', [clickId]);
    if (click === undefined) return undefined;
    const conversions = await this.#store.query<ClickCopy['click']>('SELECT * FROM conversions WHERE click_id = $1', [
      clickId,
    ]);
    return { click, conversions };
  }

  /** Takes over what another process knows of a click. */
  async restore({ click, conversions }: ClickCopy): Promise<void> {
    await this.#store.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO clicks SELECT * FROM jsonb_populate_record(NULL::clicks, $1::jsonb)
         ON CONFLICT (click_id) DO UPDATE SET conversion = EXCLUDED.conversion, converted_at = EXCLUDED.converted_at`,
        [JSON.stringify(click)],
      );
      await tx.query(
        `INSERT INTO conversions SELECT * FROM jsonb_populate_recordset(NULL::conversions, $1::jsonb)
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(conversions)],
      );
    });
  }

  /**
   * Takes in what became of a click. The same report again changes nothing, also when others have come since.
   * @param sees whose clicks the reporter knows; the others are none to it
   * @throws EntrepotError INVALID_FIELD, CLICK_NOT_FOUND, CONFLICT (the same status with other content, or a status that
   * cannot follow what is known)
   */
  async report(request: ReportConversionRequest, sees: Sees): Promise<Click> {
    const status = checkReport(request);
    const { clickId, amount, partnerReference } = request;
    return this.#store.transaction(async (tx) => {
      const [click] = await tx.query<ClickRow>('SELECT * FROM clicks WHERE click_id = $1 FOR UPDATE', [clickId]);
      if (click === undefined || !sees(click.client)) {
        throw new EntrepotError({ reason: 'CLICK_NOT_FOUND', message: 'There is no click of this id.' });
      }
      const [known] = await tx.query<ConversionRow>(
        'SELECT currency, amount, partner_reference FROM conversions WHERE click_id = $1 AND status = $2',
        [clickId, status],
      );
      if (known !== undefined) {
        if (sameReport(known, request)) return clickOf(click);
        throw conflict(`${status} was reported for this click before, with another amount or reference.`);
      }
      const before = click.conversion ?? 'NONE';
      if (!following[before].includes(status)) throw conflict(`The click is ${before}; ${status} cannot follow that.`);
      await tx.query(
        `INSERT INTO conversions (click_id, status, currency, amount, partner_reference, reported_at)
         VALUES ($1, $2, $3, $4, $5, now())`,
        [clickId, status, amount?.currencyCode ?? null, amount?.amount ?? null, partnerReference],
      );
      const [after] = await tx.query<ClickRow>(
        'UPDATE clicks SET conversion = $2, converted_at = now() WHERE click_id = $1 RETURNING *',
        [clickId, status],
      );
      return clickOf(after ?? click);
    });
  }
}

function checkReport({ clickId, status, amount, partnerReference }: ReportConversionRequest): StatusName {
  const violations: FieldViolation[] = [];
  const names: readonly StatusName[] = ['BOOKED', 'CANCELLED', 'REFUSED'];
  const name = names.find((candidate) => ConversionStatus[candidate] === status);
  if (clickId === '') violations.push({ field: 'clickId', description: 'is missing' });
  if (name === undefined) violations.push({ field: 'status', description: `must be one of ${names.join(', ')}` });
  if (amount !== undefined) {
    const digits = minorDigits(amount.currencyCode);
    const decimal = Decimal.parse(amount.amount);
    if (digits === undefined) violations.push({ field: 'amount.currencyCode', description: 'is no ISO 4217 code' });
    else if (decimal?.toMinor(digits) === undefined || decimal.compare(Decimal.zero) < 0) {
      const description = `must be a decimal that is not negative, with at most ${digits} digits after the point`;
      violations.push({ field: 'amount.amount', description });
    }
  }
  violations.push(...checkReference('partnerReference', partnerReference));
  if (name === undefined || violations.length > 0) throw invalidFields(violations);
  return name;
}

/** What is wrong with a reference that is to be stored: its length, or characters that are no text. */
export function checkReference(field: string, text: string): FieldViolation[] {
  if (text.length > mostReferenceLength) {
    return [{ field, description: `is longer than ${mostReferenceLength} characters` }];
  }
  const printable = !/\p{Cc}/u.test(text);
  return printable ? [] : [{ field, description: 'has control characters; give plain text' }];
}

function sameReport(known: ConversionRow, { amount, partnerReference }: ReportConversionRequest): boolean {
  if (known.partner_reference !== partnerReference) return false;
  if (known.amount === null || amount === undefined) return known.amount === null && amount === undefined;
  const [a, b] = [Decimal.parse(known.amount), Decimal.parse(amount.amount)];
  return known.currency === amount.currencyCode && a !== undefined && b !== undefined && a.compare(b) === 0;
}

function conflict(message: string): EntrepotError {
  return new EntrepotError({ reason: 'CONFLICT', message });
}

function clickOf(row: ClickRow): Click {
  return {
    clickId: row.click_id,
    offerId: row.offer_id,
    productId: row.product_id,
    partner: row.partner,
    shownTotal: { currencyCode: row.shown_currency, amount: row.shown_total },
    clickedAt: Temporal.Instant.fromEpochMilliseconds(row.clicked_at.getTime()),
    clientReference: row.client_reference,
    conversion: row.conversion === null ? ConversionStatus.UNSPECIFIED : ConversionStatus[row.conversion],
    convertedAt:
      row.converted_at === null ? undefined : Temporal.Instant.fromEpochMilliseconds(row.converted_at.getTime()),
  };
}
