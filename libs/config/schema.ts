import { Ajv2020, type DefinedError, type ErrorObject } from 'ajv/dist/2020.js';

/** A JSON schema (draft 2020-12). Descriptions of its parts appear in problems as what was expected. */
export type JSONSchema = Readonly<Record<string, unknown>>;

/** What a schema refuses, and where. */
export interface SchemaProblem {
  /** Steps to the value. */
  readonly path: (string | number)[];
  /** The key of that mapping which is the trouble, when it is one. */
  readonly key?: string;
  /** What is wrong and what was expected. */
  readonly reason: string;
}

const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  useDefaults: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
  formats: {
    uri: (text: string) => URL.canParse(text),
    date: (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
    'time-zone': isTimeZone,
  },
});

/** Everything that the schema refuses in the value. Fills the schema's defaults into the value. */
export function schemaProblems(schema: JSONSchema, value: unknown): SchemaProblem[] {
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  return narrow(validate.errors ?? []).map((error) => describe(error as DefinedError));
}

/**
 * Of alternatives (anyOf, oneOf) that all failed, keeps the errors of the one that was most likely meant: the one that
 * fits best at its root. Errors of the other alternatives would only mislead.
 */
function narrow(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
    .sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  let kept = errors.filter(({ keyword }) => keyword !== 'if');
  for (const choice of choices) {
    const prefix = `${choice.schemaPath}/`;
    const branches = new Map<string, ErrorObject[]>();
    for (const error of kept) {
      if (!error.schemaPath.startsWith(prefix) || !error.instancePath.startsWith(choice.instancePath)) continue;
      const branch = error.schemaPath.slice(prefix.length).split('/')[0]!;
      const list = branches.get(branch);
      if (list) list.push(error);
      else branches.set(branch, [error]);
    }
    if (branches.size === 0) continue;
    const misfit = (list: ErrorObject[]): number =>
      list.filter(({ instancePath }) => instancePath === choice.instancePath).length * 100 + list.length;
    const best = [...branches.values()].reduce((a, b) => (misfit(b) < misfit(a) ? b : a));
    const wrongKind = best.every(
      ({ keyword, instancePath }) => keyword === 'type' && instancePath === choice.instancePath,
    );
    const others = new Set([...branches.values()].flat());
    kept = kept.filter((error) =>
      wrongKind ? !others.has(error) : error !== choice && (!others.has(error) || best.includes(error)),
    );
  }
  // A value of the wrong type is one mistake, whatever else the schema then misses in it.
  const wrongType = new Set(kept.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  return kept.filter(({ keyword, instancePath }) => keyword === 'type' || !wrongType.has(instancePath));
}

function describe(error: DefinedError): SchemaProblem {
  const path = pointer(error.instancePath);
  const parent: unknown = error.parentSchema;
  const description = isObject(parent) && typeof parent.description === 'string' ? parent.description : undefined;
  const meant = description === undefined ? '' : ` (${description})`;
  // A secret written where a reference belongs must not end up in a log.
  const found = isObject(parent) && parent.writeOnly === true ? 'found something else' : `found ${show(error.data)}`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = isObject(parent) && isObject(parent.properties) ? Object.keys(parent.properties) : [];
      const key = error.params.additionalProperty;
      return {
        path,
        key,
        reason:
          `unknown key "${key}"; expected ${known.length > 0 ? `one of: ${known.join(', ')}` : 'no keys'}` +
          (/[()"'\]]/.test(key) ? '; within { } a text with a comma in it stands in quotes' : ''),
      };
    }
    case 'required': {
      const name = error.params.missingProperty;
      const properties = isObject(parent) && isObject(parent.properties) ? parent.properties : {};
      const property = properties[name];
      const what = isObject(property) && typeof property.description === 'string' ? ` (${property.description})` : '';
      return { path, reason: `missing key "${name}"${what}` };
    }
    case 'propertyNames':
      return {
        path,
        key: error.params.propertyName,
        reason: `key "${error.params.propertyName}" is not allowed here${meant}`,
      };
    case 'type':
      return { path, reason: `expected ${kind(String(error.params.type))}${meant}, ${found}` };
    case 'enum':
      return {
        path,
        reason: `expected one of: ${error.params.allowedValues.map(String).join(', ')}${meant}; ${found}`,
      };
    case 'const':
      return { path, reason: `expected ${show(error.params.allowedValue)}${meant}, ${found}` };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return { path, reason: `expected a number ${error.params.comparison} ${error.params.limit}${meant}, ${found}` };
    case 'pattern':
      return { path, reason: `expected ${description ?? `a text like ${error.params.pattern}`}, ${found}` };
    case 'format':
      return { path, reason: `expected ${description ?? `a valid ${error.params.format}`}, ${found}` };
    case 'oneOf':
    case 'anyOf':
      return { path, reason: `expected ${description ?? 'one of the documented shapes'}, ${found}` };
    default:
      return { path, reason: `${error.message ?? 'is not allowed'}${meant}, ${found}` };
  }
}

function kind(types: string): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    null: 'nothing',
  };
  return types
    .split(',')
    .map((type) => names[type] ?? type)
    .join(' or ');
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function pointer(instancePath: string): (string | number)[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}
