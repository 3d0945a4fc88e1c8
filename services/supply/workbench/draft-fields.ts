import type { DescField } from '@bufbuild/protobuf';
import { descriptors } from '../../../libs/vertical/index.ts';
import { isSame, segmentList } from './draft-places.ts';
import { type DraftLine, type DraftWriter, scalar } from './draft-writer.ts';
import { type FieldGuess, guessable, guessField, isZone } from './guess-fields.ts';
import { expressionOf, isBelow, type Leaf, type LoopPlace, listOf, listsAbove } from './sample.ts';

/** What fields of an item are drafted from. */
export interface FieldInput {
  readonly vertical: string;
  readonly format: 'json' | 'xml';
  readonly leaves: readonly Leaf[];
  readonly rows: readonly LoopPlace[];
}

/** Drafts the fields of an item, with the code tables that they need. */
export class FieldDrafter {
  /** Code tables, as lines below `tables:`. */
  readonly tables: DraftLine[] = [];
  /** Leaves that fill something already. */
  readonly taken = new Set<Leaf>();
  /** A flight and its segments may say the same. */
  readonly #takenOfSegment = new Set<Leaf>();
  readonly #writer: DraftWriter;
  readonly #vertical: string;
  readonly #format: 'json' | 'xml';
  readonly #leaves: readonly Leaf[];
  readonly #rows: readonly LoopPlace[];

  constructor(writer: DraftWriter, { vertical, format, leaves, rows }: FieldInput) {
    this.#writer = writer;
    this.#vertical = vertical;
    this.#format = format;
    this.#leaves = leaves;
    this.#rows = rows;
  }

  /** One field of a message, guessed or missed. */
  field(indent: string, kind: string, field: DescField, leaves: readonly Leaf[], loops: readonly LoopPlace[]): void {
    const guess = guessField(kind, field, leaves, kind === 'segment' ? this.#takenOfSegment : this.taken);
    if (guess === undefined) {
      this.#writer.miss(kind === 'segment' ? `segments.${field.name}` : field.name, indent, '');
      const needed = kind === 'segment' && (field.name === 'departure' || field.name === 'arrival');
      if (needed) this.#writer.add(`${indent}${field.name}: { local: absent(), zone: '"UTC"' }`);
      return;
    }
    (kind === 'segment' ? this.#takenOfSegment : this.taken).add(guess.leaf);
    const name = kind === 'segment' ? `segments.${field.name}` : field.name;
    this.#writer.guess(indent, field.name, this.#fieldExpression(guess, field, leaves, loops), guess.leaf, name);
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
    const table = this.tables.some(({ text }) => text === `  ${plain}:`) ? `segment_${plain}` : plain;
    this.tables.push({ text: `  ${table}:` });
    for (const [word, name] of words) {
      const entry = `${JSON.stringify(word)}: ${name ?? '…'}`;
      this.tables.push({ text: name === undefined ? `    # MISSING ${entry}` : `    ${entry} # GUESS` });
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

  /** The itinerary: directions and their flights. */
  slices(): void {
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
    if (list === undefined) this.#writer.miss('slices', '    ', 'no list of flights with airports and times');
    this.#writer.add('    slices:');
    this.#writer.add(
      `      each: ${scalar(slicePath === undefined ? `list(${row})` : listOf(slicePath, this.#rows, this.#format))} # GUESS directions of the journey`,
    );
    this.#writer.add('      as: slice');
    this.#writer.add('      give:');
    this.#writer.add('        segments:');
    this.#writer.add(
      `          each: ${scalar(segmentPath === undefined ? 'list(slice)' : listOf(segmentPath, inSlice, this.#format))} # GUESS flights of a direction`,
    );
    this.#writer.add('          as: segment');
    this.#writer.add('          give:');
    const inside = this.#leaves.filter((leaf) => isBelow(leaf.path, list ?? this.#rows.at(-1)?.path ?? []));
    const message = descriptors().getMessage('entrepot.offer.v1.FlightSegment')!;
    const loops =
      segmentPath === undefined
        ? this.#rows.map((loop, at) => (at === this.#rows.length - 1 ? { ...loop, as: 'segment' } : loop))
        : inSegment;
    for (const field of guessable(message)) this.field('            ', 'segment', field, inside, loops);
  }
}
