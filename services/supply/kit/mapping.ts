import type { DescMessage } from '@bufbuild/protobuf';
import type { Item } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { isToldOnly, type Vertical } from '../../../libs/vertical/index.ts';
import { type Adapter, type AnswerContext, type AskContext, type PartnerPrice, Rejection } from '../adapter.ts';
import { roomKey } from '../mapping/rooms.ts';
import { localTimeAt } from '../mapping/time.ts';
import { everything, type Wanted, wantedWithin } from '../wanted.ts';
import { absenceOf } from './absence.ts';
import type { KitAnswer, KitRow, RowLoader } from './answer.ts';
import type { Compiler, Path } from './compiler.ts';
import { compileLets, type Lets } from './context.ts';
import type { Door, Moment, RowValues } from './door.ts';
import { compileExpiry } from './expiry.ts';
import { compileFlight, itineraryFields } from './flight.ts';
import { compileMessage, defaultOf, makeMessage } from './item.ts';
import { compileColumns, compileLoader } from './layout.ts';
import { enumNumber } from './leaf.ts';
import { notingUnknownCodes } from './lookup.ts';
import type { Cel, Join, ManifestFile, MappingTemplate, RowLoop } from './manifest.ts';
import { compilePrice } from './price.ts';
import { compileRates } from './rates.ts';
import { type CompiledRows, compileRows, givenNames, givenRows, isGiven, rowsOf } from './rows.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

/** What compiling a mapping needs. */
interface MappingInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  readonly vertical: Vertical;
  readonly message: DescMessage;
  readonly door: Door;
  /** Of requests; what is known of an answer is added to it. */
  readonly scope: Scope;
}

/** The compiled mapping: the adapter's functions of rows, and how rows are found in an answer. */
export interface CompiledMapping {
  readonly parts: Pick<
    Adapter<KitRow>,
    'columns' | 'price' | 'details' | 'rates' | 'expiresAt' | 'item' | 'idOf' | 'nameOf' | 'partsOf'
  >;
  /** Of answers: status, headers, body, text, and the joins. */
  readonly answerScope: Scope;
  /** Of rows: with the loops' elements and the names of `let`. */
  readonly rowScope: Scope;
  readonly load: RowLoader;
  readonly id: Reader;
  /** Names of a row's own values: the loops' elements and `let`. */
  readonly ownNames: readonly string[];
  /** Puts an answer's body, status, headers and joins into a frame. */
  enterAnswer(frame: Frame, answer: EnteredAnswer): void;
  /** The rows of an entered answer; undefined where it has no list of them. */
  rows(answer: KitAnswer, frame: Frame, body: unknown, context: AnswerContext): FoundRows | undefined;
  /** Compiles other rows of the same names, as `verify` has them: they may read the values of the row that is asked for again. */
  alternativeRows(path: readonly string[], rows: Cel | readonly RowLoop[]): CompiledRows;
}

/** What is put into a frame of an answer. */
interface EnteredAnswer {
  readonly body: unknown;
  readonly status: number;
  readonly headers: AskContext['headers'];
  readonly text: string;
  /** Absent where it is a failure. */
  readonly fetchedAt?: number;
}

/** Rows of an answer. */
interface FoundRows {
  readonly rows: KitRow[];
  /** Elements that they are made of, as the partner counts them. */
  readonly elements: number;
  /** Why map.ts holds them to be incomplete. */
  readonly warning?: string | undefined;
}

const noMapping: MappingTemplate = { id: '""', price: { total: '0', currency: '""' }, item: {} };

