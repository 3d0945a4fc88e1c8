import { type Charge, isAdded } from '../../../libs/columns/index.ts';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ChargeKind, ChargeTerms } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { parseAmount } from '../../../libs/money/index.ts';
import { Rejection } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import type { ChargeTemplate, PriceTemplate } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';
import { loopScope } from './template.ts';

/**
 * Taxes and fees of a row one by one. What may change the price is worked out with it, for every row; what only tells of what is
 * inside the total, or can be had beside it, when an offer is made whole. Which of the two a charge is, is known when the manifest
 * is loaded where its terms are written as they are (INCLUDED); terms that the row says are looked at in both.
 */

/** A row's charges. */
export type ReadCharges = (frame: Frame) => Charge[];

/** The charges of a manifest. */
export interface CompiledCharges {
  /** Those that the price depends on; undefined for none. */
  readonly ofPrice: ReadCharges | undefined;
  /** Those that only detail it, without any that is added; undefined for none. */
  readonly details: ReadCharges | undefined;
}

type ParseAmount = typeof parseAmount;

/** Compiles `price.charges`. */
export function compileCharges(
  compiler: Compiler,
  path: Path,
  price: PriceTemplate,
  scope: Scope,
  id: Reader,
  parse: ParseAmount,
): CompiledCharges {
  const templates = price.charges ?? [];
  const compiled = templates.map((template, at) => compileCharge(compiler, [...path, at], template, scope, id, parse));
  const ofPrice = compiled.filter((one) => one.mayAdd || (price.tax === undefined && one.mayBeTax));
  const details = compiled.filter((one) => one.mayDetail);
  if (price.dueLater !== undefined && compiled.some((one) => one.mayAddLater)) {
    compiler.problem(path, 'charges that are ADDED_LATER make up what is due later; leave "dueLater" out');
  }
  return {
    ofPrice: ofPrice.length === 0 ? undefined : (frame) => ofPrice.flatMap(({ read }) => read(frame)),
    details:
      details.length === 0
        ? undefined
        : (frame) => details.flatMap(({ read }) => read(frame)).filter(({ terms }) => !isAdded(terms)),
  };
}

interface CompiledCharge {
  readonly read: ReadCharges;
  readonly mayAdd: boolean;
  readonly mayAddLater: boolean;
  readonly mayDetail: boolean;
  readonly mayBeTax: boolean;
}

function compileCharge(
  compiler: Compiler,
  path: Path,
  template: ChargeTemplate,
  outer: Scope,
  id: Reader,
  parse: ParseAmount,
): CompiledCharge {
  const { each, as, where } = template;
  if (each === undefined && as !== undefined) compiler.problem([...path, 'as'], 'names an element of "each"');
  const over = each === undefined ? undefined : compiler.expression([...path, 'each'], each, outer, 'list_dyn');
  const loop = each === undefined ? undefined : loopScope(compiler, path, { as: as ?? 'it' }, outer);
  const scope = loop?.inner ?? outer;
  const read = (key: 'name' | 'amount' | 'currency', type?: 'string'): Reader =>
    compiler.expression([...path, key], template[key], scope, type);
  const when = where === undefined ? undefined : compiler.expression([...path, 'where'], where, scope, 'bool');
  const name = read('name', 'string');
  const amount = read('amount');
  const currency = read('currency', 'string');
  const kind = enumOf(compiler, [...path, 'kind'], template.kind, ChargeKind, scope);
  const terms = enumOf(compiler, [...path, 'terms'], template.terms, ChargeTerms, scope);
  const make = (frame: Frame): Charge => {
    const named = String(name(frame) ?? '');
    const due = terms.read(frame);
    if (due === undefined) throw invalid(named, id(frame), 'does not say on what terms it is due');
    const parsed = parse(amount(frame), currency(frame));
    if ('rejected' in parsed) throw invalid(named, id(frame), parsed.example);
    return {
      name: named,
      kind: (kind.read(frame) ?? ChargeKind.UNSPECIFIED) as ChargeKind,
      terms: due as ChargeTerms,
      currency: parsed.currency,
      amountMinor: parsed.minor,
    };
  };
  const known = terms.constant as ChargeTerms | undefined;
  return {
    read: charges(over, loop?.slot, when, make),
    mayAdd: known === undefined || isAdded(known),
    mayAddLater: known === undefined || known === ChargeTerms.ADDED_LATER,
    mayDetail: known === undefined || !isAdded(known),
    mayBeTax:
      (known === undefined || known === ChargeTerms.INCLUDED) &&
      (kind.constant === undefined || kind.constant === ChargeKind.TAX),
  };
}

function charges(
  over: Reader | undefined,
  slot: number | undefined,
  when: Reader | undefined,
  make: (frame: Frame) => Charge,
): ReadCharges {
  if (over === undefined || slot === undefined) {
    return (frame) => (when === undefined || when(frame) === true ? [make(frame)] : []);
  }
  return (frame) => {
    const elements = over(frame);
    if (!Array.isArray(elements)) return [];
    const made: Charge[] = [];
    for (const element of elements) {
      frame[slot] = element;
      if (when === undefined || when(frame) === true) made.push(make(frame));
    }
    return made;
  };
}

/** The number of an enum's name; `constant` where it is written as it is. */
interface EnumReader {
  readonly read: (frame: Frame) => number | undefined;
  readonly constant: number | undefined;
}

/** A name of the enum stands for itself; anything else is CEL that gives one. */
function enumOf(
  compiler: Compiler,
  path: Path,
  source: string | undefined,
  names: Readonly<Record<string, number>>,
  scope: Scope,
): EnumReader {
  if (source === undefined) return { read: () => undefined, constant: 0 };
  const known = new Map(Object.entries(names).filter(([, number]) => number > 0));
  const constant = known.get(source);
  if (constant !== undefined) return { read: () => constant, constant };
  if (/^[A-Z_]+$/.test(source)) {
    compiler.problem(path, `"${source}" is none of ${[...known.keys()].join(', ')}, and no CEL that gives one`);
    return { read: () => undefined, constant: 0 };
  }
  const read = compiler.expression(path, source, scope, 'string');
  return { read: (frame) => known.get(read(frame) as string), constant: undefined };
}

function invalid(name: string, row: unknown, why: string): Rejection {
  return new Rejection(RejectionReason.INVALID_CHARGE, `charge ${JSON.stringify(name.slice(0, 40))} of ${row}: ${why}`);
}

/** The parts of a price that follow from charges in its own currency. */
export function chargedParts(
  charges: readonly Charge[],
  currency: string,
): { readonly taxMinor: number; readonly dueLaterMinor: number; readonly added: readonly Charge[] } {
  let taxMinor = -1;
  let dueLaterMinor = 0;
  for (const charge of charges) {
    if (charge.currency !== currency) continue;
    if (charge.terms === ChargeTerms.INCLUDED && charge.kind === ChargeKind.TAX) {
      taxMinor = Math.max(taxMinor, 0) + charge.amountMinor;
    } else if (charge.terms === ChargeTerms.ADDED_LATER) dueLaterMinor += charge.amountMinor;
  }
  return { taxMinor, dueLaterMinor, added: charges.filter(({ terms }) => isAdded(terms)) };
}
