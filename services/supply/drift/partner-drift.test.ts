import { describe, expect, it } from 'vitest';
import { type BaselineField, fieldsOf } from './baseline.ts';
import { PartnerDrift, parentsNeeded } from './partner-drift.ts';
import { observe, Shape } from './shape.ts';

/** Six rows in which id, price and tags always are and seller sometimes is; note is mapped and has never been there. */
const certified = {
  rows: Array.from({ length: 6 }, (_, at) => ({
    id: at,
    price: '1',
    tags: ['x'],
    plain: 1,
    ...(at === 0 && { seller: 'x' }),
  })),
};
const MAPPED = ['rows', 'rows[].id', 'rows[].price', 'rows[].tags', 'rows[].tags[]', 'rows[].seller', 'rows[].note'];

function shaped(body: unknown): Shape {
  const shape = new Shape();
  for (const _ of observe(shape, body, 'json'));
  return shape;
}

function opened(): PartnerDrift {
  const fields: Record<string, BaselineField> = { ...fieldsOf(shaped(certified)) };
  fields['rows[].note'] = { types: 'nothing', of: 6, in: 0, mapped: true };
  const search = Object.fromEntries(
    Object.entries(fields).map(([path, field]) => [path, { ...field, mapped: MAPPED.includes(path) }]),
  );
  return new PartnerDrift({ manifest: 'd', answers: { search } });
}

const row = { id: 1, price: '1', tags: ['x'], plain: 1 };
const rows = (...changes: object[]) => ({ rows: changes.map((change) => ({ ...row, ...change })) });
const without = (field: keyof typeof row, count = 1) => {
  const { [field]: _, ...rest } = row;
  return { rows: Array.from({ length: count }, () => rest) };
};

/** Looks at conversations of one answer each; what each raised, reported and ended, as "kind path". */
function judged(drift: PartnerDrift, ...bodies: readonly unknown[]) {
  return bodies.map((body) => {
    const isBarren = (body as { rows?: readonly unknown[] }).rows?.length === 0;
    const { raised, reported, ended } = drift.judge([{ answer: 'search', shape: shaped(body), isBarren }], 1_000);
    const names = (list: typeof raised) => list.map(({ kind, path, found }) => `${kind} ${path} ${found}`);
    return { raised: names(raised), reported: names(reported), ended: names(ended) };
  });
}
const raised = (...args: Parameters<typeof judged>) => judged(...args).map((one) => one.raised);

