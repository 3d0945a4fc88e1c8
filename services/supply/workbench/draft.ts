import { descriptors, vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { INVENTORY_ROWS } from '../kit/inventory.ts';
import { instantOf } from '../mapping/time.ts';
import { FieldDrafter } from './draft-fields.ts';
import { InventoryDrafter } from './draft-inventory.ts';
import { identifiedLists, loopsOf, mainList } from './draft-places.ts';
import { type DraftLine, DraftWriter, flow, scalar } from './draft-writer.ts';
import { guessable, guessField, guessVertical } from './guess-fields.ts';
import { currencyOf, guessMoney, type MoneyGuess, partAmounts } from './guess-money.ts';
import type { HandedSample } from './handed-sample.ts';
import { expressionOf, isBelow, type Leaf, type LoopPlace, leavesOf, listOf, listsAbove } from './sample.ts';

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
  /** What the partner hands over, where it is not asked: `body` is then an answer made of its rows. */
  readonly handed?: HandedSample | undefined;
}

/** Drafts a manifest. Throws RangeError where the sample does not tell what it sells. */
export function draftManifest(input: DraftInput): Draft {
  const leaves = leavesOf(input.body);
  const vertical = input.vertical ?? guessVertical(leaves);
  if (vertical === undefined) throw new RangeError('the sample does not tell what it sells; say so with --vertical');
  return new Drafting(input, leaves, vertical).draft();
}

class Drafting {
  readonly #input: DraftInput;
  readonly #leaves: readonly Leaf[];
  readonly #vertical: string;
  readonly #money: MoneyGuess | undefined;
  readonly #rows: readonly LoopPlace[];
  /** What stands in a row or in what holds it. */
  readonly #own: readonly Leaf[];
  readonly #writer = new DraftWriter();
  readonly #fields: FieldDrafter;
  /** Of a partner that hands over. */
  readonly #inventory: InventoryDrafter | undefined;

