import { toJson } from './formats/shopify-body.ts';

/** One way in which a partner's answers are no longer what they were. */
export interface Drift {
  /** A field of another type, one that is no longer there, or one that nobody has seen before. */
  readonly change: 'retyped' | 'vanished' | 'new';
  /**
   * The name of the field after as many of those above it as tell it apart, "." between them: "total_amount",
   * "segments.origin.iata_code". Lists have no names of their own. In XML names have no prefix, and attributes begin with "@":
   * "AirPricePoint.@TotalPrice". A new one is put into everything at the path before its name; without a path, into the
   * whole answer.
   */
  readonly field: string;
}

type Drifter = (text: string) => string;

/**
 * What makes bodies of a content type drift: JSON, XML, or the XML in a form. Pieces of one body are given one after the
 * other, JSON whole. Bodies of other types come back as they are, as does JSON that cannot be read.
 *
 * JSON is retyped as careless rewrites do: a number becomes a text, a text that is a number a number, any other value an
 * object with `value`, a list its first entry. In XML everything is text: an element's is put into a `value` of its own, an
 * attribute becomes an element.
 */
export function drifter(contentType: string, drifts: readonly Drift[]): Drifter {
  const all = drifts.map(({ change, field }) => ({ change, path: field.split('.') }));
  if (all.length === 0) return (text) => text;
  if (/json/i.test(contentType)) return (text) => driftJson(text, all);
  return /xml|multipart/i.test(contentType) ? xmlDrifter(all) : (text) => text;
}

interface PathDrift {
  readonly change: Drift['change'];
  readonly path: readonly string[];
}

/** Whether names, the outermost first, end in a path. */
function endsIn(names: readonly string[], path: readonly string[]): boolean {
  return path.every((name, i) => names[names.length - path.length + i] === name);
}

/** The names of what is new at a place. */
function newAt(names: readonly string[], drifts: readonly PathDrift[]): string[] {
  return drifts
    .filter(
      ({ change, path }) =>
        change === 'new' && (path.length > 1 ? endsIn(names, path.slice(0, -1)) : names.length === 0),
    )
    .map(({ path }) => path.at(-1)!);
}

function changeAt(names: readonly string[], drifts: readonly PathDrift[]): Drift['change'] | undefined {
  return drifts.find(({ change, path }) => change !== 'new' && endsIn(names, path))?.change;
}

function driftJson(text: string, drifts: readonly PathDrift[]): string {
  let value: unknown;
  try {
    value = JSON.parse(text, keepDigits);
  } catch {
    return text;
  }
  return toJson(driftValue(value, [], drifts));
}

/** Ids beyond what a double holds stay whole. */
function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context?.source ?? '') ? BigInt(context!.source!) : value;
}

function driftValue(value: unknown, names: readonly string[], drifts: readonly PathDrift[]): unknown {
  if (Array.isArray(value)) return value.map((each) => driftValue(each, names, drifts));
  if (typeof value !== 'object' || value === null) return value;
  const drifted: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const inner = [...names, name];
    const change = changeAt(inner, drifts);
    if (change === 'vanished') continue;
    const kept = driftValue(each, inner, drifts);
    drifted[name] = change === 'retyped' ? retyped(kept) : kept;
  }
  for (const name of newAt(names, drifts)) drifted[name] = 'new';
  return drifted;
}

function retyped(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`;
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  return Array.isArray(value) ? (value[0] ?? null) : { value };
}

/** Whatever begins with "<": comments, sections and instructions as they are, and tags in their parts. */
const token =
  /<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[?!][^>]*>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/gs;
const attributes = /\s+([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g;

/** Rewrites tags as they come; what is open stays open from one piece to the next. */
function xmlDrifter(drifts: readonly PathDrift[]): Drifter {
  const names: string[] = [];
  /** What stands before the end tags of the elements that are open. */
  const ends: string[] = [];
  /** How many elements are open below one that vanished, itself included. */
  let gone = 0;

  const opened = (name: string, rest: string, empty: boolean): string => {
    names.push(localName(name));
    if (gone > 0 || changeAt(names, drifts) === 'vanished') {
      if (empty) names.pop();
      else gone++;
      return '';
    }
    let inside = '';
    let kept = rest.replace(attributes, (whole: string, attribute: string, value: string) => {
      const change = changeAt([...names, `@${localName(attribute)}`], drifts);
      if (change === 'retyped') inside += `<${attribute}>${value.slice(1, -1)}</${attribute}>`;
      return change === undefined ? whole : '';
    });
    for (const each of [...newAt(names, drifts), ...(names.length === 1 ? newAt([], drifts) : [])]) {
      if (each.startsWith('@')) kept += ` ${each.slice(1)}="new"`;
      else inside += `<${each}>new</${each}>`;
    }
    const wrapped = changeAt(names, drifts) === 'retyped';
    const start = `${inside}${wrapped ? '<value>' : ''}`;
    const end = wrapped ? '</value>' : '';
    if (!empty) {
      ends.push(end);
      return `<${name}${kept}>${start}`;
    }
    names.pop();
    return start === '' ? `<${name}${kept}/>` : `<${name}${kept}>${start}${end}</${name}>`;
  };

  const closed = (name: string): string => {
    names.pop();
    if (gone > 0) {
      gone--;
      return '';
    }
    return `${ends.pop() ?? ''}</${name}>`;
  };

  return (text) => {
    let drifted = '';
    let at = 0;
    for (const { 0: whole, 1: slash, 2: name, 3: rest = '', 4: empty, index } of text.matchAll(token)) {
      if (gone === 0) drifted += text.slice(at, index);
      at = index + whole.length;
      if (name === undefined) drifted += gone === 0 ? whole : '';
      else drifted += slash === '/' ? closed(name) : opened(name, rest, empty === '/');
    }
    return gone === 0 ? drifted + text.slice(at) : drifted;
  };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
