import { type DescField, ScalarType } from '@bufbuild/protobuf';
import type { AttributeValueType } from '../columns/index.ts';
import { docOf } from './descriptors.ts';
import { readOption } from './option.ts';

/** A field of a product's content that an attribute tells; "none" for what belongs to the offer alone. */
export type ContentRole = (typeof CONTENTS)[number];

/** What a vertical's item declares about a field that anyone filters, sorts, facets or identifies by. */
export interface AttributeSpec {
  /** The proto field's name, snake_case: also the column's and the expression variable's name. */
  readonly name: string;
  /** The type of its values. Enums travel as names; a LocalTime is a time in epoch milliseconds. */
  readonly type: AttributeValueType;
  /** Unit as UCUM writes it: "min", "km", "1" for a count; empty for texts and flags. */
  readonly unit: string;
  /** May stand in a filter. */
  readonly filterable: boolean;
  /** May stand in order_by. */
  readonly sortable: boolean;
  /** How facets count it. */
  readonly facet: 'none' | 'value' | 'range';
  /** What normalization may conclude from it. */
  readonly identity: 'none' | 'shared_key' | 'partner_key' | 'evidence';
  /** What it tells of the product whoever sells it. */
  readonly content: ContentRole;
  /** Offers of one product that differ in it have prices of their own: the price of one is not judged by that of another. */
  readonly pricesApart: boolean;
  /** The enum's values in the order of their numbers, without prefix and without UNSPECIFIED, which means absent. */
  readonly enumValues: readonly string[];
  /** The field is proto3 `optional`. Any attribute may be absent in a column, whatever this says. */
  readonly optional: boolean;
  /** The field's comment. */
  readonly doc: string;
}

/**
 * Whether anyone may filter, sort or count by it. Pricing rules read filterable ones alone. What is left serves identity or
 * the product's content, and need not travel with offers.
 */
export function isQueryable({ filterable, sortable, facet }: AttributeSpec): boolean {
  return filterable || sortable || facet !== 'none';
}

/**
 * Whether it is told to normalization beside the first row of a product that is not known: what decides identity, and what is
 * known of the product whoever sells it.
 */
export function isTold({ identity, content }: AttributeSpec): boolean {
  return identity !== 'none' || content !== 'none';
}

/** Whether no row needs it but the one that tells normalization of its product: it is neither queryable nor a key. */
export function isToldOnly(spec: AttributeSpec): boolean {
  return isTold(spec) && !isQueryable(spec) && !spec.identity.endsWith('_key');
}

const EXTENSION = 'entrepot.type.v1.attribute';
const LOCAL_TIME = 'entrepot.type.v1.LocalTime';
const FACETS = ['none', 'value', 'range'] as const;
const IDENTITIES = ['none', 'shared_key', 'partner_key', 'evidence'] as const;
const CONTENTS = [
  'none',
  'name',
  'description',
  'latitude',
  'longitude',
  'address',
  'phone',
  'brand',
  'image_urls',
  'amenities',
  'star_rating',
  'specification',
] as const;

/** The attribute that a field declares, undefined when it declares none. Throws for a field type that has no column. */
export function attributeOf(field: DescField): AttributeSpec | undefined {
  const option = readOption(field, EXTENSION);
  if (option === undefined) return undefined;
  const facet = FACETS[option('facet') as number];
  const identity = IDENTITIES[option('identity') as number];
  const content = CONTENTS[option('content') as number];
  if (facet === undefined || identity === undefined || content === undefined) {
    throw new Error(
      `${field.parent.typeName}.${field.name}: this version does not know its facet kind, identity role or content role`,
    );
  }
  return {
    name: field.name,
    type: valueType(field),
    unit: option('unit') as string,
    filterable: option('filterable') as boolean,
    sortable: option('sortable') as boolean,
    facet,
    identity,
    content,
    pricesApart: option('prices_apart') as boolean,
    enumValues: field.enum?.values.filter((value) => value.number !== 0).map((value) => value.localName) ?? [],
    optional: field.proto.proto3Optional,
    doc: docOf(field),
  };
}

function valueType(field: DescField): AttributeValueType {
  if (field.fieldKind === 'enum') return 'enum';
  if (field.fieldKind === 'message' && field.message.typeName === LOCAL_TIME) return 'time';
  if (field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.STRING) {
    return 'string_list';
  }
  if (field.fieldKind === 'scalar') {
    if (field.scalar === ScalarType.BOOL) return 'bool';
    if (field.scalar === ScalarType.INT32) return 'int';
    if (field.scalar === ScalarType.DOUBLE) return 'double';
    if (field.scalar === ScalarType.STRING) return 'string';
  }
  throw new Error(
    `${field.parent.typeName}.${field.name} is declared an attribute; only bool, int32, double, string, an enum, ` +
      'LocalTime and repeated string have columns.',
  );
}
