import { RE2JS } from 're2js';

/**
 * A pattern of RE2's. Most are simple, and JavaScript's own engine runs those ten times as fast with the same result; but
 * it goes back over a text once for each quantifier, so it is given only texts that are short for the pattern: RE2's
 * engine, which is linear whatever comes, has the others.
 */
export class Pattern {
  /** Groups in the pattern. */
  readonly groups: number;
  readonly #re2: RE2JS;
  readonly #simple: RegExp | undefined;
  readonly #longest: number;

  /** Throws what the engine throws for a pattern that is not RE2's. */
  constructor(source: string) {
    this.#re2 = RE2JS.compile(source);
    this.groups = this.#re2.groupCount();
    const simple = translate(source);
    this.#simple = simple?.expression;
    this.#longest = simple?.longest ?? 0;
  }

  /** Whether it is in a text. */
  test(text: string): boolean {
    if (this.#simple !== undefined && this.#suits(text)) return this.#simple.test(text);
    return this.#re2.test(text);
  }

  /** What its first group is in a text; undefined when nothing is. */
  extract(text: string): string | undefined {
    if (this.#simple !== undefined && this.#suits(text)) return this.#simple.exec(text)?.[1];
    const matcher = this.#re2.matcher(text);
    return matcher.find() ? (matcher.group(1) ?? undefined) : undefined;
  }

  #suits(text: string): boolean {
    return text.length <= this.#longest && !SURROGATE.test(text);
  }
}

/** V8 errs over surrogates: in Node 26.10, /[^a]$/u does not find anything in a text of one such pair. */
const SURROGATE = /[\ud800-\udfff]/;

/** Ways that the engine may go over a text. */
const MAX_WAYS = 100_000;
/** Longest text for a pattern without quantifiers. */
const MAX_LENGTH = 1000;

/** What both engines take alike. */
const TOKEN =
  /(?<group>\((?:\?:)?(?!\?))|(?<end>\))|(?<bar>\|)|(?<class>\[\^?(?:[^\\[\]]|\\[dws\\\]\-.^])+\])|(?<space>\\s)|(?<dot>\.)|(?<plain>\\[dDwWb$^.*+?()[\]{}|/\\]|[^\\()[\]{}|.*+?])|(?<quantifier>(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??)/uy;

/** The pattern in JavaScript and the longest text to use it for; undefined when it may mean something else there. */
function translate(source: string): { expression: RegExp; longest: number } | undefined {
  let translated = '';
  let quantifiers = 0;
  let bars = 0;
  let previous = 'start';
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) return undefined;
    const [kind, token] = Object.entries(match.groups!).find(([, found]) => found !== undefined)!;
    if (kind === 'quantifier') {
      // Repeated groups may take exponentially many ways; what else cannot be repeated is RE2's to judge.
      const repeatable = ['class', 'space', 'dot', 'plain'].includes(previous) && !/(?:[\^$]|\\b)$/.test(translated);
      if (!repeatable) return undefined;
      quantifiers++;
    }
    if (kind === 'bar') bars++;
    translated += inJavaScript(kind, token!);
    previous = kind;
  }
  const longest = lengthFor(quantifiers, bars);
  if (longest < 8) return undefined;
  try {
    return { expression: new RegExp(translated, 'u'), longest };
  } catch {
    return undefined;
  }
}

/** White space and the dot are other characters in JavaScript. */
function inJavaScript(kind: string, token: string): string {
  if (kind === 'space') return '[\\t\\n\\f\\r ]';
  if (kind === 'dot') return '[^\\n]';
  return kind === 'class' ? token.replace(/\\s/g, '\\t\\n\\f\\r ') : token;
}

/** The longest text over which quantifiers, alternatives and the start take no more than MAX_WAYS ways. */
function lengthFor(quantifiers: number, bars: number): number {
  const ways = MAX_WAYS / 2 ** bars;
  return Math.min(MAX_LENGTH, Math.floor(ways ** (1 / (quantifiers + 1))));
}
