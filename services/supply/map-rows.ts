import { type AttributeValueType, type Charge, chargeProblem } from '../../libs/columns/index.ts';
import { RejectionReason, RepairReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { ChargeTerms, TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { minorDigits } from '../../libs/money/index.ts';
import { type AttributeSpec, isQueryable, isTold, isToldOnly, type Vertical } from '../../libs/vertical/index.ts';
import { type AnswerContext, type PartnerPrice, Rejection, type RowReader } from './adapter.ts';
import type { Rejections } from './rejections.ts';
import { countingRepairs, type Repairs, repaired } from './repairs.ts';
import type { SeenOffers } from './seen-offers.ts';

/** One attribute, ready to be read from rows. */
export interface PlannedColumn {
  readonly name: string;
  readonly type: AttributeValueType;
  readonly read: (row: unknown, context: AnswerContext) => unknown;
  /** The names that an enum has; undefined for other types. */
  readonly names: ReadonlySet<string> | undefined;
}

/** How an adapter's rows become columns: made once an adapter. */
export interface ColumnPlan {
  /** Read from every row. */
  readonly columns: readonly PlannedColumn[];
  /** Positions in `columns` of the attributes that anyone filters, sorts or counts by: they go into batches. */
  readonly queryable: readonly number[];
  /** Positions of the attributes that identify a product whoever sells it. */
  readonly sharedKeys: readonly number[];
  /** Positions of the attributes that identify a product of this partner. */
  readonly partnerKeys: readonly number[];
  /** Positions of those that normalization is told: with a role in identity, or content of the product. */
  readonly evidence: readonly number[];
  /** What it is told besides: read from the first row of a product that is not known, and from no other. */
  readonly evidenceOnly: readonly PlannedColumn[];
  /** Positions of the columns of latitude and longitude, where there are both. */
  readonly position: readonly [latitude: number, longitude: number] | undefined;
}

/** Every attribute that an adapter's rows have. */
export function allColumns({ columns, evidenceOnly }: ColumnPlan): readonly PlannedColumn[] {
  return [...columns, ...evidenceOnly];
}

/** The plan of an adapter. Throws RangeError where the adapter maps what its vertical does not declare. */
export function planColumns(adapter: RowReader, vertical: Vertical): ColumnPlan {
  for (const name of Object.keys(adapter.columns)) {
    if (vertical.attribute(name) === undefined) {
      const known = vertical.attributes.map((attribute) => attribute.name).join(', ');
      throw new RangeError(`it maps "${name}", which is no attribute of ${vertical.name}; there are: ${known}`);
    }
  }
  const mapped = vertical.attributes.filter(({ name }) => Object.hasOwn(adapter.columns, name));
  const specs = mapped.filter((spec) => !isToldOnly(spec));
  const columns = specs.map((spec) => planned(adapter, spec));
  const those = (wanted: (spec: AttributeSpec) => boolean): number[] =>
    specs.flatMap((spec, position) => (wanted(spec) ? [position] : []));
  return {
    columns,
    queryable: those(isQueryable),
    sharedKeys: those(({ identity }) => identity === 'shared_key'),
    partnerKeys: those(({ identity }) => identity === 'partner_key'),
    evidence: those(isTold),
    evidenceOnly: mapped.filter(isToldOnly).map((spec) => planned(adapter, spec)),
    position: positionIn(columns),
  };
}

function positionIn(columns: readonly PlannedColumn[]): ColumnPlan['position'] {
  const [latitude, longitude] = ['latitude', 'longitude'].map((name) => columns.findIndex((one) => one.name === name));
  return latitude === undefined || longitude === undefined || latitude < 0 || longitude < 0
    ? undefined
    : [latitude, longitude];
}

/** Partners write 0, 0 for a position that they do not have: a place in the sea off Ghana where nothing is sold. */
function dropNowhere(position: ColumnPlan['position'], values: readonly unknown[][], at: number): void {
  if (position === undefined) return;
  const [latitude, longitude] = [values[position[0]]!, values[position[1]]!];
  if (latitude[at] !== 0 || longitude[at] !== 0) return;
  latitude[at] = undefined;
  longitude[at] = undefined;
  repaired(RepairReason.POSITION_DROPPED, '0, 0');
}

function planned(adapter: RowReader, { name, type, enumValues }: AttributeSpec): PlannedColumn {
  const read = adapter.columns[name]!;
  return { name, type, read, names: type === 'enum' ? new Set(enumValues) : undefined };
}

/** What identifies a product. Kept in two parts, because putting them together for every row costs as much as all else. */
export interface ProductKey {
  /** Where the text means something: the vertical and attribute, and the partner where the key is its own. */
  readonly scope: string;
  /** The value; a list's values joined by ">". */
  readonly text: string;
}

/** A page's rows that can become offers, attribute by attribute. */
export interface MappedRows {
  /** Rows that were looked at. */
  readonly received: number;
  /** Position of each in the page. */
  readonly rows: readonly number[];
  /** By column of the plan, one value a row; undefined where the row has none. */
  readonly values: readonly (readonly unknown[])[];
  readonly prices: readonly PartnerPrice[];
  /** The rates that the partner converts these prices at itself, where it states some. */
  readonly rates: readonly PartnerRate[];
  /** Epoch ms. */
  readonly expiresAt: readonly number[];
  /** When the last of them expires; 0 for no rows. */
  readonly lastExpiry: number;
  /** The distinct product keys. */
  readonly keys: readonly ProductKey[];
  /** Position in `keys`, one a row. */
  readonly keyOf: readonly number[];
  /** Position in `rows` of the first row with each key. */
  readonly firstOf: readonly number[];
  /**
   * Reads what was not mapped with the rows: of the row at a position of `rows`. undefined where it has none, or none of the
   * attribute's type: what nobody filters or sorts by rejects no row.
   */
  readonly late: (column: PlannedColumn, at: number) => unknown;
}

/**
 * Maps a page's rows in one pass. Rows that cannot become offers are counted in `rejections`.
 *
 * @param fresh whether the row at a position comes for the first time; absent: all do
 * @param repairs counts what is put right in rows; absent where nobody wants to know
 */
export function mapRows(
  plan: ColumnPlan,
  adapter: RowReader,
  rows: readonly unknown[],
  context: AnswerContext,
  seen: SeenOffers,
  rejections: Rejections,
  fresh?: (row: number) => boolean,
  repairs?: Repairs,
): MappedRows {
  return countingRepairs(repairs, () => readRows(plan, adapter, rows, context, seen, rejections, fresh, repairs));
}

function readRows(
  plan: ColumnPlan,
  adapter: RowReader,
  rows: readonly unknown[],
  context: AnswerContext,
  seen: SeenOffers,
  rejections: Rejections,
  fresh: ((row: number) => boolean) | undefined,
  repairs: Repairs | undefined,
): MappedRows {
  const { columns } = plan;
  const width = columns.length;
  const values: unknown[][] = Array.from({ length: width }, () => []);
  const kept: number[] = [];
  const prices: PartnerPrice[] = [];
  const expiresAt: number[] = [];
  const keys: ProductKey[] = [];
  const keyOf: number[] = [];
  const firstOf: number[] = [];
  const positionOf: (number | undefined)[] = [];
  let lastExpiry = 0;
  let received = 0;
  const late = (column: PlannedColumn, at: number): unknown => {
    try {
      return checkedValue(column, column.read(rows[kept[at]!], context));
    } catch {
      return undefined;
    }
  };
  const mapped = {
    received,
    rows: kept,
    values,
    prices,
    rates: NO_RATES,
    expiresAt,
    lastExpiry,
    keys,
    keyOf,
    firstOf,
    late,
  };
  const kinds = keyKinds(plan, adapter.vertical, context.account.partner);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    const at = kept.length;
    let reading = 'id';
    try {
      if (fresh?.(index) === false) continue;
      received++;
      repairs?.nextRow();
      reading = 'price';
      prices[at] = checkedPrice(adapter.price(row, context));
      reading = 'expiry';
      const expiry = checkedExpiry(adapter.expiresAt(row, context), context);
      expiresAt[at] = expiry;
      for (let position = 0; position < width; position++) {
        const column = columns[position]!;
        reading = column.name;
        if (repairs !== undefined) repairs.attribute = reading;
        values[position]![at] = checkedValue(column, column.read(row, context));
      }
      dropNowhere(plan.position, values, at);
      const kind = kindAt(kinds, values, at);
      const { position: keyColumn, scope } = kinds[kind]!;
      const text = keyText(values[keyColumn]![at]);
      const code = seen.code(kind, text);
      if (seen.seen(code, mapped, at)) throw new Rejection(RejectionReason.DUPLICATE, DUPLICATE);
      let position = positionOf[code];
      if (position === undefined) {
        position = keys.length;
        positionOf[code] = position;
        keys.push({ scope, text });
        firstOf.push(at);
      }
      keyOf.push(position);
      kept.push(index);
      if (expiry > lastExpiry) lastExpiry = expiry;
    } catch (error) {
      rejections.add(error, reading);
    }
  }
  // A rejected last row leaves its values behind.
  const count = kept.length;
  prices.length = count;
  expiresAt.length = count;
  for (const column of values) column.length = count;
  mapped.lastExpiry = lastExpiry;
  mapped.received = received;
  if (adapter.rates !== undefined && count > 0) {
    const currencies = new Set(prices.map(({ currency }) => currency));
    const stated = adapter.rates(rows[kept[0]!], context);
    mapped.rates = stated.filter(({ fromCurrency }) => currencies.has(fromCurrency));
  }
  return mapped;
}

const NO_RATES: readonly PartnerRate[] = [];

const DUPLICATE = 'every attribute and the price equal those of an earlier row';

function checkedPrice(price: PartnerPrice): PartnerPrice {
  const { totalMinor, totalMaxMinor, taxMinor, dueLaterMinor, currency, basis } = price;
  if (minorDigits(currency) === undefined) {
    throw new Rejection(RejectionReason.INVALID_CURRENCY, `${shown(currency)} is no ISO 4217 code`);
  }
  if (totalMinor < 0) throw new Rejection(RejectionReason.NEGATIVE_AMOUNT, `total ${totalMinor} minor units`);
  if (!Number.isSafeInteger(totalMinor)) throw invalidAmount('total', totalMinor);
  if (totalMaxMinor !== undefined && !(Number.isSafeInteger(totalMaxMinor) && totalMaxMinor >= totalMinor)) {
    throw new Rejection(
      RejectionReason.INVALID_AMOUNT,
      `upper bound ${shown(totalMaxMinor)} is no amount in minor units from the total (${totalMinor}) on`,
    );
  }
  if (!Number.isSafeInteger(taxMinor) || taxMinor < -1) throw invalidAmount('tax', taxMinor);
  if (!Number.isSafeInteger(dueLaterMinor) || dueLaterMinor < 0) throw invalidAmount('amount due later', dueLaterMinor);
  if (basis !== TaxBasis.INCLUDED && basis !== TaxBasis.EXCLUDED && basis !== TaxBasis.PARTLY_INCLUDED) {
    throw new Rejection(RejectionReason.UNKNOWN_TAX_BASIS, 'neither the row nor the manifest says what is included');
  }
  if (price.charges !== undefined) checkCharges(price, price.charges);
  return price;
}

/** Each charge is whole and mandatory, and what is due later in the price's currency is a part of what is due later. */
function checkCharges({ currency, dueLaterMinor }: PartnerPrice, charges: readonly Charge[]): void {
  let later = 0;
  for (const charge of charges) {
    const problem =
      chargeProblem(charge) ??
      (minorDigits(charge.currency) === undefined ? `${charge.currency} is no currency` : undefined);
    if (problem !== undefined) throw new Rejection(RejectionReason.INVALID_CHARGE, problem);
    if (charge.terms === ChargeTerms.ADDED_LATER && charge.currency === currency) later += charge.amountMinor;
  }
  if (later > dueLaterMinor) {
    throw new Rejection(
      RejectionReason.INVALID_CHARGE,
      `charges due later come to ${later} minor units, beyond the ${dueLaterMinor} that are due later in all`,
    );
  }
}

function invalidAmount(what: string, minor: unknown): Rejection {
  return new Rejection(RejectionReason.INVALID_AMOUNT, `${what} ${shown(minor)} is no amount in minor units`);
}

function checkedExpiry(expiresAt: number, context: AnswerContext): number {
  if (!Number.isSafeInteger(expiresAt) || expiresAt > LAST_INSTANT) {
    throw new Rejection(RejectionReason.INVALID_TIME, `its expiry ${shown(expiresAt)} is no moment`);
  }
  if (expiresAt <= context.fetchedAt) {
    const late = Math.ceil((context.fetchedAt - expiresAt) / 1_000);
    throw new Rejection(RejectionReason.EXPIRED, `expired ${late} s before it arrived`);
  }
  return expiresAt;
}

/** The last moment that a date can be of, in epoch ms. */
const LAST_INSTANT = 8_640_000_000_000_000;

/** The value as its attribute's type has it; undefined for absent, which null, "" and UNSPECIFIED mean too. */
function checkedValue({ name, type, names }: PlannedColumn, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value === '' ? undefined : value;
      break;
    case 'int':
      if (typeof value === 'number' && (value | 0) === value) return value;
      break;
    case 'time':
      if (Number.isSafeInteger(value)) return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'double':
      if (Number.isFinite(value)) return value;
      break;
    case 'enum':
      if (typeof value === 'string' && names!.has(value)) return value;
      if (value === 'UNSPECIFIED') return undefined;
      break;
    case 'string_list':
      if (Array.isArray(value) && value.every(isString)) return value;
      break;
  }
  const reason = type === 'time' ? RejectionReason.INVALID_TIME : RejectionReason.MISSING_FIELD;
  throw new Rejection(reason, `${name}: ${shown(value)} is no ${type.replace('_', ' ')}`);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(String(value).slice(0, 40));
}

/** An attribute that can identify a product, and where its values mean something. */
interface KeyKind {
  readonly name: string;
  readonly position: number;
  readonly scope: string;
}

/** Keys that all partners share come before a partner's own. */
function keyKinds(plan: ColumnPlan, vertical: string, partner: string): KeyKind[] {
  const named = (position: number, scope: string) => {
    const { name } = plan.columns[position]!;
    return { name, position, scope: `${scope}:${name}` };
  };
  return [
    ...plan.sharedKeys.map((position) => named(position, vertical)),
    ...plan.partnerKeys.map((position) => named(position, `${vertical}:${partner}`)),
  ];
}

/** The first kind of key that the row has. */
function kindAt(kinds: readonly KeyKind[], values: readonly (readonly unknown[])[], row: number): number {
  for (let kind = 0; kind < kinds.length; kind++) {
    if (values[kinds[kind]!.position]![row] !== undefined) return kind;
  }
  const names = kinds.map(({ name }) => name).join(', ');
  throw new Rejection(RejectionReason.MISSING_FIELD, `nothing in it identifies the product: it has no ${names}`);
}

function keyText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 1 ? String(value[0]) : value.join('>');
}
