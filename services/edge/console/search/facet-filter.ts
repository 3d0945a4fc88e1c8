// What is chosen in facets, as the filter language says it.
import type { Attribute } from './vertical.ts';

/** What is chosen of one facet: any of some values, or a range of numbers. */
export type Choice = { readonly values: readonly string[] } | { readonly from?: number; readonly to?: number };

/** What is chosen, by attribute. */
export type Choices = Readonly<Record<string, Choice>>;

/** Whether anything is chosen of a facet. */
export function isChosen(choice: Choice | undefined): boolean {
  if (choice === undefined) return false;
  return 'values' in choice ? choice.values.length > 0 : choice.from !== undefined || choice.to !== undefined;
}

/**
 * The filter with what is chosen on top of it, as CEL; empty for none.
 * @param own the search's own filter
 * @param without an attribute whose choice does not count: its other values are counted so
 */
export function filterOf(own: string, choices: Choices, attributes: readonly Attribute[], without = ''): string {
  const terms = Object.entries(choices)
    .filter(([name, choice]) => name !== without && isChosen(choice))
    .map(([name, choice]) =>
      termOf(
        name,
        choice,
        attributes.find((attribute) => attribute.name === name),
      ),
    );
  if (terms.length === 0) return own;
  return [...(own.trim() === '' ? [] : [`(${own})`]), ...terms].join(' && ');
}

function termOf(name: string, choice: Choice, attribute: Attribute | undefined): string {
  if (!('values' in choice)) {
    const bound = (value: number): string => literal(String(value), attribute, name);
    return [
      ...(choice.from === undefined ? [] : [`${name} >= ${bound(choice.from)}`]),
      ...(choice.to === undefined ? [] : [`${name} <= ${bound(choice.to)}`]),
    ].join(' && ');
  }
  const literals = choice.values.map((value) => literal(value, attribute, name));
  if (attribute?.kind === 'texts') {
    const terms = literals.map((one) => `${one} in ${name}`);
    return terms.length === 1 ? terms.join('') : `(${terms.join(' || ')})`;
  }
  return literals.length === 1 ? `${name} == ${literals[0]}` : `${name} in [${literals.join(', ')}]`;
}

function literal(value: string, attribute: Attribute | undefined, name: string): string {
  if (attribute?.kind === 'flag') return value;
  if (attribute?.kind === 'number') return attribute.integer ? String(Math.round(Number(value))) : decimal(value);
  return name === 'price' ? decimal(value) : JSON.stringify(value);
}

/** A double is written with a point, or it would be an integer. */
const decimal = (value: string): string => (/[.e]/i.test(value) ? value : `${value}.0`);
