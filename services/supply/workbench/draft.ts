import type { DescField } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { airportZone } from '../../../libs/reference/index.ts';
import { descriptors, vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { instantOf } from '../mapping/time.ts';
import { type FieldGuess, guessable, guessField, guessVertical, isZone } from './guess-fields.ts';
import { guessMoney, type MoneyGuess } from './guess-money.ts';
import { Redactor } from './redact.ts';
import {
  expressionOf,
  isBelow,
  type Leaf,
  type LoopPlace,
  leavesOf,
  listOf,
  listsAbove,
  type Step,
  snake,
} from './sample.ts';

/** A manifest drafted from a sample answer. Every guess says what it saw, everything that is missing says so. */
export interface Draft {
  readonly vertical: string;
  /** Lines of the file. */
  readonly lines: readonly DraftLine[];
  /** Names of fields that were guessed, and of those that were not found. */
  readonly guessed: readonly string[];
  readonly missing: readonly string[];
  /** The sample's first answer dates from before this moment; ISO 8601, where the sample says so. */
  readonly before: string | undefined;
  /** Criteria that the sample may have answered. */
  readonly criteria: Readonly<Record<string, unknown>>;
}

/** A line, with the field that it guesses: such a line may be turned into a comment where it cannot be used. */
export interface DraftLine {
  readonly text: string;
  readonly guess?: string;
}

/** What a draft is made of. */
export interface DraftInput {
  readonly name: string;
  /** The parsed sample. */
  readonly body: unknown;
  readonly format: 'json' | 'xml';
  /** Name of the sample's file, for comments. */
  readonly file: string;
  /** What it sells; absent: guessed. */
  readonly vertical?: string | undefined;
}

/** Drafts a manifest. Throws RangeError where the sample does not tell what it sells. */
export function draftManifest(input: DraftInput): Draft {
  const leaves = leavesOf(input.body);
  const vertical = input.vertical ?? guessVertical(leaves);
  if (vertical === undefined) throw new RangeError('the sample does not tell what it sells; say so with --vertical');
  return new Drafting(input, leaves, vertical).draft();
}

/** Names that expressions have already: loops are called otherwise. */
const TAKEN = new Set(
  'body status text page offset cursor now market currency locale criteria search options fetched_at click it'.split(
    ' ',
  ),
);

class Drafting {
  readonly #input: DraftInput;
  readonly #leaves: readonly Leaf[];
  readonly #vertical: string;
  readonly #money: MoneyGuess | undefined;
  readonly #rows: readonly LoopPlace[];
  /** What stands in a row or in what holds it. */
  readonly #own: readonly Leaf[];
  readonly #lines: DraftLine[] = [];
  readonly #tables: DraftLine[] = [];
  readonly #guessed: string[] = [];
  readonly #missing: string[] = [];
  readonly #taken = new Set<Leaf>();
  /** A flight and its segments may say the same. */
  readonly #takenOfSegment = new Set<Leaf>();
  readonly #redactor = new Redactor();

  constructor(input: DraftInput, leaves: readonly Leaf[], vertical: string) {
    this.#input = input;
    this.#leaves = leaves;
    this.#vertical = vertical;
    this.#money = guessMoney(leaves);
    const lists = this.#money === undefined ? [mainList(leaves)] : listsAbove(this.#money.amount.path);
    this.#rows = loopsOf(lists.filter((path) => path !== undefined));
    // The nearest to the row first: a room's name before its hotel's.
    const inRows = [...this.#rows].reverse();
    const depth = (leaf: Leaf): number => inRows.findIndex(({ path }) => isBelow(leaf.path, path));
    this.#own = leaves.filter((leaf) => depth(leaf) >= 0).sort((a, b) => depth(a) - depth(b));
  }

  draft(): Draft {
    const { name, format, file } = this.#input;
    const id = this.#id();
    const mapping = this.#mapping(id);
    this.#add(`# Drafted from ${file}. Look at every GUESS, then take the word away; fill in what is MISSING.`);
    this.#add(
      `# services/supply/README.md tells what each key means; \`entrepot partner try ${name} --cassette …\` shows what it does.`,
    );
    this.#add(`name: ${name}`);
    this.#add(`title: ${titleOf(name)} # GUESS from the name`);
    this.#add('# MISSING owner: who is asked when it breaks');
    this.#add("# MISSING documentation: URL of the partner's documentation");
    this.#add(
      `vertical: ${this.#vertical}${this.#input.vertical === undefined ? ' # GUESS from the names of fields' : ''}`,
    );
    this.#add(`format: ${format}`);
    this.#add('# GUESS limits that suit most partners; its documentation says what it allows.');
    this.#add(
      'defaults: { timeoutMs: 8000, maxPages: 5, maxBodyBytes: 16777216, concurrency: 10, lifetimeSeconds: 600 }',
    );
    this.#add(
      '# MISSING taxBasis: what totals include, with where the partner says so. Until then every row is refused, for',
    );
    this.#add('# what a price includes is never assumed:');
    this.#add('# taxBasis: { "*": { basis: INCLUDED, citation: "…" } }');
    this.#add('# MISSING credentials and auth:');
    this.#add('# credentials: { token: access token of the account }');
    this.#add('# auth: { bearer: token }');
    if (this.#tables.length > 0) {
      this.#add('tables:');
      this.#lines.push(...this.#tables);
    }
    this.#add('# MISSING the request of a search: path, parameters, body.');
    this.#add('search:');
    this.#add('  path: /search');
    this.#add('  query:');
    for (const [parameter, value] of Object.entries(QUERIES[this.#vertical] ?? {}))
      this.#add(`    ${parameter}: ${value}`);
    this.#add('# MISSING paging and failures: how a next page is known, and what errors look like.');
    this.#rowsKey();
    this.#lines.push(...mapping);
    this.#add('# MISSING how one row is asked for again.');
    this.#add('verify:');
    this.#add(`  request: { path: ${flow(`/offers/{${id.expression}}`)} }`);
    this.#add('handoff:');
    const link = this.#own.find(
      (leaf) =>
        /(deep_?link|booking_?(url|link)|(^|[._])(url|link|permalink))$/.test(leaf.name) &&
        leaf.values.length > 0 &&
        leaf.values.every((value) => /^https?:\/\//.test(String(value))),
    );
    if (link !== undefined) this.#guess('  ', 'url', this.#at(link), link, 'handoff.url');
    this.#add(`  token: ${scalar(id.expression)} # GUESS what the partner's booking takes`);
    return {
      vertical: this.#vertical,
      lines: this.#lines,
      guessed: this.#guessed,
      missing: ['owner', 'taxBasis', 'auth', 'search', 'paging', 'failures', 'verify', ...this.#missing],
      before: this.#before(),
      criteria: { [this.#vertical]: this.#criteria() },
    };
  }

  #mapping(id: { expression: string; leaf: Leaf | undefined }): DraftLine[] {
    const start = this.#lines.length;
    this.#add('mapping:');
    if (id.leaf === undefined)
      this.#miss('id', '  ', 'nothing tells rows apart by its name; a digest of the row stands in');
    this.#add(`  id: ${scalar(id.expression)}${id.leaf === undefined ? '' : ` # GUESS ${this.#saw(id.leaf)}`}`);
    this.#price();
    this.#expires();
    this.#add('  item:');
    const message = descriptors().getMessage(verticalOf(this.#vertical).itemMessage)!;
    const isFlight = this.#vertical === 'flight';
    const fields = isFlight ? guessable(message).filter(({ name }) => FLIGHT_FIELDS.has(name)) : guessable(message);
    for (const field of fields) this.#field('    ', this.#vertical, field, this.#own, this.#rows);
    if (isFlight) this.#slices();
    return this.#lines.splice(start);
  }

  #price(): void {
    this.#add('  price:');
    const money = this.#money;
    if (money === undefined) {
      this.#miss('price', '    ', 'no amount with a currency beside it; money is never guessed without');
      this.#add('    total: absent()');
      this.#add('    currency: absent()');
      return;
    }
    const { amount, currency, tax, max, minor } = money;
    const joined = currency === undefined;
    const amountAt = (leaf: Leaf): string => (joined ? `${this.#at(leaf)}.substring(3)` : this.#at(leaf));
    const whole = amount.values.every((value) => /^\d{3,}$/.test(String(value)));
    if (minor) this.#add('    unit: minor # GUESS from the name');
    else if (whole) this.#add('    # GUESS major units; write "unit: minor" if these whole numbers are cents');
    this.#guess('    ', 'total', amountAt(amount), amount, 'price.total');
    if (joined) this.#guess('    ', 'currency', `${this.#at(amount)}.substring(0, 3)`, amount, 'price.currency');
    else this.#guess('    ', 'currency', this.#at(currency), currency, 'price.currency');
    if (max !== undefined) this.#guess('    ', 'totalMax', amountAt(max), max, 'price.totalMax');
    if (tax !== undefined) this.#guess('    ', 'tax', amountAt(tax), tax, 'price.tax');
    for (const leaf of [amount, currency, tax, max]) if (leaf !== undefined) this.#taken.add(leaf);
  }

  #expires(): void {
    const until = this.#expiry();
    const seconds = this.#own.find(
      (leaf) =>
        /(expires_in|ttl|validity)(_seconds)?$/.test(leaf.name) &&
        leaf.values.length > 0 &&
        leaf.values.every((value) => Number.isInteger(value)),
    );
    if (until === undefined && seconds === undefined) {
      this.#miss('expires', '  ', 'no lifetime of rows: defaults.lifetimeSeconds counts');
      return;
    }
    this.#add('  expires:');
    if (until !== undefined) this.#guess('    ', 'at', this.#at(until), until, 'expires.at');
    if (seconds !== undefined) this.#guess('    ', 'afterSeconds', this.#at(seconds), seconds, 'expires.afterSeconds');
  }

  #expiry(): Leaf | undefined {
    return this.#own.find(
      (leaf) =>
        /(expir\w*|valid_?(until|to|till)|offer_?until)$/.test(leaf.name) &&
        leaf.values.length > 0 &&
        leaf.values.every((value) => instantOf(value) !== undefined),
    );
  }

  /** One field of a message, guessed or missed. */
  #field(indent: string, kind: string, field: DescField, leaves: readonly Leaf[], loops: readonly LoopPlace[]): void {
    const guess = guessField(kind, field, leaves, kind === 'segment' ? this.#takenOfSegment : this.#taken);
    if (guess === undefined) {
      this.#miss(kind === 'segment' ? `segments.${field.name}` : field.name, indent, '');
      const needed = kind === 'segment' && (field.name === 'departure' || field.name === 'arrival');
      if (needed) this.#add(`${indent}${field.name}: { local: absent(), zone: '"UTC"' }`);
      return;
    }
    (kind === 'segment' ? this.#takenOfSegment : this.#taken).add(guess.leaf);
    const name = kind === 'segment' ? `segments.${field.name}` : field.name;
    this.#guess(indent, field.name, this.#fieldExpression(guess, field, leaves, loops), guess.leaf, name);
  }

  #fieldExpression(
    { leaf, as, yes, words }: FieldGuess,
    field: DescField,
    leaves: readonly Leaf[],
    loops: readonly LoopPlace[],
  ): string | object {
    const at = expressionOf(leaf.path, loops);
    switch (as) {
      case 'int':
        return `int(${at})`;
      case 'double':
        return `double(${at})`;
      case 'minutes':
        return `iso_minutes(${at})`;
      case 'flag':
        return `${at} == ${JSON.stringify(yes)}`;
      case 'list':
        return leaf.path.at(-1) === '[]'
          ? `list(${expressionOf(leaf.path.slice(0, -1), loops)})`
          : this.#listExpression(leaf, loops);
      case 'local':
        return { local: at, zone: this.#zone(field.name, leaves, loops) };
      case 'instant':
        return { instant: at, zone: this.#zone(field.name, leaves, loops) };
      case 'enum':
        return this.#table(field.name, at, words ?? new Map());
      default:
        return at;
    }
  }

  /** Texts of one name in a list of elements, or one text alone. */
  #listExpression(leaf: Leaf, loops: readonly LoopPlace[]): string {
    const lists = listsAbove(leaf.path).filter(
      (path) => !loops.some((loop) => loop.path.length >= path.length && isBelow(leaf.path, loop.path)),
    );
    const list = lists.at(-1);
    if (list === undefined) return `list(${expressionOf(leaf.path, loops)})`;
    const element = expressionOf(leaf.path, [...loops, { path: list, as: 'e' }]);
    return `list(${expressionOf(list.slice(0, -1), loops)}).filter(e, has(${element})).map(e, ${element})`;
  }

  #table(field: string, at: string, words: ReadonlyMap<string, string | undefined>): string {
    const known = [...words].filter(([, name]) => name !== undefined);
    if (known.length === words.size && known.every(([word, name]) => word.toUpperCase() === name))
      return `${at}.upperAscii()`;
    const plain = `${field}s`.replace(/ss$/, 's_of');
    const table = this.#tables.some(({ text }) => text === `  ${plain}:`) ? `segment_${plain}` : plain;
    this.#tables.push({ text: `  ${table}:` });
    for (const [word, name] of words) {
      const entry = `${JSON.stringify(word)}: ${name ?? '…'}`;
      this.#tables.push({ text: name === undefined ? `    # MISSING ${entry}` : `    ${entry} # GUESS` });
    }
    return `${table}[${at}]`;
  }

  #zone(field: string, leaves: readonly Leaf[], loops: readonly LoopPlace[]): string {
    const airport = field === 'arrival' ? 'destination' : 'origin';
    if (this.#vertical !== 'flight') return 'search.zone';
    const message = descriptors().getMessage('entrepot.offer.v1.FlightSegment')!;
    const place = guessField('segment', message.fields.find(({ name }) => name === airport)!, leaves, new Set());
    if (place === undefined) return '"UTC"';
    const holder = place.leaf.path.slice(0, -1);
    const zone = leaves.find(
      (leaf) =>
        isZone(leaf) &&
        isBelow(leaf.path, holder) &&
        leaf.name.includes('zone') &&
        leaf.path.length === place.leaf.path.length,
    );
    return zone !== undefined && holder.at(-1) !== '[]'
      ? expressionOf(zone.path, loops)
      : `airport_zone(${expressionOf(place.leaf.path, loops)})`;
  }

  #slices(): void {
    const list = segmentList(this.#leaves, this.#rows.at(-1)?.path ?? []);
    const row = this.#rows.at(-1)?.as ?? 'row';
    const above = listsAbove(list ?? []).filter(
      (path) => !this.#rows.some((loop) => loop.path.length === path.length && isSame(loop.path, path)),
    );
    const slicePath = above.length > 1 ? above[0] : undefined;
    const slice = { path: slicePath ?? [], as: 'slice' };
    const inSlice = slicePath === undefined ? this.#rows : [...this.#rows, slice];
    const segmentPath = above.at(-1);
    const inSegment = segmentPath === undefined ? [...this.#rows] : [...inSlice, { path: segmentPath, as: 'segment' }];
    if (list === undefined) this.#miss('slices', '    ', 'no list of flights with airports and times');
    this.#add('    slices:');
    this.#add(
      `      each: ${scalar(slicePath === undefined ? `list(${row})` : listOf(slicePath, this.#rows, this.#input.format))} # GUESS directions of the journey`,
    );
    this.#add('      as: slice');
    this.#add('      give:');
    this.#add('        segments:');
    this.#add(
      `          each: ${scalar(segmentPath === undefined ? 'list(slice)' : listOf(segmentPath, inSlice, this.#input.format))} # GUESS flights of a direction`,
    );
    this.#add('          as: segment');
    this.#add('          give:');
    const inside = this.#leaves.filter((leaf) => isBelow(leaf.path, list ?? this.#rows.at(-1)?.path ?? []));
    const message = descriptors().getMessage('entrepot.offer.v1.FlightSegment')!;
    const loops =
      segmentPath === undefined
        ? this.#rows.map((loop, at) => (at === this.#rows.length - 1 ? { ...loop, as: 'segment' } : loop))
        : inSegment;
    for (const field of guessable(message)) this.#field('            ', 'segment', field, inside, loops);
  }

  #rowsKey(): void {
    const { format } = this.#input;
    const [only] = this.#rows;
    if (this.#rows.length === 0) {
      this.#add('rows: list(body) # MISSING a list of rows; the whole answer counts as one');
    } else if (this.#rows.length === 1) {
      this.#add(`rows: ${scalar(listOf(only!.path, [], format))} # GUESS`);
    } else {
      this.#add('rows: # GUESS');
      for (const [at, loop] of this.#rows.entries()) {
        this.#add(`  - { each: ${flow(listOf(loop.path, this.#rows.slice(0, at), format))}, as: ${loop.as} }`);
      }
    }
  }

  /** What tells rows apart: named like an id, and another in every row. */
  #id(): { expression: string; leaf: Leaf | undefined } {
    const inner = this.#rows.at(-1)?.path ?? [];
    const named = [
      /(^|[._])(id|uuid)$/,
      /([._]|^)(rate|offer|quote|item|product|fare)?_?(key|token|id|code|sku|reference)$/,
      /(id|key|code)$/,
    ];
    for (const pattern of named) {
      const leaf = this.#own.find(
        (one) =>
          pattern.test(one.name) &&
          isBelow(one.path, inner) &&
          !one.path.slice(inner.length).includes('[]') &&
          one.values.length > 0 &&
          new Set(one.values).size === one.values.length,
      );
      if (leaf !== undefined) return { expression: this.#at(leaf), leaf };
    }
    return { expression: `sha256_hex(to_json(${this.#rows.at(-1)?.as ?? 'row'}))`, leaf: undefined };
  }

  #criteria(): Record<string, unknown> {
    const first = (field: string): unknown => {
      const message = descriptors().getMessage('entrepot.offer.v1.FlightSegment')!;
      return guessField('segment', message.fields.find(({ name }) => name === field)!, this.#leaves, new Set())?.leaf
        .values[0];
    };
    switch (this.#vertical) {
      case 'flight':
        return {
          origin: first('origin') ?? 'LHR',
          destination: first('destination') ?? 'JFK',
          departureDate: String(first('departure') ?? '2027-06-01').slice(0, 10),
          adults: 1,
        };
      case 'stay':
        return { place: 'PMI', checkIn: '2027-06-01', checkOut: '2027-06-04', rooms: [{ adults: 2 }] };
      case 'good':
        return { query: 'sample' };
      default:
        return {
          pickup: { point: { latitude: 51.5074, longitude: -0.1278 } },
          dropoff: { point: { latitude: 51.47, longitude: -0.4543 } },
          passengers: 1,
        };
    }
  }

  #before(): string | undefined {
    const moments = (this.#expiry()?.values ?? []).map((value) => instantOf(value)!);
    return moments.length === 0 ? undefined : new Date(Math.min(...moments) - 60_000).toISOString();
  }

  #at(leaf: Leaf): string {
    return expressionOf(leaf.path, this.#rows);
  }

  #add(text: string): void {
    this.#lines.push({ text });
  }

  #guess(indent: string, key: string, value: string | object, leaf: Leaf, field: string): void {
    this.#guessed.push(field);
    const text =
      typeof value === 'string'
        ? scalar(value)
        : `{ ${Object.entries(value)
            .map(([name, one]) => `${name}: ${flow(String(one))}`)
            .join(', ')} }`;
    this.#lines.push({ text: `${indent}${key}: ${text} # GUESS ${this.#saw(leaf)}`, guess: field });
  }

  #miss(field: string, indent: string, why: string): void {
    this.#missing.push(field);
    this.#add(`${indent}# MISSING ${field.slice(field.lastIndexOf('.') + 1)}${why === '' ? '' : `: ${why}`}`);
  }

  #saw({ values }: Leaf): string {
    const some = [...new Set(values.map((value) => this.#redactor.text(JSON.stringify(value))))].slice(0, 3);
    return `saw ${some.map((text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text)).join(', ')}`;
  }
}

/** Fields of a flight that do not follow from its slices. */
const FLIGHT_FIELDS = new Set(['cabin', 'fare_brand', 'checked_bags', 'refundable', 'changeable', 'emissions_kg']);

const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  flight: {
    origin: 'criteria.origin',
    destination: 'criteria.destination',
    date: 'criteria.departure_date',
    adults: 'criteria.adults',
  },
  stay: {
    latitude: 'search.latitude',
    longitude: 'search.longitude',
    check_in: 'criteria.check_in',
    check_out: 'criteria.check_out',
  },
  good: { q: 'criteria.query', gtin: 'criteria.gtin' },
  ride: {
    from_latitude: 'criteria.pickup.point.latitude',
    from_longitude: 'criteria.pickup.point.longitude',
    to_latitude: 'criteria.dropoff.point.latitude',
    to_longitude: 'criteria.dropoff.point.longitude',
  },
};

