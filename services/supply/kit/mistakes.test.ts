import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { acme, changed, problemsOf } from '../testing/acme.ts';

/** Where an error is expected stands "⟦" in the text; it is taken out before the text is used. */
function marked(text: string): { readonly text: string; readonly line: number; readonly column: number } {
  const at = text.indexOf('⟦');
  if (at < 0) throw new Error('nothing is marked');
  const lines = text.slice(0, at).split('\n');
  return { text: text.replace('⟦', ''), line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** A manifest with filters, and a query of its search. */
function filtering(filters: string, query: string): string {
  return changed(['search:\n  path: /rides\n', `${filters.replace(/^ {2}/, '')}search:\n  path: /rides\n${query}`]);
}

const mistakes: readonly (readonly [what: string, manifest: string, reason: RegExp])[] = [
  ['a key with a typo', changed(['verify:', '⟦verifi:']), /unknown key "verifi"|verifi/],
  ['a value of another type', changed(['  single: true', '  single: ⟦"yes"']), /boolean|true or false/],
  ['a vertical that is none', changed(['vertical: ride', 'vertical: ⟦boat']), /no vertical "boat"; there are: .*ride/],
  [
    'a field that the item does not have',
    changed(['    capacity: row.seats', '    seats: ⟦row.seats']),
    /no field of Ride; there are: product_code, .*capacity/,
  ],
  [
    'a field of the criteria that there is not',
    changed(['  path: /rides\n', '  path: /rides\n  query: { n: ⟦criteria.passenger }\n']),
    /unknown variable "criteria"; there are .*criteria\.passengers/,
  ],
  [
    'a request to be sent twice that there is not',
    changed(['tables:', 'hedge:\n  requests: ⟦[search, poll]\n  citation: made up for tests\ntables:']),
    /it has no poll to be sent twice/,
  ],
  ['a variable that there is not', changed(['  id: row.id', '  id: ⟦ride.id']), /unknown variable "ride/],
  [
    'a function that there is not',
    changed(['product_name: row.name', 'product_name: row.name.⟦upper()']),
    /no function "upper"/,
  ],
  [
    'a leaf whose type is another one',
    changed(['capacity: row.seats', 'capacity: ⟦row.name.upperAscii()']),
    /expected an expression of type int, found string/,
  ],
  [
    'an attribute said to be lacking that there is not',
    changed(['rows: body.rides', 'lacks: { seat_count: ⟦it is never stated }\nrows: body.rides']),
    /no attribute "seat_count" of ride; there are: .*capacity/,
  ],
  [
    'an attribute said to be lacking by which products are told apart',
    changed(['rows: body.rides', 'lacks: { product_code: ⟦it is never stated }\nrows: body.rides']),
    /nothing says which product an offer is of/,
  ],
  ['a syntax error', changed(['  id: row.id', '  id: row.id +⟦']), /./],
  [
    'a condition that is none',
    changed(['  price:\n', '  reject:\n    - { when: ⟦size(row.name), because: too long }\n  price:\n']),
    /expected an expression of type bool, found int/,
  ],
  [
    'a table whose word is no name of the enum',
    changed(['classes: { A: STANDARD, B: VAN }', 'classes: { A: STANDARD, B: ⟦BUS }']),
    /"BUS" is no RideClass; there are: ECONOMY, STANDARD.*ride_class/,
  ],
  [
    'a text that is no name of the enum',
    changed(['ride_class: classes[row.kind]', 'ride_class: \'⟦"BUS"\'']),
    /"BUS" is no RideClass; there are/,
  ],
  [
    'a join that reads itself',
    changed(['rows: body.rides', 'joins:\n  car: { each: ⟦car.list, key: it.id }\nrows: body.rides']),
    /the join "car" reads itself; a join reads those above it alone/,
  ],
  [
    'a join that reads one below it',
    changed([
      'rows: body.rides',
      'joins:\n  car: { each: body.cars, key: "⟦owner[it.owner].id" }\n  owner: { each: body.owners, key: it.id }\nrows: body.rides',
    ]),
    /the join "car" reads "owner", which stands below it/,
  ],
  [
    'a name that reads one below it',
    changed(['  id: row.id', '  let:\n    a: ⟦b + "x"\n    b: row.name\n  id: row.id']),
    /the name "a" reads "b", which stands below it/,
  ],
  [
    'a name that is taken',
    changed(['  id: row.id', '  let: { market: ⟦row.name }\n  id: row.id']),
    /"market" is taken; choose another name/,
  ],
  [
    'a loop whose name is taken',
    changed(['rows: body.rides', 'rows: [{ each: body.rides, as: row }, { each: row.cars, as: ⟦page }]']),
    /"page" is taken/,
  ],
  [
    'pages without an end',
    changed(['rows: body.rides', 'paging: { more: ⟦"true" }\nrows: body.rides']),
    /never ends: it reads nothing of the answer/,
  ],
  [
    'pages whose end is in no answer',
    changed(['rows: body.rides', 'paging: { cursor: ⟦market + "2" }\nrows: body.rides']),
    /never ends/,
  ],
  [
    'two ways to know of a page',
    changed(['rows: body.rides', 'paging: ⟦{ cursor: body.next, more: body.more }\nrows: body.rides']),
    /give one of cursor, link and more/,
  ],
  [
    'a price without a currency',
    changed(['    total: row.price\n    currency: row.currency\n', '    ⟦total: row.price\n']),
    /currency/,
  ],
  [
    'a credential that is not declared',
    changed(['auth: { bearer: token }', 'auth: { bearer: ⟦key }']),
    /no credential "key" is declared under credentials; there are: token/,
  ],
  [
    'an option of the token endpoint that is not declared',
    changed([
      'auth: { bearer: token }',
      'auth: { oauth2: { tokenPath: /t, clientId: token, clientSecret: token, endpointOption: ⟦host } }',
    ]),
    /no option "host" of type string/,
  ],
  [
    'a credential where none can be read',
    changed(['  path: /rides\n', '  path: /rides\n  query: { key: ⟦credentials.token }\n']),
    /unknown variable "credentials/,
  ],
  [
    'two bodies',
    changed(['search:\n  path: /rides\n', 'search:\n  ⟦path: /rides\n  form: { a: 1 }\n  body: { a: 1 }\n']),
    /more than one of body, form and graphql/,
  ],
  [
    'an expression in a path',
    changed(['    path: /rides/{row.id}', '    path: ⟦/rides/{rows.id}']),
    /unknown variable "rows/,
  ],
  [
    'a filter on what is no attribute',
    filtering('  filters: { seats: ⟦[at_least] }\n', ''),
    /"seats" is no attribute of ride; there are: product_name, .*capacity/,
  ],
  [
    'a filter on an attribute that filters cannot have',
    filtering('  filters: { product_code: ⟦[equals] }\n', ''),
    /"product_code" is an attribute that filters cannot have/,
  ],
  [
    'a filter whose operator does not fit its type',
    filtering('  filters: { capacity: [⟦is_true] }\n', ''),
    /"is_true" does not fit capacity, int; there are: equals, any_of, at_most, at_least/,
  ],
  [
    'a filter by an operator that there is not',
    filtering('  filters: { capacity: { atleast: ⟦true } }\n', ''),
    /"atleast" does not fit capacity, int; there are: .*at_least/,
  ],
  [
    'a filter that no request reads',
    filtering('  filters: { capacity: { at_least: ⟦value <= 8 } }\n', ''),
    /no request reads filters\.capacity\.at_least/,
  ],
  [
    'a filter that the mapping alone reads',
    filtering('  filters: { wheelchair_accessible: [⟦is_true] }\n', '').replace(
      '    capacity: row.seats',
      '    capacity: row.seats\n    wheelchair_accessible: filters.wheelchair_accessible.is_true',
    ),
    /no request reads filters\.wheelchair_accessible\.is_true/,
  ],
  [
    'a filter that is read but not declared',
    filtering('', '  query: { n: ⟦filters.capacity.at_least }\n'),
    /what is read as filters\.<attribute>\.<operator> is declared under filters; unknown variable "filters"/,
  ],
  [
    'another filter than the declared one that is read',
    filtering(
      '  filters: { capacity: [at_least] }\n',
      '  query: { a: filters.capacity.at_least, b: ⟦filters.capacity.equals }\n',
    ),
    /is declared under filters; unknown variable "filters".*filters\.capacity\.at_least/,
  ],
  [
    'a condition of a filter that is none',
    filtering('  filters: { capacity: { at_least: ⟦value + 1 } }\n', '  query: { a: filters.capacity.at_least }\n'),
    /expected an expression of type bool, found int/,
  ],
  [
    'a condition of a filter that reads what is not decided yet',
    filtering(
      '  filters: { capacity: { at_least: ⟦value > filters.capacity.at_least } }\n',
      '  query: { a: filters.capacity.at_least }\n',
    ),
    /reads filters\.capacity\.at_least, which is not decided yet/,
  ],
  ['a table without its file', changed(['classes: {', 'other: ⟦other.csv\n  classes: {']), /other\.csv: no such file/],
];

describe('a manifest with one mistake', () => {
  it('has no problem without it', async () => {
    expect(await problemsOf(acme)).toEqual([]);
  });

  it.each(mistakes)('gives one error at the place of %s', async (_what, manifest, reason) => {
    const { text, line, column } = marked(manifest);
    const problems = await problemsOf(text);
    expect(problems.map((problem) => [problem.line, problem.column, problem.reason])).toEqual([
      [line, column, expect.stringMatching(reason)],
    ]);
    expect(path.basename(problems[0]!.file)).toBe('manifest.yaml');
  });

  it.each([
    ['mapping', /missing key "mapping" \(how rows become offers\)/],
    ['rows', /missing key "rows"/],
    ['search', /missing key "search"/],
    ['verify', /missing key "verify"/],
    ['handoff', /missing key "handoff"/],
  ])('gives one error for the key %s that is missing', async (key, reason) => {
    const text = acme.replace(new RegExp(`^${key}:.*\\n(?:  .*\\n)*`, 'm'), '');
    const problems = await problemsOf(text);
    expect(problems.map((problem) => problem.reason)).toEqual([expect.stringMatching(reason)]);
  });

  it('gives every error where there are several', async () => {
    const text = changed(['  id: row.id', '  id: ride.id'], ['capacity: row.seats', 'seats: 4']);
    expect(await problemsOf(text)).toHaveLength(2);
  });
});

describe('a CSV table', () => {
  const manifest = changed(['classes: { A: STANDARD, B: VAN }', 'classes: classes.csv']);

  it.each([
    ['lacks a cell', 'code,class\nA,STANDARD\nB\n', 3, /lacks its code or what it means/],
    ['has an empty cell', 'code,class\n,STANDARD\nB,VAN\n', 2, /lacks its code or what it means/],
    [
      'has a code twice',
      'code,class\nA,STANDARD\n\nB,VAN\nA,VAN\n',
      5,
      /has the code "A" again, which stands in line 2/,
    ],
    ['has a word that is no name of the enum', 'code,class\nA,STANDARD\nB,BUS\n', 3, /"BUS" is no RideClass/],
    ['has a quote that is not closed', 'code,class\nA,"STANDARD\n', 2, /[Qq]uote/],
  ])('that %s gives one error with its line', async (_what, csv, line, reason) => {
    const problems = await problemsOf(manifest, { 'classes.csv': csv });
    expect(problems.map((problem) => [path.basename(problem.file), problem.line, problem.reason])).toEqual([
      ['classes.csv', line, expect.stringMatching(reason)],
    ]);
  });

  it('may have a byte order mark, blanks, empty lines, and quotes', async () => {
    const csv = '\uFEFFcode , class\r\n\r\n A , STANDARD\r\n"B","VAN"\r\n';
    expect(await problemsOf(manifest, { 'classes.csv': csv })).toEqual([]);
  });

  it('is not held against an enum where it is one part of an expression among others', async () => {
    const text = changed(
      ['classes: { A: STANDARD, B: VAN }', 'classes: { A: x }'],
      ['ride_class: classes[row.kind]', 'ride_class: first(classes[row.kind], "TAXI")'],
    );
    expect(await problemsOf(text)).toEqual([]);
  });
});
