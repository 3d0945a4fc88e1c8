import { ConfigError, type ConfigProblem, type YamlDocument } from '../../../libs/config/index.ts';
import {
  compileDynamic,
  type DynamicExpression,
  type DynamicType,
  DynamicWriter,
  ExpressionError,
  type HostFunction,
} from '../../../libs/expression/index.ts';
import type { Reader, Scope } from './scope.ts';

/** Steps to a value of the manifest. */
export type Path = readonly (string | number)[];

/**
 * Compiles the expressions of one manifest. What is wrong is collected with its place in the file, so that an author sees
 * every mistake at once.
 */
export class Compiler {
  readonly #document: YamlDocument<unknown>;
  readonly #functions: ReadonlyMap<string, HostFunction>;
  readonly #problems: ConfigProblem[] = [];
  readonly #sources = new WeakMap<Reader, ReaderSource>();
  /** The manifest has auth.session. */
  readonly hasSession: boolean;
  /** The code tables by name. */
  readonly tables = new Map<string, PlacedTable>();
  /** By variable the parts of the manifest whose expressions read it. */
  readonly #readIn = new Map<string, Set<string>>();
  #reads = new Set<string>();
  readonly #headers = new Set<string>();
  #order: { readonly what: string; readonly name: string; readonly later: readonly string[] } | undefined;

  constructor(document: YamlDocument<unknown>, functions: ReadonlyMap<string, HostFunction>, hasSession = false) {
    this.#document = document;
    this.#functions = functions;
    this.hasSession = hasSession;
  }

  /** Notes a mistake at a place. */
  problem(path: Path, reason: string, within?: { line: number; column: number }): void {
    this.#problems.push(this.#document.problem(path, reason, within));
  }

  /** Notes a mistake in a file beside the manifest. */
  problemIn(file: string, line: number, column: number, reason: string): void {
    this.#problems.push({ file, line, column, reason });
  }

  /**
   * Says what is compiled now, a join or a name, and which of its kind (itself the first) it cannot read yet: who reads one
   * is told so instead of hearing that there is none.
   */
  expectOrder(what: 'join' | 'name', name: string, later: readonly string[]): void {
    this.#order = later.length === 0 ? undefined : { what, name, later };
  }

