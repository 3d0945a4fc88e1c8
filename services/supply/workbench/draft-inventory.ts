import { gtin14 } from '../../../libs/reference/index.ts';
import { instantOf } from '../mapping/time.ts';
import { type DraftWriter, flow, scalar } from './draft-writer.ts';
import { CHANGED, type HandedSample } from './handed-sample.ts';
import { expressionOf, isBelow, type Leaf, leavesOf } from './sample.ts';

/** Where the rows of a handed-over sample stand among its leaves. */
export const HANDED_ROWS = ['rows', '[]'] as const;

/** Drafts how a partner's inventory comes, and by what it is found. */
export class InventoryDrafter {
  readonly #writer: DraftWriter;
  readonly #sample: HandedSample;
  readonly #vertical: string;
  /** What stands in a row itself, not in lists of it. */
  readonly #own: readonly Leaf[];

  constructor(writer: DraftWriter, sample: HandedSample, vertical: string, leaves: readonly Leaf[]) {
    this.#writer = writer;
    this.#sample = sample;
    this.#vertical = vertical;
    this.#own = leaves.filter(
      ({ path, values }) =>
        isBelow(path, HANDED_ROWS) && !path.slice(HANDED_ROWS.length).includes('[]') && values.length > 0,
    );
  }

  /** `feed` or `push`, and `inventory`. */
  write(): void {
    if (this.#sample.transport === 'feed') this.#feed(this.#sample);
    else this.#push(this.#sample);
    this.#inventory();
  }

  /** Criteria that find the first row. */
  criteria(): Record<string, unknown> | undefined {
    if (this.#vertical === 'good') {
      const word = /[\p{L}\p{N}]{3,}/u.exec(String(this.#titles()[0]?.values[0] ?? ''))?.[0];
      return word === undefined ? undefined : { query: word.toLowerCase() };
    }
    const [latitude, longitude] = this.#point();
    if (this.#vertical !== 'stay' || latitude === undefined || longitude === undefined) return undefined;
    const center = { latitude: Number(latitude.values[0]), longitude: Number(longitude.values[0]) };
    return { area: { center, radiusKm: 5 }, checkIn: '2027-06-01', checkOut: '2027-06-04', rooms: [{ adults: 2 }] };
  }

  #feed({ format, file, element, delimiter }: Extract<HandedSample, { transport: 'feed' }>): void {
    this.#writer.add('# MISSING where the file lies and how often it is written: path, query, everyMinutes.');
    this.#writer.add('feed:');
    this.#writer.add(`  path: ${flow(`/${encodeURIComponent(file)}`)} # GUESS from the name of the sample`);
    this.#writer.add(`  format: ${format} # GUESS from the sample`);
    if (element !== undefined) this.#writer.add(`  element: ${element} # GUESS the elements that are rows`);
    if (format === 'csv' && delimiter !== ',')
      this.#writer.add(`  delimiter: ${JSON.stringify(delimiter)} # GUESS from the first line`);
    this.#writer.add('  everyMinutes: 60');
  }

  #push({ format, body, list }: Extract<HandedSample, { transport: 'push' }>): void {
    const leaves = leavesOf(body);
    const alone = leaves.filter(({ path }) => !path.includes('[]'));
    const event = alone.find(({ name }) => /(^|[._])(event|message|webhook|notification|delivery)_?id$/.test(name));
    const kind = alone.find(({ name }) => /(^|[._])(event|topic|action)(_?(type|name))?$/.test(name));
    this.#writer.add('push:');
    if (format === 'xml') this.#writer.add('  format: xml');
    this.#writer.add('  # MISSING verify: how the sender is known; hmac, basic or a token in a header:');
    this.#writer.add('  # verify: { hmac: { header: x-signature, secret: token } }');
    this.#writer.add('  verify: { token: { header: x-token, credential: token } }');
    if (event !== undefined) this.#writer.guess('  ', 'event', expressionOf(event.path, []), event, 'push.event');
    else
      this.#writer.miss(
        'push.event',
        '  ',
        'the id of a message: headers["x-…"] or in its body; without one, versions tell old from new',
      );
    this.#writer.add('  messages:');
    this.#writer.add('    # MISSING which messages there are; the sample is taken for the news of its rows.');
    this.#writer.add('    - when: "true"');
    this.#writer.add('      op: upsert');
    if (list.length > 0) {
      const rows = `list(${expressionOf(list, [])})`;
      this.#writer.add(`      rows: ${scalar(rows)} # GUESS`);
    }
    const changed = this.#changed(alone);
    if (changed === undefined)
      this.#writer.miss(
        'push.at',
        '      ',
        "the partner's own time or version of a row: an older message never overwrites a newer one",
      );
    else this.#writer.guess('      ', 'at', changed.at, changed.leaf, 'push.at');
    const says = kind === undefined ? '' : ` (the sample says ${this.#writer.saw(kind).replace('saw ', '')})`;
    this.#writer.miss(
      'push.delete',
      '    ',
      `what deletes rows${says}: - { when: …, op: delete, key: ${this.#key().expression} }`,
    );
  }

  /** The time or version in the row, else in the message. */
  #changed(alone: readonly Leaf[]): { readonly at: string; readonly leaf: Leaf } | undefined {
    const dated = ({ name, values }: Leaf): boolean =>
      values.length > 0 &&
      ((CHANGED.test(name) && values.every((value) => instantOf(value) !== undefined)) ||
        (/(^|[._])(version|revision|sequence)$/.test(name) && values.every((value) => Number.isSafeInteger(value))));
    const own = this.#own.find(dated);
    if (own !== undefined) return { at: this.#at(own), leaf: own };
    const above = alone.find(dated);
    return above === undefined ? undefined : { at: expressionOf(above.path, []), leaf: above };
  }

  #inventory(): void {
    const { expression, leaf } = this.#key();
    this.#writer.add('# By what rows are found.');
    this.#writer.add('inventory:');
    if (leaf === undefined)
      this.#writer.miss('inventory.key', '  ', 'nothing tells rows apart by its name; a digest of the row stands in');
    this.#writer.add(`  key: ${scalar(expression)}${leaf === undefined ? '' : ` # GUESS ${this.#writer.saw(leaf)}`}`);
    if (this.#vertical === 'good') this.#goods();
    else this.#places();
  }

  #goods(): void {
    const words = this.#titles().map((leaf) => `first(${this.#at(leaf)}, "")`);
    const title = this.#titles()[0];
    const text = words.length === 0 ? '""' : words.join(' + " " + ');
    this.#writer.add(
      `  words: ${scalar(text)}${title === undefined ? ' # MISSING a title' : ` # GUESS ${this.#writer.saw(title)}`}`,
    );
    const gtin = this.#own.find(
      ({ name, values }) =>
        /(gtin|ean|upc|isbn|barcode)(_?\d*)?$/.test(name) &&
        values.some((value) => gtin14(String(value)) !== undefined),
    );
    if (gtin !== undefined) {
      this.#writer.guess('  ', 'keys', `["gtin:" + gtin14(${this.#at(gtin)})]`, gtin, 'inventory.keys');
    } else this.#writer.miss('inventory.keys', '  ', 'no GTIN: rows are found by words alone');
    this.#writer.add('  search:');
    this.#writer.add('    words: criteria.query');
    if (gtin !== undefined)
      this.#writer.add(`    keys: 'present(criteria.gtin) ? ["gtin:" + gtin14(criteria.gtin)] : []'`);
    this.#writer.add('    limit: first(criteria.max_results, 200)');
  }

  #places(): void {
    const [latitude, longitude] = this.#point();
    if (this.#vertical === 'stay' && latitude !== undefined && longitude !== undefined) {
      const cell = `[geo_cell(double(${this.#at(latitude)}), double(${this.#at(longitude)}))]`;
      this.#writer.guess('  ', 'keys', cell, latitude, 'inventory.keys');
      this.#writer.add('  search:');
      this.#writer.add('    keys: geo_cells(search.latitude, search.longitude, search.radius_km)');
      return;
    }
    this.#writer.miss('inventory.keys', '  ', 'what criteria and rows have in common; until then every row is found');
    this.#writer.add(`  keys: '["all"]'`);
    this.#writer.add('  search:');
    this.#writer.add(`    keys: '["all"]'`);
  }

  #titles(): Leaf[] {
    return [/(^|[._])(title|name)$/, /brand$|vendor$/, /mpn$/, /(product_type|category)$/].flatMap((pattern) =>
      this.#own.filter(({ name }) => pattern.test(name)).slice(0, 1),
    );
  }

  #point(): (Leaf | undefined)[] {
    return [/lat(itude)?$/, /(lng|lon|long|longitude)$/].map((pattern) =>
      this.#own.find(
        ({ name, values }) => pattern.test(name) && values.every((value) => Number.isFinite(Number(value))),
      ),
    );
  }

  #key(): { readonly expression: string; readonly leaf: Leaf | undefined } {
    for (const pattern of [/^rows\.(id|uuid|sku|code)$/, /(^|[._])(id|uuid|sku)$/, /(id|key|code)$/]) {
      const leaf = this.#own.find(({ name, values }) => pattern.test(name) && new Set(values).size === values.length);
      if (leaf === undefined) continue;
      const at = this.#at(leaf);
      return { expression: leaf.values.every((value) => typeof value === 'string') ? at : `string(${at})`, leaf };
    }
    return { expression: 'sha256_hex(to_json(row))', leaf: undefined };
  }

  #at({ path }: Leaf): string {
    return expressionOf(path, [{ path: HANDED_ROWS, as: 'row' }]);
  }
}
