import { invalidField } from '../../../libs/errors/index.ts';
import type { Gate } from './public-api.ts';

/** No text may hold U+0000: no database keeps it, and what looks for it finds nothing. Refuses with INVALID_FIELD, naming the field. */
export const withoutNul: Gate = ({ request }) => {
  const field = fieldWithNul(request, '');
  if (field !== undefined) throw invalidField(field, 'holds the character U+0000, which no text may');
};

/** The path of the first text with it, by the names of JSON: "flight.origin", "partners[1]". */
function fieldWithNul(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? path : undefined;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) return first(value.entries(), (at) => `${path}[${at}]`);
  return first(Object.entries(value), (name) => (path === '' ? String(name) : `${path}.${name}`));
}

function first(
  members: Iterable<[string | number, unknown]>,
  pathOf: (name: string | number) => string,
): string | undefined {
  for (const [name, member] of members) {
    // A oneof is known by its member alone.
    const found = isOneof(member)
      ? fieldWithNul(member.value, pathOf(member.$case))
      : fieldWithNul(member, pathOf(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOneof(value: unknown): value is { readonly $case: string; readonly value: unknown } {
  return typeof value === 'object' && value !== null && '$case' in value;
}
