import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parse,
  parseDocument,
  Scalar,
  visit,
  type YAMLParseError,
} from 'yaml';
import { ConfigError, type ConfigProblem } from './error.ts';
import { type JSONSchema, schemaProblems } from './schema.ts';
import { substitute } from './substitute.ts';

export type { JSONSchema } from './schema.ts';

/** Steps from the root of a document to a value: keys of mappings and positions in sequences. */
export type YamlPath = readonly (string | number)[];

/** A checked configuration file that still knows where each of its values stands. */
export interface YamlDocument<T> {
  /** The file. */
  readonly file: string;
  /** The value, with environment variables and the schema's defaults filled in. */
  readonly value: T;
  /**
   * A problem at a value (or at the nearest enclosing one that exists), for checks that a schema cannot express.
   * `within` is a 1-based line and column inside a text value, such as the place of an error in an expression.
   */
  problem(path: YamlPath, reason: string, within?: { line: number; column: number }): ConfigProblem;
}

/**
 * Reads and checks a YAML file.
 *
 * @throws ConfigError with every problem: unreadable file, YAML syntax, unset variables, what the schema refuses
 */
export function loadYaml<T>(file: string, schema: JSONSchema): T {
  return loadYamlDocument<T>(file, schema).value;
}

/** As {@link loadYaml}, keeping the places of the values for further checks. */
export function loadYamlDocument<T>(file: string, schema: JSONSchema): YamlDocument<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'no such file'
        : `cannot be read: ${error}`;
    throw new ConfigError([{ file, line: 0, column: 0, reason }]);
  }
  return parseYaml<T>(text, file, schema);
}

/** The `.yaml` and `.yml` files directly in a directory, sorted by name; none when there is no such directory. */
export function yamlFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => path.join(directory, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Checks YAML text; `file` is what problems are reported under.
 *
 * `${NAME}` and `${NAME:-default}` in values are replaced by environment variables. In an unquoted value the result is
 * read as if it had been written there (`port: ${PORT:-80}` is a number); a quoted one stays a text.
 */
export function parseYaml<T>(text: string, file: string, schema: JSONSchema): YamlDocument<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const locate = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: ConfigProblem[] = [];
  const [broken] = document.errors;
  if (broken !== undefined) {
    // What else is said of broken YAML follows from its first mistake.
    problems.push({ file, ...locate(broken.pos[0]), reason: broken.message + whatToDo(broken, text) });
  }
  if (problems.length > 0) throw new ConfigError(problems);

  fillVariables(document, (offset, reason) => problems.push({ file, ...locate(offset), reason }));
  if (problems.length > 0) throw new ConfigError(problems);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError([
      { file, line: 1, column: 1, reason: error instanceof Error ? error.message : String(error) },
    ]);
  }
  for (const { path: steps, key, reason } of schemaProblems(schema, value)) {
    problems.push({
      file,
      ...locate(key === undefined ? offsetOf(document, steps) : keyOffset(document, steps, key)),
      reason,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems.sort((a, b) => a.line - b.line || a.column - b.column));

  return {
    file,
    value: value as T,
    problem(steps, reason, within) {
      const node = nodeAt(document, steps);
      const at = locate(node?.range?.[0] ?? offsetOf(document, steps));
      return { file, ...(within && isScalar(node) ? inside(node, at, within, text, lines) : at), reason };
    },
  };
}

/** What most often mends broken YAML: texts that read like YAML stand in quotes. */
function whatToDo({ code, pos }: YAMLParseError, text: string): string {
  const before = text.slice(text.lastIndexOf('\n', pos[0] - 1) + 1, pos[0]);
  // The braces may begin lines above, or end nowhere: then the mistake is found behind them.
  const inBraces = /[{[]/.test(before) || IN_BRACES.has(code);
  if (inBraces) return '; within { } or [ ] a text with any of [ ] { } , : # or quotes in it stands in quotes';
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return '; a text with ": " in it stands in quotes';
  return QUOTED.has(code) ? '; a text that begins with a quote, or one of @ ` %, stands in quotes' : '';
}

const IN_BRACES = new Set<string>(['BLOCK_IN_FLOW', 'BAD_INDENT', 'MISSING_CHAR']);
const QUOTED = new Set<string>(['UNEXPECTED_TOKEN', 'BAD_SCALAR_START']);

function fillVariables(document: Document, report: (offset: number, reason: string) => void): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const { text, problems } = substitute(node.value, process.env);
      for (const reason of problems) report(node.range?.[0] ?? 0, reason);
      if (problems.length === 0) node.value = node.type === Scalar.PLAIN ? plainValue(text) : text;
    },
  });
}

/** What YAML reads an unquoted text as, unless that would be a structure: a variable never adds keys or items. */
function plainValue(text: string): unknown {
  try {
    const value: unknown = parse(text, { version: '1.2' });
    return typeof value === 'object' && value !== null ? text : value;
  } catch {
    return text;
  }
}

function nodeAt(document: Document, steps: YamlPath): Node | undefined {
  const node = steps.length === 0 ? document.contents : document.getIn(steps, true);
  return isNode(node) ? node : undefined;
}

function offsetOf(document: Document, steps: YamlPath): number {
  for (let length = steps.length; length >= 0; length--) {
    const offset = nodeAt(document, steps.slice(0, length))?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return 0;
}

function keyOffset(document: Document, steps: YamlPath, key: string): number {
  const map = nodeAt(document, steps);
  if (isMap(map)) {
    for (const pair of map.items) {
      if (isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0] ?? offsetOf(document, steps);
    }
  }
  return offsetOf(document, steps);
}

/** Where a place inside a text stands in its file. Folded texts lose their lines, so for those it is the start. */
function inside(
  node: Scalar,
  at: { line: number; column: number },
  within: { line: number; column: number },
  text: string,
  lines: LineCounter,
): { line: number; column: number } {
  if (node.type === Scalar.BLOCK_LITERAL) {
    // The first line with anything on it says how far the text is indented; further lines may be indented more.
    const body = text.slice(lines.lineStarts[at.line] ?? text.length);
    const indent = /^(?: *\r?\n)*( *)/.exec(body)?.[1]?.length ?? 0;
    return { line: at.line + within.line, column: indent + within.column };
  }
  if (node.type === Scalar.BLOCK_FOLDED || within.line > 1) return at;
  const quote = node.type === Scalar.PLAIN ? 0 : 1;
  return { line: at.line, column: at.column + quote + within.column - 1 };
}
