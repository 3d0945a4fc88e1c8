/** One place at which two values differ. */
export interface Difference {
  /** "offers[0].price.total". */
  readonly path: string;
  /** undefined for absent. */
  readonly expected: unknown;
  readonly actual: unknown;
}

/**
 * Where a value is not as expected, leaf by leaf. Null in what is expected stands for absent.
 *
 * @param extra members that nothing was expected of count too; else only what is expected is looked at
 */
export function differences(
  expected: unknown,
  actual: unknown,
  path = '',
  options: { readonly extra?: boolean } = {},
): Difference[] {
  if (expected === null && actual === undefined) return [];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, at) => differences(expected[at], actual[at], `${path}[${at}]`, options)).flat();
  }
  if (isMap(expected) && isMap(actual)) {
    const names = options.extra === true ? [...Object.keys(expected), ...Object.keys(actual)] : Object.keys(expected);
    return [...new Set(names)].flatMap((name) =>
      differences(expected[name], actual[name], path === '' ? name : `${path}.${name}`, options),
    );
  }
  return Object.is(expected, actual) ? [] : [{ path, expected, actual }];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A difference in a line: "offers[0].price.total: expected "89.45", got "89.46"". */
export function differenceText({ path, expected, actual }: Difference): string {
  return `${path}: expected ${shown(expected)}, got ${shown(actual)}`;
}

/** A value in a few words. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
