import type { AnyColumnView, StringColumnView, StringListColumnView } from '../../libs/columns/index.ts';
import { type Constraint, fulfils, type RowSource } from '../../libs/expression/index.ts';
import type { Constants, Term } from './condition.ts';

/** Whether a row fulfils something: anything but true, an error too, means no. */
export type RowTest = (row: number) => boolean | undefined;

const ALWAYS: RowTest = () => true;
const NEVER: RowTest = () => false;
/** Dictionaries up to this are searched. */
const SEARCHED = 16;

/** The columns of one batch, as conditions read them. */
export class BatchColumns {
  readonly #source: (attribute: string) => AnyColumnView | undefined;
  readonly #codes = new Map<string, ReadonlyMap<string, number>>();

  constructor(source: (attribute: string) => AnyColumnView | undefined) {
    this.#source = source;
  }

  /** The column of an attribute; undefined where it is absent in every row. */
  column(attribute: string): AnyColumnView | undefined {
    return this.#source(attribute);
  }

  /** The position of a text in a column's dictionary; -1 when no row has it. */
  codeOf(column: StringColumnView | StringListColumnView, text: string): number {
    if (column.dictionary.length <= SEARCHED) return column.codeOf(text);
    let codes = this.#codes.get(column.attribute);
    if (codes === undefined) {
      codes = new Map(column.dictionary.map((one, code) => [one, code]));
      this.#codes.set(column.attribute, codes);
    }
    return codes.get(text) ?? -1;
  }
}

/**
 * A condition bound to a batch: true in the rows in which all terms are.
 *
 * @param failed told of a row in which a term errs although everything that it reads has a value, and all others are true
 * Throws EntrepotError INVALID_FIELD when a column is of another type than its attribute.
 */
export function bindTerms(
  terms: readonly Term[],
  constants: Constants,
  columns: BatchColumns,
  failed: (row: number) => void,
): RowTest {
  const simple: RowTest[] = [];
  const failing: RowTest[] = [];
  for (const term of terms) {
    if (term.fails) failing.push(bindFailing(term, constants, columns, failed));
    else simple.push(bindSimple(term, constants, columns));
  }
  const tests = [...simple, ...failing].filter((test) => test !== ALWAYS);
  if (tests.includes(NEVER)) return NEVER;
  if (tests.length === 0) return ALWAYS;
  if (tests.length === 1) return tests[0]!;
  if (tests.length === 2) {
    const [first, second] = tests as [RowTest, RowTest];
    return (row) => first(row) === true && second(row) === true;
  }
  return (row) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(row) !== true) return false;
    return true;
  };
}

function bindFailing(term: Term, constants: Constants, columns: BatchColumns, failed: (row: number) => void): RowTest {
  const test = bindExpression(term, constants, columns);
  const read = term.reads.map((name) => {
    if (constants.has(name)) return constants.get(name) === undefined ? NEVER : ALWAYS;
    const column = columns.column(name);
    return column === undefined ? NEVER : (row: number) => column.has(row);
  });
  return (row) => {
    const value = test(row);
    if (value === undefined && read.every((has) => has(row) === true)) failed(row);
    return value;
  };
}

function bindExpression(term: Term, constants: Constants, columns: BatchColumns): RowTest {
  const source: RowSource = (variable) =>
    constants.has(variable) ? { constant: constants.get(variable) } : columns.column(variable);
  return term.expression.bind(source);
}

/** Comparisons with constants need no code of their own. */
function bindSimple(term: Term, constants: Constants, columns: BatchColumns): RowTest {
  const constraint = term.constraint ?? term.exclusion;
  const column = constraint === undefined ? undefined : columns.column(constraint.attribute);
  if (constraint === undefined || constants.has(constraint.attribute)) return bindExpression(term, constants, columns);
  if (column === undefined) return NEVER;
  const wanted = term.constraint !== undefined;
  const test = bindConstraint(constraint, column, wanted, columns);
  // The expression refuses a column of another type.
  if (test === undefined) return bindExpression(term, constants, columns);
  const { presence } = column;
  return presence === undefined || test === NEVER
    ? test
    : (row) => ((presence[row >> 3]! >> (row & 7)) & 1) === 1 && test(row);
}

function bindConstraint(
  constraint: Constraint,
  column: AnyColumnView,
  wanted: boolean,
  columns: BatchColumns,
): RowTest | undefined {
  const { operator, value } = constraint;
  if (column.type === 'string' && (operator === 'equals' || operator === 'any_of')) {
    const { codes } = column;
    const texts = operator === 'equals' ? [value as string] : (value as readonly string[]);
    const meant = texts.map((text) => columns.codeOf(column, text)).filter((code) => code >= 0);
    if (meant.length === 0) return wanted ? NEVER : ALWAYS_WHERE_PRESENT;
    if (meant.length === 1) {
      const [code] = meant;
      return (row) => (codes[row] === code) === wanted;
    }
    return (row) => meant.includes(codes[row]!) === wanted;
  }
  if (column.type === 'string_list' && operator === 'contains') {
    const code = columns.codeOf(column, (value as readonly string[])[0]!);
    if (code < 0) return wanted ? NEVER : ALWAYS_WHERE_PRESENT;
    const { codes, offsets } = column;
    return (row) => {
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) if (codes[i] === code) return wanted;
      return !wanted;
    };
  }
  if (column.type === 'bool' && (operator === 'is_true' || operator === 'is_false')) {
    const { bits } = column;
    const meant = (operator === 'is_true') === wanted ? 1 : 0;
    return (row) => ((bits[row >> 3]! >> (row & 7)) & 1) === meant;
  }
  return column.type === 'int32' ? bindNumbers(constraint, column.values, wanted) : undefined;
}

/** Not ALWAYS: where presence is looked at as well. */
const ALWAYS_WHERE_PRESENT: RowTest = () => true;

function bindNumbers(constraint: Constraint, values: ArrayLike<number>, wanted: boolean): RowTest | undefined {
  const { operator, value } = constraint;
  if (operator === 'any_of' && typeof (value as readonly unknown[])[0] === 'number')
    return (row) => fulfils(values[row]!, constraint) === wanted;
  if (typeof value !== 'number') return undefined;
  switch (operator) {
    case 'equals':
      return (row) => (values[row] === value) === wanted;
    case 'at_most':
      return (row) => values[row]! <= value === wanted;
    case 'below':
      return (row) => values[row]! < value === wanted;
    case 'at_least':
      return (row) => values[row]! >= value === wanted;
    case 'above':
      return (row) => values[row]! > value === wanted;
    default:
      return undefined;
  }
}
