// The reasons an error can carry, with their documentation, from the contracts.
import { descriptors, docOf } from '../../../libs/vertical/index.ts';

/** Every reason without its prefix, with what it means. */
export function errorReasons(): readonly { readonly name: string; readonly doc: string }[] {
  const reasons = descriptors().getEnum('entrepot.type.v1.ErrorReason');
  if (reasons === undefined) throw new Error('The contracts have no entrepot.type.v1.ErrorReason.');
  return reasons.values
    .filter((value) => value.number !== 0)
    .map((value) => ({ name: value.name.replace('ERROR_REASON_', ''), doc: docOf(value) }));
}