  constructor(input: DraftInput, leaves: readonly Leaf[], vertical: string) {
    this.#input = input;
    this.#leaves = leaves;
    this.#vertical = vertical;
    this.#money = guessMoney(leaves);
    const lists =
      this.#money === undefined ? (identifiedLists(leaves) ?? [mainList(leaves)]) : listsAbove(this.#money.amount.path);
    this.#rows = loopsOf(lists.filter((path) => path !== undefined));
    // The nearest to the row first: a room's name before its hotel's.
    const inRows = [...this.#rows].reverse();
    const depth = (leaf: Leaf): number => inRows.findIndex(({ path }) => isBelow(leaf.path, path));
    this.#fields = new FieldDrafter(this.#writer, { vertical, format: input.format, leaves, rows: this.#rows });
    const { handed } = input;
    if (handed !== undefined) this.#inventory = new InventoryDrafter(this.#writer, handed, vertical, leaves);
    this.#own = leaves.filter((leaf) => depth(leaf) >= 0).sort((a, b) => depth(a) - depth(b));
  }

  draft(): Draft {
    const { name, format, file, handed } = this.#input;
    const id = this.#id();
    const mapping = this.#mapping(id);
    this.#writer.add(`# Drafted from ${file}. Look at every GUESS, then take the word away; fill in what is MISSING.`);
    this.#writer.add(
      `# services/supply/README.md tells what each key means; \`entrepot partner try ${name} --cassette …\` shows what it does.`,
    );
    this.#writer.add(`name: ${name}`);
    this.#writer.add(`title: ${titleOf(name)} # GUESS from the name`);
    this.#writer.add('# MISSING owner: who is asked when it breaks');
    this.#writer.add("# MISSING documentation: URL of the partner's documentation");
    this.#writer.add(
      `vertical: ${this.#vertical}${this.#input.vertical === undefined ? ' # GUESS from the names of fields' : ''}`,
    );
    this.#writer.add(handed === undefined ? `format: ${format}` : 'format: json');
    if (handed !== undefined) this.#writer.add(`transport: ${handed.transport} # GUESS from the sample`);
    this.#writer.add('# GUESS limits that suit most partners; its documentation says what it allows.');
    this.#writer.add(
      'defaults: { timeoutMs: 8000, maxPages: 5, maxBodyBytes: 16777216, concurrency: 10, lifetimeSeconds: 600 }',
    );
    this.#writer.add(
      '# MISSING taxBasis: what totals include, with where the partner says so. Until then every row is refused, for',
    );
    this.#writer.add('# what a price includes is never assumed:');
    this.#writer.add('# taxBasis: { "*": { basis: INCLUDED, citation: "…" } }');
    this.#credentials();
    if (this.#fields.tables.length > 0) {
      this.#writer.add('tables:');
      this.#writer.append(this.#fields.tables);
    }
    if (this.#inventory === undefined) this.#search();
    else this.#inventory.write();
    this.#rowsKey();
    this.#writer.append(mapping);
    if (handed === undefined) {
      this.#writer.add('# MISSING how one row is asked for again.');
      this.#writer.add('verify:');
      this.#writer.add(`  request: { path: ${flow(`/offers/{${id.expression}}`)} }`);
    }
    this.#writer.add('handoff:');
    const link = this.#own.find(
      (leaf) =>
        /(deep_?link|booking_?(url|link)|(^|[._])(url|link|permalink))$/.test(leaf.name) &&
        leaf.values.length > 0 &&
        leaf.values.every((value) => /^https?:\/\//.test(String(value))),
    );
    if (link !== undefined) this.#writer.guess('  ', 'url', this.#at(link), link, 'handoff.url');
    this.#writer.add(`  token: ${scalar(id.expression)} # GUESS what the partner's booking takes`);
    return {
      vertical: this.#vertical,
      lines: this.#writer.take(),
      guessed: this.#writer.guessed,
      missing: [...this.#unknown(), ...this.#writer.missing],
      before: this.#before(),
      criteria: { [this.#vertical]: this.#inventory?.criteria() ?? this.#criteria() },
    };
  }

  /** What no sample tells. */
  #unknown(): readonly string[] {
    switch (this.#input.handed?.transport) {
      case 'feed':
        return ['owner', 'taxBasis', 'auth', 'feed'];
      case 'push':
        return ['owner', 'taxBasis', 'credentials', 'push.verify', 'push.messages'];
      default:
        return ['owner', 'taxBasis', 'auth', 'search', 'paging', 'failures', 'verify'];
    }
  }

  #credentials(): void {
    if (this.#input.handed?.transport === 'push') {
      this.#writer.add('# MISSING credentials: what the sender of messages is known by.');
      this.#writer.add('credentials: { token: that the partner sends along }');
      return;
    }
    this.#writer.add('# MISSING credentials and auth:');
    this.#writer.add('# credentials: { token: access token of the account }');
    this.#writer.add('# auth: { bearer: token }');
  }

  #search(): void {
    this.#writer.add('# MISSING the request of a search: path, parameters, body.');
    this.#writer.add('search:');
    this.#writer.add('  path: /search');
    this.#writer.add('  query:');
    for (const [parameter, value] of Object.entries(QUERIES[this.#vertical] ?? {}))
      this.#writer.add(`    ${parameter}: ${value}`);
    this.#writer.add('# MISSING paging and failures: how a next page is known, and what errors look like.');
  }

  #mapping(id: { expression: string; leaf: Leaf | undefined }): DraftLine[] {
    this.#writer.add('mapping:');
    if (id.leaf === undefined)
      this.#writer.miss('id', '  ', 'nothing tells rows apart by its name; a digest of the row stands in');
    this.#writer.add(
      `  id: ${scalar(id.expression)}${id.leaf === undefined ? '' : ` # GUESS ${this.#writer.saw(id.leaf)}`}`,
    );
    this.#price();
    this.#expires();
    this.#writer.add('  item:');
    const message = descriptors().getMessage(verticalOf(this.#vertical).itemMessage)!;
    const isFlight = this.#vertical === 'flight';
    const fields = isFlight ? guessable(message).filter(({ name }) => FLIGHT_FIELDS.has(name)) : guessable(message);
    for (const field of fields) this.#fields.field('    ', this.#vertical, field, this.#own, this.#rows);
    if (isFlight) this.#fields.slices();
    return this.#writer.take();
  }

  #price(): void {
    this.#writer.add('  price:');
    const money = this.#money;
    if (money === undefined) {
      const part = partAmounts(this.#leaves, this.#rows.at(-1)?.path ?? []);
      this.#writer.miss(
        'price',
        '    ',
        part === undefined
          ? 'no amount with a currency beside it; money is never guessed without'
          : `amounts of parts alone (${part.name}: ${this.#writer.saw(part)}); what they add up to is amount_sum(…) of them`,
      );
      this.#writer.add('    total: absent()');
      const code = currencyOf(this.#leaves, this.#rows.at(-1)?.path ?? []);
      if (code === undefined) this.#writer.add('    currency: absent()');
      else this.#writer.guess('    ', 'currency', this.#at(code), code, 'price.currency');
      return;
    }
    const { amount, currency, tax, max, minor } = money;
    const joined = currency === undefined;
    const [ofAmount, ofCurrency] = money.after
      ? ['.split(" ")[0]', '.split(" ")[1]']
      : ['.substring(3)', '.substring(0, 3)'];
    const amountAt = (leaf: Leaf): string => (joined ? this.#at(leaf) + ofAmount : this.#at(leaf));
    const whole = amount.values.every((value) => /^\d{3,}$/.test(String(value)));
    if (minor) this.#writer.add('    unit: minor # GUESS from the name');
    else if (whole) this.#writer.add('    # GUESS major units; write "unit: minor" if these whole numbers are cents');
    this.#writer.guess('    ', 'total', amountAt(amount), amount, 'price.total');
    if (joined) this.#writer.guess('    ', 'currency', this.#at(amount) + ofCurrency, amount, 'price.currency');
    else this.#writer.guess('    ', 'currency', this.#at(currency), currency, 'price.currency');
    if (max !== undefined) this.#writer.guess('    ', 'totalMax', amountAt(max), max, 'price.totalMax');
    if (tax !== undefined) this.#writer.guess('    ', 'tax', amountAt(tax), tax, 'price.tax');
    for (const leaf of [amount, currency, tax, max]) if (leaf !== undefined) this.#fields.taken.add(leaf);
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
      this.#writer.miss('expires', '  ', 'no lifetime of rows: defaults.lifetimeSeconds counts');
      return;
    }
    this.#writer.add('  expires:');
    if (until !== undefined) this.#writer.guess('    ', 'at', this.#at(until), until, 'expires.at');
    if (seconds !== undefined)
      this.#writer.guess('    ', 'afterSeconds', this.#at(seconds), seconds, 'expires.afterSeconds');
  }

  #expiry(): Leaf | undefined {
    return this.#own.find(
      (leaf) =>
        /(expir\w*|(valid|held|good)_?(until|to|till)|offer_?until)$/.test(leaf.name) &&
        leaf.values.length > 0 &&
        leaf.values.every((value) => instantOf(value) !== undefined),
    );
  }

  #rowsKey(): void {
    const { format, handed } = this.#input;
    const [only] = this.#rows;
    // What is handed over is found as rows, whatever else is in it.
    const listAt = (at: number): string =>
      handed !== undefined && at === 0 ? INVENTORY_ROWS : listOf(this.#rows[at]!.path, this.#rows.slice(0, at), format);
    if (this.#rows.length === 0) {
      this.#writer.add('rows: list(body) # MISSING a list of rows; the whole answer counts as one');
    } else if (only !== undefined && this.#rows.length === 1) {
      this.#writer.add(`rows: ${scalar(listAt(0))}${handed === undefined ? ' # GUESS' : ''}`);
    } else {
      this.#writer.add('rows: # GUESS');
      for (const [at, loop] of this.#rows.entries()) {
        this.#writer.add(`  - { each: ${flow(listAt(at))}, as: ${loop.as} }`);
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

function titleOf(name: string): string {
  return name.replaceAll(
    /(^|-)([a-z])/g,
    (_, dash: string, letter: string) => `${dash === '' ? '' : ' '}${letter.toUpperCase()}`,
  );
}
