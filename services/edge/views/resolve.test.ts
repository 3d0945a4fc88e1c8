import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { compileExpression, verticalScope } from '../../../libs/expression/index.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { viewNamed, withView } from './resolve.ts';
import { identityOf, ViewFiles, viewText } from './testing.ts';
import type { View } from './view.ts';
import { loadViews } from './views.ts';

let files = new ViewFiles();
afterEach(() => {
  files.close();
  files = new ViewFiles();
});

function viewOf(more: string): View {
  files.write('list@1', viewText(1, more));
  return viewNamed('list', loadViews(files.directory), identityOf('app'));
}

const asked = (json: object): SearchRequest => SearchRequest.fromJSON({ view: 'list', ...json });

const whole = `defaults:
  flight: { origin: LHR, destination: JFK, departureDate: '2027-01-22', adults: 2, cabin: CABIN_BUSINESS, childAges: [4], maxStops: 1 }
  currency: GBP
  market: GB
  locale: en-GB
  grouping: GROUPING_OFFER
  partners: [duffel]
  experimentKey: a
order_by: duration_minutes
page_size: 15
completion: elapsed_ms > 1000
`;

test('what a caller says wins over the view, and what it leaves out is the view’s', () => {
  const view = viewOf(whole);
  const code = fc.constantFrom('CDG', 'FRA', 'PMI');
  const flight = fc.record(
    {
      origin: code,
      destination: code,
      departureDate: fc.constantFrom('2027-02-01', '2027-03-01'),
      adults: fc.integer({ min: 1, max: 9 }),
      childAges: fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 3 }),
      cabin: fc.constantFrom('CABIN_ECONOMY', 'CABIN_FIRST'),
      // Of a field with presence zero is something that was said.
      maxStops: fc.integer({ min: 0, max: 3 }),
      returnDate: fc.constant('2027-04-01'),
    },
    { requiredKeys: [] },
  );
  const request = fc.record(
    {
      flight,
      currency: fc.constantFrom('EUR', 'USD'),
      market: fc.constantFrom('DE', 'US'),
      locale: fc.constant('de'),
      grouping: fc.constant('GROUPING_PRODUCT'),
      partners: fc.constant(['sky', 'bay']),
      experimentKey: fc.constant('b'),
      orderBy: fc.constant('price'),
      pageSize: fc.integer({ min: 1, max: 200 }),
      completion: fc.constant('partners_done > 2'),
    },
    { requiredKeys: [] },
  );
  const base = SearchRequest.toJSON(view.base) as Record<string, object>;
  fc.assert(
    fc.property(request, (given) => {
      const search = SearchRequest.toJSON(withView(view, asked(given)));
      const { flight: criteria, ...rest } = given;
      expect(search).toEqual({ ...base, ...rest, flight: { ...base.flight, ...criteria } });
    }),
  );
});

test('fields that exclude each other are the caller’s or the view’s, never both', () => {
  const slices = [{ origin: 'LHR', destination: 'JFK', departureDate: '2027-01-22' }];
  const { vertical: sought } = withView(viewOf(whole), asked({ flight: { slices } }));
  expect(sought?.value).toMatchObject({ origin: '', destination: '', departureDate: '', slices, adults: 2 });
});

test('an order of the caller’s own comes before the view’s ranking', () => {
  const view = viewOf('ranking: price / price_min\n');
  expect(withView(view, asked({}))).toMatchObject({ ranking: 'price / price_min', orderBy: '' });
  expect(withView(view, asked({ orderBy: 'stops' }))).toMatchObject({ ranking: '', orderBy: 'stops' });
});

test('the view’s filter always applies, whatever the caller’s is', () => {
  const view = viewOf('filter: price < 100.0\n');
  const scope = verticalScope(vertical('flight'), { price: 'double', partner: 'string' });
  const holds = (filter: string, price: number, stops: number): unknown =>
    compileExpression(filter, scope, 'bool').bind((name) => ({
      constant: name === 'price' ? price : name === 'stops' ? stops : 'sky',
    }))(0);
  const filters = fc.constantFrom('stops == 0', 'stops == 0 || true', 'stops > 1 || partner == "sky"', '');
  fc.assert(
    fc.property(filters, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 3 }), (filter, price, stops) => {
      const both = withView(view, asked({ filter })).filter;
      expect(holds(both, price, stops)).toBe(price < 100 && (filter === '' || holds(filter, price, stops) === true));
    }),
  );
});

test.each(['true) || (true', 'true // all', 'stops ==', 'nonsense == 1'])(
  'a filter that does not stand for itself is refused: %s',
  (filter) => {
    const view = viewOf('filter: price < 100.0\n');
    expect(() => withView(view, asked({ filter }))).toThrow(expect.objectContaining({ reason: 'INVALID_FILTER' }));
  },
);

test('a caller’s mask stays within the fields of the view', () => {
  const view = viewOf('fields: [partner, price.total, item.flight.stops]\n');
  const maskOf = (...readMask: string[]) => withView(view, { ...asked({}), readMask }).readMask;
  expect(withView(view, asked({})).readMask).toEqual(['partner', 'price.total', 'item.flight.stops']);
  expect(maskOf('price.total.amount', 'offer_id')).toEqual(['price.total.amount', 'offer_id']);
  expect(maskOf('price', 'item')).toEqual(['price.total', 'item.flight.stops']);
  const outside = { reason: 'INVALID_FIELD', message: expect.stringContaining('shows partner, price.total') };
  expect(() => maskOf('otherOffers')).toThrow(expect.objectContaining(outside));
  expect(withView(viewOf(''), { ...asked({}), readMask: ['content'] }).readMask).toEqual(['content']);
});

test('a view is of one vertical', () => {
  const stay = { place: 'PMI', checkIn: '2027-01-22', checkOut: '2027-01-25' };
  expect(() => withView(viewOf(''), asked({ stay }))).toThrow(
    expect.objectContaining({ reason: 'INVALID_FIELD', message: expect.stringContaining('flight') }),
  );
});

test('versions live side by side, and a name alone is the newest', () => {
  for (const version of [1, 2, 10]) files.write(`list@${version}`, viewText(version, `page_size: ${version}\n`));
  const views = loadViews(files.directory);
  const sizeOf = (name: string): number => viewNamed(name, views, identityOf('app')).base.pageSize;
  expect([sizeOf('list'), sizeOf('list@1'), sizeOf('list@2'), sizeOf('list@10')]).toEqual([10, 1, 2, 10]);
  expect(views.all.map(({ label }) => label)).toEqual(['list@10', 'list@2', 'list@1']);
  const missing = { reason: 'VIEW_NOT_FOUND', message: expect.stringContaining('list@10, list@2, list@1') };
  expect(() => sizeOf('list@3')).toThrow(expect.objectContaining(missing));
  expect(() => sizeOf('map')).toThrow(expect.objectContaining(missing));
});

test('a view is for the clients that it names, and that are given it', () => {
  files.write('list@1', viewText(1, 'clients: [app]\n'));
  const views = loadViews(files.directory);
  const refused = { reason: 'NOT_PERMITTED', metadata: { view: 'list@1' } };
  expect(viewNamed('list', views, identityOf('app', ['list'])).version).toBe(1);
  expect(() => viewNamed('list', views, identityOf('web'))).toThrow(expect.objectContaining(refused));
  expect(() => viewNamed('list', views, identityOf('app', ['map']))).toThrow(expect.objectContaining(refused));
  // Nobody is told of views that are not theirs.
  expect(() => viewNamed('map', views, identityOf('web'))).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('list') }),
  );
});
