import type { LedgerInput, LedgerLine } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { ChargeKind, ChargeTerms } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { formatMinor } from '../../libs/money/index.ts';
import type { Line } from './ledger.ts';
import type { View } from './view.ts';

/** A charge's line of the ledger in words: what is inside the total or optional adds nothing, so its figure is told there. */
export function chargeLine(
  { charge, conversion }: Line & { readonly kind: 'charge' },
  view: View,
): Pick<LedgerLine, 'description' | 'source' | 'version' | 'inputs'> {
  const { currency, amountMinor, kind, terms } = charge;
  const stated = `${formatMinor(amountMinor, currency)} ${currency}`;
  const name = charge.name === '' ? 'charge' : charge.name;
  const way = conversion === undefined ? '' : `, ${stated}, ${conversion.description}`;
  const inputs: LedgerInput[] = [
    { name: 'terms', value: nameOf(ChargeTerms, terms) },
    { name: 'amount', value: stated },
  ];
  if (kind !== ChargeKind.UNSPECIFIED) inputs.unshift({ name: 'kind', value: nameOf(ChargeKind, kind) });
  if (conversion !== undefined && !conversion.identity) inputs.push({ name: 'rate', value: conversion.description });
  const { source, id } = view.table;
  const from = conversion === undefined || conversion.identity ? { source: '', version: '' } : { source, version: id };
  return { description: `${described(name, stated, terms, view.laterOnTop)}${way}`, ...from, inputs };
}

function described(name: string, stated: string, terms: ChargeTerms, laterOnTop: boolean): string {
  switch (terms) {
    case ChargeTerms.INCLUDED:
      return `of which ${name} ${stated}`;
    case ChargeTerms.ADDED_LATER:
      return laterOnTop ? `${name} ${stated}, due at the place on top of the total` : `${name}, due at the place`;
    case ChargeTerms.OPTIONAL_NOW:
      return `${name} ${stated}, optional, not added`;
    case ChargeTerms.OPTIONAL_LATER:
      return `${name} ${stated}, optional at the place, not added`;
    default:
      return `${name}, mandatory`;
  }
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}
