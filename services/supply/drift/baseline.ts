import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ANY, ELEMENT, NOTHING, Shape, type ShapeType, stepsOf, WHOLE } from './shape.ts';

/** The shape of the answers that a partner's folder was certified with: no values. `baseline.json` in the folder. */
export interface Baseline {
  /** Digest of the folder, as in its certificate: of another state of the folder nothing is known. */
  readonly manifest: string;
  /** Fields by path ("data.offers[].id"), of each kind of answer: "search", "poll", "step 1". */
  readonly answers: Readonly<Record<string, Readonly<Record<string, BaselineField>>>>;
}

/** One field of the answers. */
export interface BaselineField {
  /** "string", "number", "boolean", "object", "list"; where several were seen "number | string", where it never was there "nothing". */
  readonly types: string;
  /** Of so many parents … */
  readonly of: number;
  /** … so many had it. null is not having it. */
  readonly in: number;
  /** The mapping looks at it, there or not. */
  readonly mapped: boolean;
}

/** Its file in a partner's folder. */
export const BASELINE_FILE = 'baseline.json';

/** The baseline in a folder; undefined where there is none, or one that cannot be read or is of an older format. */
export function readBaseline(folder: string): Baseline | undefined {
  const file = path.join(folder, BASELINE_FILE);
  if (!existsSync(file)) return undefined;
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isBaseline(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isBaseline(value: unknown): value is Baseline {
  if (!isObject(value) || typeof value.manifest !== 'string' || !isObject(value.answers)) return false;
  return Object.values(value.answers).every((fields) => isObject(fields) && Object.values(fields).every(isField));
}

function isField(value: unknown): value is BaselineField {
  return (
    isObject(value) &&
    typeof value.types === 'string' &&
    Number.isSafeInteger(value.in) &&
    Number.isSafeInteger(value.of) &&
    typeof value.mapped === 'boolean'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A shape as its fields by path, sorted. */
export function fieldsOf(whole: Shape): Readonly<Record<string, BaselineField>> {
  const fields: [string, BaselineField][] = [
    [WHOLE, { types: whole.typeText, of: whole.seen, in: whole.seen, mapped: whole.mapped }],
  ];
  for (const { path: at, shape, parents } of whole.fields()) {
    fields.push([at, { types: shape.typeText, of: parents, in: shape.seen, mapped: shape.mapped }]);
  }
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The shape that some fields describe. */
export function shapeOf(fields: Readonly<Record<string, BaselineField>>): Shape {
  const whole = new Shape();
  for (const [at, field] of Object.entries(fields)) {
    const steps = at === WHOLE ? [] : stepsOf(at);
    const last = steps.at(-1);
    const above = steps.slice(0, -1).reduce(below, whole);
    if (last === ELEMENT) above.elements = field.of;
    else if (last !== undefined && last !== ANY) above.objects = field.of;
    const shape = last === undefined ? whole : below(above, last);
    for (const type of field.types === NOTHING ? [] : field.types.split(' | ')) shape.types.add(type as ShapeType);
    shape.seen = field.in;
    shape.mapped = field.mapped;
  }
  return whole;
}

/** The field one step below, made where it is missing. */
function below(above: Shape, step: string): Shape {
  if (step === ELEMENT) {
    above.element ??= new Shape();
    return above.element;
  }
  let child = above.children.get(step);
  if (child === undefined) {
    child = new Shape();
    above.children.set(step, child);
  }
  return child;
}

/** A baseline as the text of its file: a line a field, so that a change of one is a change of a line. */
export function baselineText({ manifest, answers }: Baseline): string {
  const kinds = Object.entries(answers).map(([kind, fields]) => {
    const lines = Object.entries(fields).map(([at, field]) => `      ${JSON.stringify(at)}: ${JSON.stringify(field)}`);
    return `    ${JSON.stringify(kind)}: {\n${lines.join(',\n')}\n    }`;
  });
  const all = kinds.length === 0 ? '{}' : `{\n${kinds.join(',\n')}\n  }`;
  return `{\n  "manifest": ${JSON.stringify(manifest)},\n  "answers": ${all}\n}\n`;
}
