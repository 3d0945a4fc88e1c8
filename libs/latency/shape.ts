/**
 * The shape of a decoded message: the names of the fields that are set, the case of a oneof, how many elements lists have (1, 2
 * or more), and the same of messages in it. No values, so messages that take about the same work have the same shape, and
 * nothing personal is in it: "flight(adults,departureDate,destination,origin,slices:2(date,from,to))".
 */
export function shapeOf(message: object): string {
  return Object.entries(message)
    .flatMap(([name, value]) => shapeOfField(name, value))
    .sort()
    .join(',');
}

function shapeOfField(name: string, value: unknown): string[] {
  if (!isSet(value)) return [];
  if (Array.isArray(value)) {
    const inner = [...new Set(value.filter(isMessage).map(shapeOf))].sort().join('|');
    return [`${name}:${value.length > 2 ? '3+' : value.length}${inner === '' ? '' : `(${inner})`}`];
  }
  if (!isMessage(value)) return [name];
  if ('$case' in value && typeof value.$case === 'string') {
    const { value: chosen } = value as { readonly value?: unknown };
    // A oneof's case is set whatever its value is.
    return isMessage(chosen) ? [`${value.$case}(${shapeOf(chosen)})`] : [value.$case];
  }
  return [`${name}(${shapeOf(value)})`];
}

/** In proto3 what has its type's default is not set. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false || value === 0n) {
    return false;
  }
  return !(Array.isArray(value) || value instanceof Uint8Array) || value.length > 0;
}

/** Times and the like are values, whatever they are made of. */
function isMessage(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
