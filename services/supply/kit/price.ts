import type { Charge } from '../../../libs/columns/index.ts';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { minorDigits, parseAmount } from '../../../libs/money/index.ts';
import { type AnswerContext, type PartnerPrice, Rejection } from '../adapter.ts';
import { statedTaxBasis } from '../mapping/reject.ts';
import type { ExplainAbsence } from './absence.ts';
import { chargedParts, compileCharges, type ReadCharges } from './charges.ts';
import type { Compiler, Path } from './compiler.ts';
import type { PriceTemplate } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** A row's price, and what details it. */
interface CompiledPrice {
  readonly price: (frame: Frame, context: AnswerContext) => PartnerPrice;
  /** Charges that the price does not depend on; undefined where the manifest has none. */
  readonly details: ReadCharges | undefined;
}

/** Compiles the price of a row. Nothing is assumed: an amount, its currency and its tax basis come together or not at all. */
export function compilePrice(
  compiler: Compiler,
  path: Path,
  template: PriceTemplate,
  scope: Scope,
  id: Reader,
  absence: ExplainAbsence,
): CompiledPrice {
  const read = (key: Exclude<keyof PriceTemplate, 'charges'>, type?: 'string' | 'bool'): Reader | undefined =>
    template[key] === undefined ? undefined : compiler.expression([...path, key], template[key], scope, type);
  const total = read('total')!;
  const totalMax = read('totalMax');
  const currency = read('currency', 'string')!;
  const tax = read('tax');
  const dueLater = read('dueLater');
  const basis = read('basis', 'string');
  const metered = read('metered', 'bool');
  const parse = template.unit === 'minor' ? parseMinor : parseAmount;
  const { ofPrice, details } = compileCharges(compiler, [...path, 'charges'], template, scope, id, parse);
  const amount = (stated: unknown, reader: Reader, what: string, frame: Frame, code: unknown): number => {
    const parsed = parse(stated, code);
    if (!('rejected' in parsed)) return parsed.minor;
    // The row's id, and why there is nothing, are looked for only where something is wrong with it.
    const isThere = stated !== undefined && stated !== null;
    const lacks = code === undefined ? currency : isThere ? undefined : reader;
    const then = lacks === undefined ? frame : frame.slice();
    const why = lacks && ((): string | undefined => absence(then, lacks));
    throw new Rejection(parsed.rejected, `${what} of ${id(frame)}: ${parsed.example}`, why);
  };
  const optional = (reader: Reader | undefined, what: string, frame: Frame, code: unknown): number | undefined => {
    const stated = reader?.(frame);
    return stated === undefined || stated === null ? undefined : amount(stated, reader!, what, frame, code);
  };
  const price = (frame: Frame, context: AnswerContext): PartnerPrice => {
    if (metered?.(frame) === true) throw new Rejection(RejectionReason.METERED, `${id(frame)} has a tariff, no price`);
    const code = currency(frame);
    const totalMinor = amount(total(frame), total, 'total', frame, code);
    const price = {
      currency: code as string,
      totalMinor,
      taxMinor: optional(tax, 'tax', frame, code) ?? -1,
      dueLaterMinor: optional(dueLater, 'amount due later', frame, code) ?? 0,
      basis: basis === undefined ? statedTaxBasis(context) : basisOf(basis(frame), context),
    };
    // A range that ends where it begins is none.
    const totalMaxMinor = optional(totalMax, 'upper total', frame, code) ?? totalMinor;
    const ranged = totalMaxMinor === totalMinor ? price : { ...price, totalMaxMinor };
    return ofPrice === undefined ? ranged : withCharges(ranged, ofPrice(frame), tax !== undefined);
  };
  return { price, details };
}

/** What follows from the charges, where the manifest does not say it; those that are inside the total or optional stay behind. */
function withCharges(price: PartnerPrice, charges: readonly Charge[], taxStated: boolean): PartnerPrice {
  if (charges.length === 0) return price;
  const { taxMinor, dueLaterMinor, added } = chargedParts(charges, price.currency);
  return {
    ...price,
    taxMinor: taxStated ? price.taxMinor : taxMinor,
    dueLaterMinor: price.dueLaterMinor + dueLaterMinor,
    ...(added.length > 0 && { charges: added }),
  };
}

/** An amount that comes in minor units: a whole number, as such or as text. */
function parseMinor(stated: unknown, currency: unknown): ReturnType<typeof parseAmount> {
  if (typeof currency !== 'string' || minorDigits(currency) === undefined) {
    return { rejected: RejectionReason.INVALID_CURRENCY, example: 'no ISO 4217 currency code' };
  }
  const minor = typeof stated === 'string' && /^-?\d{1,16}$/.test(stated) ? Number(stated) : stated;
  if (typeof minor !== 'number' || !Number.isSafeInteger(minor)) {
    return { rejected: RejectionReason.INVALID_AMOUNT, example: 'no whole number of minor units' };
  }
  return minor < 0
    ? { rejected: RejectionReason.NEGATIVE_AMOUNT, example: `${minor} is negative` }
    : { minor, currency };
}

/** What the row says, or where it says nothing the manifest. */
function basisOf(stated: unknown, context: AnswerContext): TaxBasis {
  if (stated === undefined) return statedTaxBasis(context);
  if (stated === 'INCLUDED' || stated === 'EXCLUDED' || stated === 'PARTLY_INCLUDED') return TaxBasis[stated];
  throw new Rejection(RejectionReason.UNKNOWN_TAX_BASIS, 'the basis is none of INCLUDED, EXCLUDED, PARTLY_INCLUDED');
}