/** Without a price: the list with the most things in each of its elements. */
function mainList(leaves: readonly Leaf[]): readonly Step[] | undefined {
  const counts = new Map<string, { path: readonly Step[]; count: number }>();
  for (const { path } of leaves) {
    const [outermost] = listsAbove(path);
    if (outermost === undefined || outermost.length === path.length) continue;
    const key = JSON.stringify(outermost);
    const found = counts.get(key) ?? { path: outermost, count: 0 };
    counts.set(key, { ...found, count: found.count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.path;
}

function loopsOf(lists: readonly (readonly Step[])[]): LoopPlace[] {
  if (lists.length === 1) return [{ path: lists[0]!, as: 'row' }];
  const names = new Set<string>();
  return lists.map((path) => {
    const key = snake(path.filter((step) => step !== '[]').at(-1) ?? 'row').replace(/^[^a-z]+/, '');
    const single = key.replace(/ies$/, 'y').replace(/(?<!s)s$/, '') || 'row';
    let as = TAKEN.has(single) ? `${single}_row` : single;
    while (names.has(as)) as = `${as}_2`;
    names.add(as);
    return { path, as };
  });
}

/** The deepest list in a row whose elements have two airports. */
function segmentList(leaves: readonly Leaf[], row: readonly Step[]): readonly Step[] | undefined {
  const airports = new Map<string, { path: readonly Step[]; count: number }>();
  for (const { path, values } of leaves) {
    const list = listsAbove(path).at(-1);
    if (list === undefined || list.length < row.length || values.length === 0) continue;
    if (!values.every((value) => typeof value === 'string' && airportZone(value) !== undefined)) continue;
    const key = JSON.stringify(list);
    airports.set(key, { path: list, count: (airports.get(key)?.count ?? 0) + 1 });
  }
  const found = [...airports.values()].filter(({ count }) => count >= 2);
  return found.sort((a, b) => b.path.length - a.path.length)[0]?.path;
}

function isSame(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, at) => step === b[at]);
}

function titleOf(name: string): string {
  return name.replaceAll(
    /(^|-)([a-z])/g,
    (_, dash: string, letter: string) => `${dash === '' ? '' : ' '}${letter.toUpperCase()}`,
  );
}

/** A text as a YAML value on its line. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** As {@link scalar}, inside {…}. */
function flow(text: string): string {
  return /[,[\]{}#&*!|>'"%@`:]/.test(text) ? JSON.stringify(text) : scalar(text);
}
