import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { DynamicType } from '../../../libs/expression/index.ts';
import { descriptors, type Vertical } from '../../../libs/vertical/index.ts';

/**
 * A vertical's criteria as expressions see them: `criteria.departure_date`, by the proto's names, enums by name without
 * prefix, and whatever the client left out absent. Scalars are typed variables of their own, so that a typo is found when
 * the manifest is loaded.
 */

const SCALARS: Readonly<Record<number, DynamicType>> = {
  1: 'double',
  2: 'double',
  5: 'int',
  8: 'bool',
  9: 'string',
  13: 'int',
};

/** Type of each variable of the criteria. */
export function criteriaVariables(vertical: Vertical): ReadonlyMap<string, DynamicType> {
  const variables = new Map<string, DynamicType>();
  for (const field of messageOf(vertical).fields) variables.set(`criteria.${field.name}`, typeOf(field));
  return variables;
}

function typeOf(field: DescField): DynamicType {
  if (field.fieldKind === 'enum') return 'string';
  if (field.fieldKind === 'list') return 'list_dyn';
  if (field.fieldKind === 'scalar') return SCALARS[field.scalar] ?? 'dyn';
  return 'dyn';
}

function messageOf(vertical: Vertical): DescMessage {
  const message = descriptors().getMessage(vertical.criteriaMessage);
  if (message === undefined) throw new Error(`The descriptors lack ${vertical.criteriaMessage}.`);
  return message;
}

const views = new WeakMap<Criteria, Readonly<Record<string, unknown>>>();

/** The criteria's values by field name; made once for each search. */
export function criteriaView(vertical: Vertical, criteria: Criteria): Readonly<Record<string, unknown>> {
  let view = views.get(criteria);
  if (view === undefined) {
    view = viewOf(messageOf(vertical), (criteria.vertical?.value ?? {}) as unknown as Record<string, unknown>);
    views.set(criteria, view);
  }
  return view;
}

/** Generated messages hold oneofs as {$case, value}; empty texts, 0 of an enum and empty messages are absent. */
function viewOf(message: DescMessage, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const view: Record<string, unknown> = {};
  for (const field of message.fields) {
    const oneof =
      field.oneof === undefined ? undefined : (value[field.oneof.localName] as { $case?: string; value?: unknown });
    const stated = field.oneof === undefined || field.proto.proto3Optional ? value[field.localName] : undefined;
    const own = oneof !== undefined && oneof.$case === field.localName ? oneof.value : stated;
    const seen = own === undefined ? undefined : fieldView(field, own);
    if (seen !== undefined) view[field.name] = seen;
  }
  return view;
}

function fieldView(field: DescField, value: unknown): unknown {
  switch (field.fieldKind) {
    case 'enum':
      return enumName(field, value);
    case 'message':
      return value === undefined ? undefined : viewOf(field.message, value as Record<string, unknown>);
    case 'list':
      return (value as readonly unknown[]).map((element) => {
        if (field.listKind === 'message') return viewOf(field.message, element as Record<string, unknown>);
        return field.listKind === 'enum'
          ? field.enum.values.find(({ number }) => number === element)?.localName
          : element;
      });
    default:
      return value === '' ? undefined : value;
  }
}

function enumName(field: DescField & { fieldKind: 'enum' }, value: unknown): string | undefined {
  if (value === 0) return undefined;
  return field.enum.values.find(({ number }) => number === value)?.localName;
}