describe('an alarm', () => {
  it('is a mapped field of a type that it never had, at once', () => {
    expect(raised(opened(), rows({ price: 1 }))).toEqual([['retyped rows[].price number']]);
    expect(raised(opened(), rows({}, { price: 1 }))).toEqual([['retyped rows[].price number | string']]);
    expect(raised(opened(), rows({ tags: { 0: 'x' } }))).toEqual([['retyped rows[].tags object']]);
    expect(raised(opened(), rows({ price: ['1'] }))).toEqual([['retyped rows[].price list']]);
    expect(raised(opened(), rows({ tags: [1] }))).toEqual([['retyped rows[].tags[] number']]);
    expect(raised(opened(), { rows: { 1: row } })).toEqual([['retyped rows object']]);
  });

  it('is a mapped field that was in every parent, when three conversations with enough parents lack it', () => {
    const gone = without('price', 2);
    expect(raised(opened(), gone, gone, gone)).toEqual([[], [], ['vanished rows[].price nothing']]);
    expect(raised(opened(), rows({ price: null }), gone, gone)).toEqual([[], [], ['vanished rows[].price nothing']]);
  });

  it('is none for one odd row, for fields that come and go, and for one that is back before three lack it', () => {
    const drift = opened();
    expect(raised(drift, rows({}, { price: null }), rows({ seller: null }), rows({ seller: 'x' }))).toEqual([
      [],
      [],
      [],
    ]);
    const gone = without('tags');
    expect(raised(opened(), gone, gone, rows({}), gone, gone, rows({}))).toEqual([[], [], [], [], [], []]);
    // Once it has been there and not there in one answer, it may be gone from the next ones.
    expect(raised(opened(), { rows: [row, ...gone.rows] }, gone, gone, gone, gone)).toEqual([[], [], [], [], []]);
  });

  it('takes more to be sure of what was seen less often', () => {
    expect(parentsNeeded(1)).toBe(13);
    expect(parentsNeeded(3)).toBe(5);
    expect(parentsNeeded(6)).toBe(3);
    expect(parentsNeeded(1_000)).toBe(3);
    // The list itself was in one answer only.
    const renamed = Array.from({ length: 13 }, () => ({ results: [row] }));
    const found = raised(opened(), ...renamed);
    expect(found.slice(0, 12).flat()).toEqual([]);
    expect(found[12]).toEqual(['vanished rows nothing']);
  });

  it('asks for more conversations only while a mapped field may be gone', () => {
    const drift = opened();
    judged(drift, without('plain'));
    expect(drift.isSuspicious).toBe(false);
    judged(drift, without('price'));
    expect(drift.isSuspicious).toBe(true);
    judged(drift, rows({}));
    expect(drift.isSuspicious).toBe(false);
  });

  it('is raised once, whatever comes after it', () => {
    const drift = opened();
    const good = rows({});
    expect(raised(drift, rows({ price: 1 }), rows({ price: 1 }), good, rows({ price: 1 })).flat()).toHaveLength(1);
    expect(raised(drift, good, good, good, rows({ price: 1 })).flat()).toEqual([]);
    expect(drift.open).toMatchObject([{ kind: 'retyped', path: 'rows[].price', alarm: true }]);
  });

  it('ends when the field is back, or has been of its type in three conversations', () => {
    const good = rows({});
    const ended = (...bodies: unknown[]) => judged(opened(), ...bodies).map((one) => one.ended);
    expect(ended(rows({ price: 1 }), good, rows({ price: 1 }), good, good, good).at(-1)).toEqual([
      'retyped rows[].price number',
    ]);
    expect(ended(rows({ price: 1 }), good, good)).toEqual([[], [], []]);
    const gone = without('price', 2);
    expect(ended(gone, gone, gone, good)).toEqual([[], [], [], ['vanished rows[].price nothing']]);
    // From then on it counts as one that comes and goes.
    expect(raised(opened(), gone, gone, gone, good, gone, gone, gone).flat()).toHaveLength(1);
    // An answer without rows says nothing about fields of rows.
    expect(ended(rows({ price: 1 }), { rows: [] }, { rows: [] }, { rows: [] }).flat()).toEqual([]);
  });

  it('of a list that is missing where nothing was found takes ten conversations in a row', () => {
    const drift = opened();
    const judge = (body: unknown, isBarren: boolean) =>
      drift.judge([{ answer: 'search', shape: shaped(body), isBarren }], 1_000).raised.map(({ path }) => path);
    for (let times = 0; times < 9; times++) expect(judge({ more: {}, ...{} }, true)).toEqual([]);
    for (let times = 0; times < 3; times++) judge({ more: {} }, true);
    expect(judge({ more: {} }, true)).toEqual(['rows']);
  });
});

describe('no alarm', () => {
  it('is a new field, but it is known', () => {
    const drift = opened();
    expect(judged(drift, rows({ colour: 'red', deep: { a: { b: 1 } } }), rows({ colour: 1 }))).toEqual([
      { raised: [], reported: ['new rows[].colour string', 'new rows[].deep object'], ended: [] },
      { raised: [], reported: [], ended: [] },
    ]);
    expect(drift.open.every(({ alarm }) => !alarm)).toBe(true);
  });

  it('is a field that is not mapped, whatever becomes of it', () => {
    expect(judged(opened(), rows({ plain: 'x' }))).toEqual([
      { raised: [], reported: ['retyped rows[].plain string'], ended: [] },
    ]);
    const gone = without('plain', 3);
    expect(judged(opened(), gone, gone, gone).at(-1)).toEqual({
      raised: [],
      reported: ['vanished rows[].plain nothing'],
      ended: [],
    });
  });

  it('is a field that the mapping has always looked for, but it is told', () => {
    expect(judged(opened(), rows({ note: 'x' }))).toEqual([
      { raised: [], reported: ['appeared rows[].note string'], ended: [] },
    ]);
  });

  it('is a kind of answer that no golden case has', () => {
    const shape = shaped({ anything: 1 });
    expect(opened().judge([{ answer: 'poll', shape, isBarren: false }], 0)).toEqual({
      raised: [],
      reported: [],
      ended: [],
    });
  });

  it('fills no memory: of what is not mapped a hundred fields are known', () => {
    const drift = opened();
    for (let batch = 0; batch < 10; batch++) {
      judged(
        drift,
        rows(Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`n${'x'.repeat(at)}${'y'.repeat(batch)}`, 1]))),
      );
    }
    expect(drift.open.length).toBe(100);
    expect(raised(drift, rows({ price: 1 }))).toEqual([['retyped rows[].price number']]);
  });
});
