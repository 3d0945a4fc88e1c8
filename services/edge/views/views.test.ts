import { afterEach, expect, test, vi } from 'vitest';
import { ConfigError } from '../../../libs/config/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { ViewFiles, viewText } from './testing.ts';
import { checkViews, LiveViews, loadViews } from './views.ts';

let files = new ViewFiles();
afterEach(() => {
  files.close();
  files = new ViewFiles();
});

test('the views that are shipped can be used, and say what they need', () => {
  const { all } = loadViews('deploy/config');
  const required = all.map(({ label, parameters }) => [
    label,
    parameters.filter((one) => one.required).map(({ place }) => place),
  ]);
  expect(required).toEqual([
    ['mobile-results@1', ['flight.origin', 'flight.destination', 'flight.departureDate']],
    ['stay-list@1', ['stay.place', 'stay.checkIn', 'stay.checkOut']],
  ]);
});

test('without the folder there is none', () => {
  expect(loadViews(files.directory).all).toEqual([]);
});

test('where a file does not say which, parameters are the criteria, currency, market and locale', () => {
  files.write('list@1', viewText(1));
  expect(loadViews(files.directory).all[0]?.message.parameters).toEqual([
    'flight.origin',
    'flight.destination',
    'flight.departureDate',
    'flight.returnDate',
    'flight.adults',
    'flight.childAges',
    'flight.cabin',
    'flight.maxStops',
    'currency',
    'market',
    'locale',
  ]);
});

test.each([
  ['nonsense: 1', 5, 1, 'nonsense'],
  ['filter: stops == "many"', 5, 15, ''],
  ['filter: nonsense == 1', 5, 9, 'nonsense'],
  ['completion: offers > "1"', 5, 20, ''],
  ['ranking: price_mean', 5, 10, 'price_mean'],
  ['order_by: fare_brand desc', 5, 11, 'cannot be ordered by'],
  ['order_by: price\nranking: price + 1.0', 6, 10, 'order_by'],
  ['fields:\n  - price.totale', 6, 5, 'names no field'],
  ['fields: [partner.name]', 5, 10, 'has no fields'],
  ['defaults: { currency: 5 }', 5, 23, 'currency'],
  ['defaults:\n  flight: { adultos: 1 }', 6, 22, 'adultos'],
  ['defaults: { pageSize: 5 }', 5, 23, 'words of its own'],
  ['defaults: { stay: {} }', 5, 19, 'flight'],
  ['parameters: [flight.gate]', 5, 14, 'can be no parameter'],
  ['page_size: 500', 5, 12, '200'],
  ['deprecation: { since: soon }', 5, 23, 'day'],
  ['clients: 5', 5, 10, '"all"'],
])('a file that says %j is refused where that stands', (line, at, column, reason) => {
  const file = files.write('list@1', viewText(1, `${line}\n`));
  expect(checkViews(files.directory)).toEqual([{ file, line: at, column, reason: expect.stringContaining(reason) }]);
});

test('a file is called as its view is', () => {
  const file = files.write('list@2', viewText(1));
  expect(checkViews(files.directory)).toEqual([
    { file, line: 1, column: 7, reason: expect.stringContaining('list@1.yaml') },
  ]);
});

test('files are followed together: one that cannot be used leaves all that was there', () => {
  files.write('list@1', viewText(1, 'page_size: 10\n'));
  const log = logger('views-test');
  const error = vi.spyOn(log, 'error').mockReturnValue();
  const live = new LiveViews(files.directory, log);
  const labels = (): string[] => live.current.all.map(({ label, base }) => `${label} ${base.pageSize}`);
  files.write('list@2', viewText(2));
  live.reload();
  expect(labels()).toEqual(['list@2 0', 'list@1 10']);
  const before = live.current;
  live.reload();
  expect(live.current).toBe(before);
  files.write('list@1', viewText(1, 'page_size: 20\n'));
  files.write('list@3', viewText(3, 'filter: stops ==\n'));
  live.reload();
  expect([live.current, error.mock.calls.length]).toEqual([before, 1]);
  files.remove('list@3');
  live.reload();
  expect(labels()).toEqual(['list@2 0', 'list@1 20']);
  files.write('list@2', 'name: [');
  expect(() => new LiveViews(files.directory, log)).toThrow(ConfigError);
  live.close();
});