/** Compiles `joins`, `rows` and `mapping`. */
export function compileMapping(input: MappingInput): CompiledMapping {
  const { compiler, manifest, door } = input;
  if (door.adapter?.read === undefined) {
    if (manifest.mapping === undefined) compiler.problem([], 'missing key "mapping" (how rows become offers)');
    if (manifest.rows === undefined) compiler.problem([], 'missing key "rows" (where an answer has its rows)');
  }
  const mapping = manifest.mapping ?? noMapping;
  const answer = answerScopeOf(input.scope);
  const facts = compileLets(compiler, ['answer'], manifest.answer, answer.scope);
  const joins = compileJoins(compiler, manifest.joins, answer.scope);
  const rows = compileAnyRows(input, joins.scope);
  const rates = manifest.rates && compileRates(compiler, manifest.rates, joins.scope);
  const shared = namesOf(manifest, joins.scope);
  const scope = new Scope(rows.scope);
  const at = ['mapping'];
  const lets = compileLets(compiler, [...at, 'let'], mapping.let, scope);
  const keys = rows.names.map((name, at) => [isGiven(manifest.rows ?? '') ? name : at, rows.slots[at]!] as const);
  const [ofAnswer, ofRow] = partedLets(compiler, lets, joins.scope);
  const load: RowLoader = {
    begin(frame) {
      for (const [slot, read] of ofAnswer) frame[slot] = read(frame);
    },
    load: compileLoader(compiler, keys, ofRow),
  };
  const id = compiler.expression([...at, 'id'], mapping.id, scope);
  const { price, details } = compilePrice(
    compiler,
    [...at, 'price'],
    mapping.price,
    scope,
    id,
    absenceOf(compiler, scope, lets),
  );
  const expiresAt = compileExpiry(compiler, [...at, 'expires'], mapping.expires, scope, id);
  const rejects = (mapping.reject ?? []).map(({ when, because }, position) => ({
    when: compiler.expression([...at, 'reject', position, 'when'], when, scope, 'bool'),
    because,
  }));
  const named = namer(rows.names);
  const { price: ownPrice, charges: ownDetails, expiresAt: ownExpiry, rows: makeRows } = door;
  const checked = (row: KitRow): Frame => {
    const frame = row.answer.enter(row);
    if (id(frame) === undefined) throw new Rejection(RejectionReason.MISSING_FIELD, 'a row has no id');
    for (const { when, because } of rejects) {
      if (when(frame) === true) throw new Rejection(RejectionReason.MISSING_FIELD, `${id(frame)}: ${because}`);
    }
    return frame;
  };
  const { columns, item } = compileItem(input, mapping, scope, id, named);
  const nameOf = (row: KitRow): string | undefined => idText(id(row.answer.enter(row)));
  return {
    parts: {
      columns,
      item,
      // Only where answers repeat rows: elsewhere ids need not be unlike from page to page.
      ...(manifest.poll?.partial === true && { idOf: nameOf }),
      nameOf,
      partsOf: (row) => named(row),
      ...(rates && { rates: (row: KitRow, context: AnswerContext) => rates(row.answer.enter(row), context) }),
      price: (row, context): PartnerPrice => {
        const frame = checked(row);
        return ownPrice?.(named(row), context) ?? price(frame, context);
      },
      ...((details !== undefined || ownDetails !== undefined) && {
        details: (row: KitRow, context: AnswerContext) =>
          ownDetails?.(named(row), context) ?? details?.(row.answer.enter(row)) ?? [],
      }),
      expiresAt:
        ownExpiry === undefined
          ? (row, context) => expiresAt(row.answer.enter(row), context)
          : (row, context) => ownExpiry(named(row), context),
    },
    answerScope: joins.scope,
    rowScope: scope,
    load,
    id,
    ownNames: [...rows.names, ...Object.keys(mapping.let ?? {})].filter((name) => scope.has(name)),
    enterAnswer(frame, { body, status, headers = {}, text, fetchedAt }) {
      frame[answer.body] = body;
      frame[answer.status] = status;
      frame[answer.headers] = headers;
      frame[answer.text] = text;
      frame[answer.fetchedAt] = fetchedAt;
      for (const [slot, read] of facts) frame[slot] = read(frame);
      joins.fill(frame);
    },
    rows(kitAnswer, frame, body, context) {
      if (makeRows === undefined) {
        const found = rows.read(frame);
        return found && { rows: rowsOf(kitAnswer, found.rows), elements: found.elements };
      }
      const made = makeRows(body as never, context, shared(frame));
      if (made === undefined) return undefined;
      const { rows: given, warning = undefined } = 'rows' in made ? made : { rows: made };
      return { rows: givenRows(kitAnswer, given), elements: given.length, warning };
    },
    alternativeRows: (path, template) => compileRows(compiler, path, template, scope, rows.names),
  };
}

/** Names that read nothing of a row, nor another that does, are worked out once an answer; the others for each row. */
function partedLets(compiler: Compiler, lets: Lets, answer: Scope): [ofAnswer: Lets, ofRow: Lets] {
  const known = new Set(answer.slots.values());
  const ofAnswer = lets.filter(([slot, read]) => {
    const source = compiler.sourceOf(read);
    return source?.slots.every((one) => known.has(one)) === true && known.add(slot) !== undefined;
  });
  return [ofAnswer, lets.filter((one) => !ofAnswer.includes(one))];
}