  /** Throws ConfigError with every mistake found so far, if any. */
  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }

  /** The parts of the manifest ("search", "mapping") whose expressions read a variable. */
  readIn(variable: string): ReadonlySet<string> {
    return this.#readIn.get(variable) ?? new Set();
  }

  /** Names of the headers of answers that expressions read. */
  get headersRead(): readonly string[] {
    return [...this.#headers].sort();
  }

  /** Notes which headers an expression reads: only those are kept with an answer and recorded. */
  #noteHeaders(path: Path, { paths, source }: DynamicExpression): void {
    for (const read of paths) {
      if (!/^headers\b/.test(read)) continue;
      const name = /^headers(?:\.(\w+)|\["([^"]+)"\])$/.exec(read);
      const header = name?.[1] ?? name?.[2];
      if (header === undefined) {
        this.problem(
          path,
          `headers are read by name, since only those are kept: headers["x-quota-left"], not "${source}"`,
        );
      } else if (header !== header.toLowerCase()) {
        this.problem(path, `headers have names in small letters: headers["${header.toLowerCase()}"]`);
      } else this.#headers.add(header);
    }
  }

  /** Compiles something, and says which variables its expressions read. */
  reading<T>(compile: () => T): { readonly made: T; readonly reads: ReadonlySet<string> } {
    const outer = this.#reads;
    this.#reads = new Set();
    const made = compile();
    const reads = this.#reads;
    this.#reads = outer.union(reads);
    return { made, reads };
  }

  /** Whether any expression so far reads the variable. */
  hasRead(name: string): boolean {
    return this.#reads.has(name);
  }

  /** What a reader was made of, for code that takes in many; undefined for one that is no expression. */
  sourceOf(read: Reader): ReaderSource | undefined {
    return this.#sources.get(read);
  }

  /**
   * A reader of an expression's value.
   * @param expected what its value has to be, as far as that is known when the manifest is loaded
   * @param more functions that are offered at this place alone
   */
  expression(
    path: Path,
    source: unknown,
    scope: Scope,
    expected?: DynamicType,
    more?: ReadonlyMap<string, HostFunction>,
  ): Reader {
    return this.typed(path, source, scope, expected, more).read;
  }

  /** As `expression`, with what is known of it. */
  typed(
    path: Path,
    source: unknown,
    scope: Scope,
    expected?: DynamicType,
    more?: ReadonlyMap<string, HostFunction>,
  ): Typed {
    if (typeof source === 'number' || typeof source === 'boolean') return { ...untyped, read: () => source };
    if (typeof source !== 'string') {
      this.problem(path, 'expected a CEL expression');
      return untyped;
    }
    const functions = more === undefined ? this.#functions : new Map([...this.#functions, ...more]);
    try {
      const expression = compileDynamic(source, { variables: scope.types, functions }, expected);
      for (const name of expression.reads) this.#reads.add(name);
      // A message that is pushed has headers of its own, all of them.
      if (path[0] !== 'push') this.#noteHeaders(path, expression);
      const slots = expression.reads.map((name) => scope.slot(name));
      for (const name of expression.reads) {
        this.#readIn.set(name, (this.#readIn.get(name) ?? new Set()).add(String(path[0])));
      }
      const read = frameReader(expression, slots);
      this.#sources.set(read, { expression, slots });
      return { read, type: expression.type, reads: expression.reads };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.problem(path, this.#misplaced(path, error) ?? error.detail, { line: error.line, column: error.column });
      return untyped;
    }
  }

  /** Why a variable cannot be read where it is, though it may be elsewhere; undefined where that is not what is wrong. */
  #misplaced([part]: Path, { reason, detail }: ExpressionError): string | undefined {
    if (reason !== 'unknown_variable') return undefined;
    const unknown = /"([A-Za-z_]\w*)/.exec(detail)?.[1];
    if (unknown === 'credentials' && part !== 'auth') return CREDENTIALS_HINT + detail;
    if (unknown === 'filters') return FILTERS_HINT + detail;
    if (unknown === 'token' && this.hasSession) return TOKEN_HINT + detail;
    const order = this.#order;
    if (order === undefined || unknown === undefined || !order.later.includes(unknown)) return undefined;
    const { what, name } = order;
    const stands = unknown === name ? 'reads itself' : `reads "${unknown}", which stands below it`;
    return `the ${what} "${name}" ${stands}; a ${what} reads those above it alone`;
  }
}

/** A code table with the places of its codes. */
export interface PlacedTable {
  /** What each code means. */
  readonly meanings: ReadonlyMap<string, string | number | boolean>;
  /** Notes a mistake at a code. */
  problem(code: string, reason: string): void;
}

/** What a reader was made of. */
export interface ReaderSource {
  readonly expression: DynamicExpression;
  /** The slot of each variable that it reads. */
  readonly slots: readonly number[];
}

const absent: Reader = () => undefined;

/** The partner would be taken to apply nothing of it. */
const FILTERS_HINT = 'what is read as filters.<attribute>.<operator> is declared under filters; ';

/** Secrets are kept from everything but what authenticates. */
const TOKEN_HINT = "a session's token is read in requests alone; ";
const CREDENTIALS_HINT = 'credentials are read under auth alone, a login under auth.session; ';

/** The expression as one function of a frame. */
function frameReader(expression: DynamicExpression, slots: readonly number[]): Reader {
  const writer = new DynamicWriter();
  return writer.build<Reader>(['$frame'], () => {
    const names = new Map(expression.reads.map((name, at) => [name, `$${slots[at]}`]));
    const loads = slots.map((slot) => `const $${slot} = $frame[${slot}];\n`).join('');
    return `${loads}return ${writer.value(expression, names)};`;
  });
}

/** A compiled expression with what is known of it. */
export interface Typed {
  readonly read: Reader;
  /** Of its values, as far as it is known. */
  readonly type: DynamicType;
  /** The variables that it reads; undefined where it could not be compiled. */
  readonly reads?: readonly string[];
}

const untyped: Typed = { read: absent, type: 'dyn' };
