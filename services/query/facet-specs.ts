import { type AttributeSpec, isQueryable, type Vertical } from '../../libs/vertical/index.ts';

/** What facets can count. */
export interface FacetSpec {
  /** An attribute, "price" or "partner". */
  readonly name: string;
  /** Counts by value, or spread of a number or time. */
  readonly kind: 'value' | 'range';
  /** Counted where nobody says what to count. */
  readonly shown: boolean;
}

const known = new WeakMap<Vertical, readonly FacetSpec[]>();

/** Everything that can be counted of a vertical's offers: price, partner, and its attributes in the order of the item's fields. */
export function facetsOf(vertical: Vertical): readonly FacetSpec[] {
  let specs = known.get(vertical);
  if (specs === undefined) {
    const attributes = vertical.attributes.filter(
      (attribute) => isQueryable(attribute) && attribute.name !== 'price' && attribute.name !== 'partner',
    );
    specs = [
      { name: 'price', kind: 'range', shown: true },
      { name: 'partner', kind: 'value', shown: true },
      ...attributes.map((attribute) => ({
        name: attribute.name,
        kind: kindOf(attribute),
        shown: attribute.facet !== 'none',
      })),
    ];
    known.set(vertical, specs);
  }
  return specs;
}

/** As declared; of an attribute that declares none, what says most: numbers and times as a spread, the rest by value. */
function kindOf({ facet, type }: AttributeSpec): FacetSpec['kind'] {
  if (facet !== 'none') return facet;
  return type === 'int' || type === 'double' || type === 'time' ? 'range' : 'value';
}