function compileAnyRows({ compiler, manifest, door }: MappingInput, scope: Scope): CompiledRows {
  const { rows = '[]' } = manifest;
  const given = isGiven(rows);
  if (given !== (door.rows !== undefined) && door.adapter?.read === undefined) {
    const wanted = given
      ? 'map.ts beside it has no function "rows" that gives them'
      : 'map.ts makes rows: expected {given: […]}';
    compiler.problem(['rows'], wanted);
  }
  return given ? givenNames(rows, compiler, scope) : compileRows(compiler, ['rows'], rows, scope);
}

/** What map.ts takes when it makes rows: everything that the manifest names of a search and its answer. */
function namesOf(manifest: ManifestFile, scope: Scope): (frame: Frame) => RowValues {
  const names = [manifest.let, manifest.answer, manifest.joins].flatMap((named) => Object.keys(named ?? {}));
  return (frame) =>
    Object.fromEntries(names.filter((name) => scope.has(name)).map((name) => [name, frame[scope.slot(name)]]));
}

interface AnswerSlots {
  readonly scope: Scope;
  readonly body: number;
  readonly status: number;
  readonly headers: number;
  readonly text: number;
  readonly fetchedAt: number;
}

function answerScopeOf(outer: Scope): AnswerSlots {
  const scope = new Scope(outer);
  return {
    body: scope.add('body', 'dyn'),
    status: scope.add('status', 'int'),
    headers: scope.add('headers', 'dyn'),
    text: scope.add('text', 'string'),
    fetchedAt: scope.add('fetched_at', 'timestamp'),
    scope,
  };
}

function idText(id: unknown): string | undefined {
  return id === undefined || id === null || id === '' ? undefined : String(id);
}

/** Each join reads what stands above it, so none can go round in a circle. */
function compileJoins(
  compiler: Compiler,
  joins: Readonly<Record<string, Join>> | undefined,
  outer: Scope,
): { readonly scope: Scope; fill(frame: Frame): void } {
  const scope = new Scope(outer);
  const compiled: { slot: number; element: number; over: Reader; key: Reader; all: boolean }[] = [];
  const names = Object.keys(joins ?? {});
  for (const [position, [name, { each, key, all = false }]] of Object.entries(joins ?? {}).entries()) {
    const path = ['joins', name];
    compiler.expectOrder('join', name, names.slice(position));
    const over = compiler.expression([...path, 'each'], each, scope, 'list_dyn');
    const inner = new Scope(scope);
    const element = inner.add('it', 'dyn');
    const readKey = compiler.expression([...path, 'key'], key, inner);
    if (scope.has(name)) {
      compiler.problem(path, `"${name}" is taken; choose another name`);
      continue;
    }
    // The element's slot is the join's own: it is overwritten once all elements are read.
    compiled.push({ slot: scope.add(name, 'dyn'), element, over, key: readKey, all });
  }
  compiler.expectOrder('join', '', []);
  return {
    scope,
    fill(frame) {
      for (const { slot, element, over, key, all } of compiled) {
        const byKey: Record<string, unknown> = Object.create(null);
        const elements = over(frame);
        for (const one of Array.isArray(elements) ? elements : []) {
          frame[element] = one;
          const found = key(frame);
          if (typeof found !== 'string' && typeof found !== 'number') continue;
          const name = String(found);
          if (!all) byKey[name] = one;
          else if (byKey[name] === undefined) byKey[name] = [one];
          else (byKey[name] as unknown[]).push(one);
        }
        frame[slot] = byKey;
      }
    },
  };
}

/** The row's elements by name, as map.ts takes them. */
function namer(names: readonly string[]): (row: KitRow) => never {
  return (row) => {
    row.named ??= Object.fromEntries(names.map((name, at) => [name, (row.values as readonly unknown[])[at]]));
    return row.named as never;
  };
}

