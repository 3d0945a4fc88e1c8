/** Characters of a row's JSON before it is redacted and cut: no row is worth more work. */
const MOST_CHARACTERS = 200_000;

/**
 * A partner's own row as JSON, for people: what it is made of from the innermost element outwards, since that is what makes
 * it the row that it is. Where an outer element holds the inner one, this is named instead of written again. Ends early, at a
 * whole value, where it would become too long.
 *
 * @param parts by name, from the outermost element inwards
 */
export function rowJson(parts: Readonly<Record<string, unknown>>): string {
  const named = Object.entries(parts).reverse();
  const [only] = named;
  const writer = new RowWriter();
  if (named.length === 1) writer.write(only![1]);
  else writer.writeParts(named);
  return writer.text;
}

class RowWriter {
  text = '';
  /** Parts that have been written, by their name. */
  readonly #written = new Map<unknown, string>();
  /** What is being written: what stands in itself is named, not followed. */
  readonly #above = new Set<unknown>();

  writeParts(parts: readonly (readonly [string, unknown])[]): void {
    this.#members(parts, (name, part) => {
      this.write(part);
      if (isObject(part)) this.#written.set(part, name);
    });
  }

  write(value: unknown): void {
    if (!isObject(value)) {
      this.text += plain(value);
      return;
    }
    const known = this.#known(value);
    if (known !== undefined) {
      this.text += JSON.stringify(known);
      return;
    }
    this.#above.add(value);
    if (Array.isArray(value)) this.#list(value);
    else this.#members(value instanceof Map ? [...value] : Object.entries(value), (_, member) => this.write(member));
    this.#above.delete(value);
  }

  #known(value: object): string | undefined {
    const name = this.#written.get(value);
    if (name !== undefined) return `(${name})`;
    if (this.#above.has(value)) return '(what it stands in)';
    if (!Array.isArray(value)) return undefined;
    const inner = value.find((one) => this.#written.has(one));
    if (inner === undefined) return undefined;
    const others = value.length - 1;
    return `(${this.#written.get(inner)}${others === 0 ? '' : ` and ${others} more`})`;
  }

  #list(values: readonly unknown[]): void {
    this.text += '[';
    for (const [at, value] of values.entries()) {
      if (this.#full) break;
      if (at > 0) this.text += ',';
      this.write(value);
    }
    this.text += ']';
  }

  #members(members: Iterable<readonly [unknown, unknown]>, write: (name: string, value: unknown) => void): void {
    this.text += '{';
    let first = true;
    for (const [name, value] of members) {
      if (this.#full) break;
      if (value === undefined || typeof value === 'function') continue;
      this.text += `${first ? '' : ','}${JSON.stringify(String(name))}:`;
      first = false;
      write(String(name), value);
    }
    this.text += '}';
  }

  get #full(): boolean {
    return this.text.length >= MOST_CHARACTERS;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function plain(value: unknown): string {
  return JSON.stringify(typeof value === 'bigint' ? String(value) : value) ?? 'null';
}
