import type { LedgerInput, LedgerLine } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { ChargeKind, ChargeTerms } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { formatMinor } from '../../libs/money/index.ts';
import type { Line } from './ledger.ts';

/** A charge's line of the ledger in words: what is inside the total or optional adds nothing, so its figure is told there. */
export function chargeLine(
  { charge, conversion }: Line & { readonly kind: 'charge' },
  laterOnTop: boolean,
): Pick<LedgerLine, 'description' | 'source' | 'version' | 'inputs'> {
  const { currency, amountMinor, kind, terms } = charge;
  const stated = `${formatMinor(amountMinor, currency)} ${currency}`;
  const description = described(charge.name === '' ? 'charge' : charge.name, stated, terms, laterOnTop);
  const inputs: LedgerInput[] = [
    ...(kind === ChargeKind.UNSPECIFIED ? [] : [{ name: 'kind', value: nameOf(ChargeKind, kind) }]),
    { name: 'terms', value: nameOf(ChargeTerms, terms) },
    { name: 'amount', value: stated },
  ];
  if (conversion === undefined) return { description, source: '', version: '', inputs };
  const { identity, source, version, spread } = conversion;
  const way = identity ? [] : [stated, conversion.description];
  const added = spread === undefined ? [] : [spread.description];
  for (const [name, value] of [...conversion.inputs, ...(spread?.inputs ?? [])]) inputs.push({ name, value });
  return { description: [description, ...way, ...added].join(', '), source, version, inputs };
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