function compileItem(
  { compiler, vertical, message, door }: MappingInput,
  mapping: MappingTemplate,
  scope: Scope,
  id: Reader,
  named: (row: KitRow) => never,
): Pick<Adapter<KitRow>, 'columns' | 'item'> {
  const path = ['mapping', 'item'];
  const isFlight = vertical.name === 'flight' && 'slices' in mapping.item;
  const { slices, ...plain } = mapping.item;
  for (const name of Object.keys(door.fields ?? {})) {
    if (message.fields.some((field) => field.name === name)) continue;
    compiler.problem(path, `map.ts has a field "${name}", which ${message.name} does not have`);
  }
  const fields = compileMessage(compiler, path, message, isFlight ? plain : mapping.item, scope);
  const mapped = fields.filter(({ name }) => name in plain || (!isFlight && name in mapping.item));
  const flight = isFlight ? compileFlight(compiler, path, slices, scope, id, mapped) : undefined;
  const columns: Record<string, (row: KitRow, context: AnswerContext) => unknown> = { ...flight?.columns };
  const own = door.fields ?? {};
  const told = mapped.filter(
    ({ name }) => vertical.attribute(name) !== undefined && !(isFlight && itineraryFields.has(name)) && !(name in own),
  );
  // What only normalization is told is read of few rows, so not in one go with what is read of all.
  const leaves = told.filter(({ leaf, name }) => leaf !== undefined && !isToldOnly(vertical.attribute(name)!));
  const joint = compileColumns(compiler, leaves);
  for (const field of told) {
    const at = leaves.indexOf(field);
    const read: (typeof columns)[string] =
      at < 0 ? (row) => field.column(row.answer.enter(row)) : (row) => row.answer.column(row, joint, at);
    columns[field.name] = notingUnknownCodes(compiler, [...path, field.name], mapping.item[field.name], scope, read);
  }
  for (const [name, read] of Object.entries(own)) {
    if (vertical.attribute(name) !== undefined)
      columns[name] = (row, context) => momentOf(read(named(row), context, everything));
  }
  const ofDoor = doorFields(message, door);
  const keyOf =
    vertical.name === 'stay' ? compileRoomKey(compiler, [...path, 'room_key'], mapping, columns) : undefined;
  return {
    columns,
    item(row, context, wanted) {
      const made = flight === undefined ? makeMessage(fields, row.answer.enter(row), wanted) : flight.item(row, wanted);
      for (const { name, key, make, missing } of ofDoor)
        made[key] = wanted(name) ? make(named(row), context, wantedWithin(wanted, name)) : missing();
      if (keyOf !== undefined && wanted('room_key')) made.roomKey = keyOf(row, context) ?? '';
      return { $case: vertical.name, value: made } as unknown as Item['vertical'];
    },
  };
}

/**
 * What a room is, in one text, follows from its other columns for every partner alike. It becomes one of the columns; undefined
 * where the mapping leaves out what it follows from.
 */
function compileRoomKey(
  compiler: Compiler,
  path: Path,
  { item }: MappingTemplate,
  columns: Record<string, (row: KitRow, context: AnswerContext) => unknown>,
): ((row: KitRow, context: AnswerContext) => string | undefined) | undefined {
  if ('room_key' in item) compiler.problem(path, 'it follows from room_class, beds, board and free_cancellation');
  const { room_class: roomClass, beds, board, free_cancellation: free } = columns;
  if (roomClass === undefined || beds === undefined || board === undefined || free === undefined) return undefined;
  const key = (row: KitRow, context: AnswerContext): string | undefined =>
    roomKey(roomClass(row, context), beds(row, context), board(row, context), free(row, context));
  columns.room_key = key;
  return key;
}

function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'epochMs' in value && 'timeZone' in value;
}

function momentOf(value: unknown): unknown {
  return isMoment(value) ? value.epochMs : value;
}

interface DoorField {
  readonly name: string;
  readonly key: string;
  readonly make: (values: never, context: AnswerContext, wanted: Wanted) => unknown;
  readonly missing: () => unknown;
}

/** Fields that map.ts gives, as messages carry them. */
function doorFields(message: DescMessage, door: Door): readonly DoorField[] {
  return Object.entries(door.fields ?? {}).flatMap(([name, read]) => {
    const field = message.fields.find((one) => one.name === name);
    if (field === undefined) return [];
    const make: DoorField['make'] = (values, context, wanted) => {
      const value = read(values, context, wanted);
      if (field.fieldKind === 'enum') return enumNumber(field.enum, value);
      return isMoment(value) ? localTimeAt(value.epochMs, value.timeZone) : (value ?? defaultOf(field));
    };
    return [{ name, key: field.localName, make, missing: () => defaultOf(field) }];
  });
}
