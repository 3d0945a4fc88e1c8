import type { DescMessage } from '@bufbuild/protobuf';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { descriptors } from '../../../libs/vertical/index.ts';

type Fields = Record<string, unknown>;

/** Degrees that positions are rounded to: about a hundred metres. */
const digits = 3;

/**
 * What was sought as it may be kept: without what the contracts mark `debug_redact`, and with positions to about a hundred metres.
 */
export function impersonal(criteria: Criteria): Criteria {
  const message = descriptors().getMessage('entrepot.offer.v1.Criteria');
  if (message === undefined) throw new Error('The descriptors lack entrepot.offer.v1.Criteria.');
  return Criteria.fromJSON(cleaned(message, Criteria.toJSON(criteria) as Fields));
}

/** Over the JSON form, which leaves out what is not set. */
function cleaned(message: DescMessage, value: Fields): Fields {
  const kept: Fields = {};
  for (const field of message.fields) {
    const own = value[field.jsonName];
    if (own === undefined || field.proto.options?.debugRedact === true) continue;
    const inner = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
    if (inner === undefined || typeof own !== 'object') kept[field.jsonName] = rounded(message, own);
    else if (Array.isArray(own)) kept[field.jsonName] = own.map((one) => cleaned(inner, one as Fields));
    else kept[field.jsonName] = cleaned(inner, own as Fields);
  }
  return kept;
}

function rounded({ typeName }: DescMessage, value: unknown): unknown {
  const isDegrees = typeName === 'entrepot.type.v1.GeoPoint' && typeof value === 'number';
  return isDegrees ? Number(value.toFixed(digits)) : value;
}
