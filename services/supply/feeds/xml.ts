import sax from 'sax';
import { malformedFeed, oversizedFeed } from './refusal.ts';
import type { RowBatch, RowSettings } from './rows.ts';
import { textOfFile } from './text.ts';

/** Tags deep at most; real feeds have fewer than 10. */
const MAX_DEPTH = 64;

/** XML's own five entities alone; where in the file something stood is not counted. */
const STRICT = { strictEntities: true, position: false };

type Element = Record<string, unknown>;

interface Open {
  readonly name: string;
  readonly element: Element;
  text: string;
}

/**
 * The elements of one name, wherever they stand, as objects: child elements by name without prefix, a list where one occurs more
 * than once, attributes prefixed with "@", texts trimmed. Strict: a document type, an entity of its own, broken nesting or an
 * end that comes too early make the file unusable.
 */
export async function* xmlRows(pieces: AsyncIterable<Buffer>, settings: RowSettings): AsyncGenerator<RowBatch> {
  const reader = new RowReader(settings);
  for await (const text of textOfFile(pieces, settings.contentType)) {
    reader.write(text);
    const rows = reader.take();
    if (rows.length > 0) yield { rows, unreadable: 0 };
  }
  reader.end();
  yield { rows: reader.take(), unreadable: 0 };
}

class RowReader {
  readonly #parser = sax.parser(true, STRICT);
  readonly #element: string;
  readonly #maxRowBytes: number;
  /** Elements of the row that is being read, outermost first. */
  readonly #open: Open[] = [];
  #depth = 0;
  #size = 0;
  #rows: unknown[] = [];
  #failure: Error | undefined;

  constructor({ element, maxRowBytes }: RowSettings) {
    this.#element = element;
    this.#maxRowBytes = maxRowBytes;
    const parser = this.#parser;
    parser.onerror = (error) => this.#fail(malformedFeed(`it is no XML: ${error.message.split('\n', 1)[0]}`, error));
    parser.ondoctype = () => this.#fail(malformedFeed('it has a document type, which is not read'));
    parser.onopentag = (tag) => this.#opened(tag as sax.Tag);
    parser.ontext = (text) => this.#read(text);
    parser.oncdata = (text) => this.#read(text);
    parser.onclosetag = () => this.#closed();
  }

  write(text: string): void {
    this.#parser.write(text);
    if (this.#failure !== undefined) throw this.#failure;
  }

  end(): void {
    this.#parser.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  take(): unknown[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** The first failure counts; what the parser says after it follows from it. */
  #fail(failure: Error): void {
    this.#failure ??= failure;
  }

  #opened({ name, attributes }: sax.Tag): void {
    if (this.#failure !== undefined) return;
    if (++this.#depth > MAX_DEPTH) {
      this.#fail(malformedFeed(`its elements are more than ${MAX_DEPTH} deep`));
      return;
    }
    const local = localName(name);
    if (this.#open.length === 0 && local !== this.#element) return;
    if (this.#open.length === 0) this.#size = 0;
    const element: Element = Object.create(null);
    for (const [attribute, value] of Object.entries(attributes)) {
      if (attribute === 'xmlns' || attribute.startsWith('xmlns:')) continue;
      this.#grow(attribute.length + value.length);
      element[`@${localName(attribute)}`] = value.trim();
    }
    this.#grow(local.length);
    this.#open.push({ name: local, element, text: '' });
  }

  #read(text: string): void {
    const innermost = this.#open.at(-1);
    if (innermost === undefined || this.#failure !== undefined) return;
    this.#grow(text.length);
    innermost.text += text;
  }

  #closed(): void {
    this.#depth--;
    const closed = this.#open.pop();
    if (closed === undefined || this.#failure !== undefined) return;
    const value = contentOf(closed);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#rows.push(value);
    else append(parent.element, closed.name, value);
  }

  #grow(characters: number): void {
    this.#size += characters;
    if (this.#size > this.#maxRowBytes) {
      this.#fail(oversizedFeed(`a row has more than ${this.#maxRowBytes} characters; see maxRowBytes`));
    }
  }
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** An element without attributes and children is its text. */
function contentOf({ element, text }: Open): unknown {
  const own = text.trim();
  if (Object.keys(element).length === 0) return own;
  if (own !== '') element['#text'] = own;
  return element;
}

function append(parent: Element, name: string, value: unknown): void {
  const before = parent[name];
  if (before === undefined) parent[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else parent[name] = [before, value];
}
