import { expect, it } from 'vitest';
import { shapesOf } from '../workbench/baseline.ts';
import { folderOf, openOffline } from '../workbench/bench.ts';
import { loadCases, resultOf } from '../workbench/cases.ts';
import { BodyReads } from './body-reads.ts';
import { type AnswerFormat, gatherCodes, observe, Shape } from './shape.ts';

/** Paths that are looked at by some work. */
function looked<T>(body: T, work: (body: T) => void, format: AnswerFormat = 'json'): string[] {
  const shape = new Shape();
  for (const _ of observe(shape, body, format));
  gatherCodes(shape);
  work(new BodyReads(format).watch(body, shape) as T);
  return [...shape.fields()].filter((field) => field.shape.mapped).map(({ path }) => path);
}

it('notes what is looked at on the way to a value, and what is not there', () => {
  const body: { rows: { id: number; price?: string; next?: object; unread: number }[] } = {
    rows: [{ id: 1, unread: 2 }],
  };
  const work = ({ rows }: typeof body) => {
    for (const row of rows) if (row.id > 0 && !('next' in row)) row.price?.trim();
  };
  expect(looked(body, work)).toEqual(['rows', 'rows[]', 'rows[].id', 'rows[].next', 'rows[].price']);
});

it('takes what was made of a whole for a look at all of it, and what JavaScript asks for as none', () => {
  const body = { row: { id: 1, more: { x: 1 } }, other: 1 };
  expect(looked(body, ({ row }) => void JSON.stringify(row))).toEqual(['row', 'row.id', 'row.more', 'row.more.x']);
  expect(looked(body, (all) => void `${Object.prototype.toString.call(all)}`)).toEqual([]);
});

it('knows elements of XML by their names alone, once or several times, and keys that are data by none', () => {
  const list = <T>(one: T | T[]): T[] => (Array.isArray(one) ? one : [one]);
  const xml = { Rows: { Row: { '@Key': 'a' } as { '@Key': string } | { '@Key': string }[] } };
  const work = ({ Rows }: typeof xml) => void list(Rows.Row).map((row) => row['@Key']);
  expect(looked(xml, work, 'xml')).toEqual(['Rows', 'Rows.Row', 'Rows.Row.@Key']);
  xml.Rows.Row = [{ '@Key': 'a' }, { '@Key': 'b' }];
  expect(looked(xml, work, 'xml')).toEqual(['Rows', 'Rows.Row', 'Rows.Row.@Key']);
  expect(looked({ rates: { GBP: 1, EUR: 2 } }, ({ rates }) => rates.GBP)).toEqual(['rates', 'rates.*']);
});

it('is the same object for the same object, so that what compares objects works', () => {
  const body = { a: { x: 1 } };
  const watched = new BodyReads('json').watch(body, new Shape()) as typeof body;
  expect(watched.a).toBe(watched.a);
  expect(new Set([watched.a, watched.a]).size).toBe(1);
});

it('of Duffel are what its manifest and its map.ts look at, also where no recording has it', async () => {
  const { partner } = await openOffline(folderOf('duffel'));
  const one = loadCases(folderOf('duffel')).find(({ name }) => name === 'offers');
  const { search } = await resultOf(one!, partner);
  const shape = shapesOf([search]).get('search')!;
  const mapped = (path: string) => shape.at(path)?.mapped;
  expect(mapped('data.offers[].total_amount')).toBe(true);
  expect(mapped('data.offers[].slices[].segments[].passengers[].baggages[].quantity')).toBe(true);
  expect(mapped('data.offers[].base_amount')).toBe(false);
  expect(shape.at('errors')).toMatchObject({ seen: 0, mapped: true });
});
