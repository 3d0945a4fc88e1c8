import { describe, expect, it } from 'vitest';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { acme, acmeContext, adapterFrom, answered, asked, changed } from '../testing/acme.ts';

const ride = (id: number) => ({ id: `r${id}`, name: 'Ride', kind: 'A', seats: 4, price: '10.00', currency: 'GBP' });
const withKeys = (keys: string, search = '  path: /rides\n') => acme.replace('  path: /rides\n', search) + keys;

describe('steps', () => {
  const manifest = withKeys(
    'steps:\n' +
      '  - request: { path: /session, body: { for: locale } }\n    take: { session: body.session.id }\n' +
      '  - request: { path: "/token/{session}" }\n    take: { key: body.key, tries: body.tries }\n',
    '  path: /rides\n  query: { session: session, key: key, tries: tries }\n',
  );

  it('hand on what they took, each to those after it, and count as no page', async () => {
    const adapter = await adapterFrom(manifest);
    const first = asked(adapter);
    expect([first.method, first.path]).toEqual(['POST', '/session']);
    const second = answered(adapter, { session: { id: 's/1' } }, first.progress);
    expect(second).toMatchObject({ rows: [], intermediate: true });
    expect([second.next!.method, second.next!.path]).toEqual(['GET', '/token/s%2F1']);
    const third = answered(adapter, { key: 'k', tries: 0 }, second.next!.progress);
    expect(third.next!.path).toBe('/rides?session=s%2F1&key=k&tries=0');
    expect(third.next!.headers.authorization).toBe('Bearer token-of-test');
    const last = answered(adapter, { rides: [ride(1)] }, third.next!.progress);
    expect(last.rows).toHaveLength(1);
    expect(last.intermediate).toBeUndefined();
    expect(last.next).toBeUndefined();
  });

  it('that give nothing fail as malformed, and say which value is missing', async () => {
    const adapter = await adapterFrom(manifest);
    for (const body of [{}, { session: null }, { session: { id: null } }, [], 'text', null]) {
      expect(adapter.read(body, acmeContext({ progress: asked(adapter).progress! }))).toEqual({
        failure: FailureKind.MALFORMED,
        detail: 'step 1 gave no "session"',
      });
    }
  });

  it('that state a failure end the search with it', async () => {
    const adapter = await adapterFrom(
      `${manifest}failures: { stated: has(body.error), kind: '"RATE_LIMIT"', detail: body.error }\n`,
    );
    expect(adapter.read({ error: 'slow down' }, acmeContext({ progress: asked(adapter).progress! }))).toEqual({
      failure: FailureKind.RATE_LIMIT,
      detail: 'slow down',
    });
  });

  it('leave what they gave to the row that is asked for again', async () => {
    const adapter = await adapterFrom(manifest.replace('path: /rides/{row.id}', 'path: "/rides/{row.id}/{key}"'));
    const context = acmeContext({
      progress: { step: 2, page: 1, offset: 0, polls: 0, taken: { session: 's', key: 'k', tries: 1 } },
    });
    const { rows } = answered(adapter, { rides: [ride(1)] }, context.progress, context);
    expect(adapter.verify(rows[0]!, context).path).toBe('/rides/r1/k');
  });
});

/** Paths of a search whose pages are the bodies, in order, to the last that is asked for. */
async function pathsOf(manifest: string, bodies: readonly object[]) {
  const adapter = await adapterFrom(manifest);
  let request: ReturnType<typeof asked> | undefined = asked(adapter);
  const paths = [request.path];
  let warning: string | undefined;
  let rows = 0;
  for (const body of bodies) {
    const result = answered(adapter, body, request?.progress);
    rows += result.rows.length;
    warning ??= result.warning;
    request = result.next;
    if (request === undefined) break;
    paths.push(request.path);
  }
  return { paths, rows, warning, last: request };
}

describe('pages', () => {
  const page = (rows: number, more: object = {}) => ({
    rides: Array.from({ length: rows }, (_, at) => ride(at)),
    ...more,
  });

  it('by cursor go on until none is given', async () => {
    const manifest = withKeys('paging: { cursor: body.next }\n', '  path: /rides\n  query: { after: cursor }\n');
    const { paths, rows } = await pathsOf(manifest, [
      page(2, { next: 'c/1' }),
      page(2, { next: 'c2' }),
      page(1, { next: '' }),
      page(1),
    ]);
    expect(paths).toEqual(['/rides', '/rides?after=c%2F1', '/rides?after=c2']);
    expect(rows).toBe(5);
  });

  it('by cursor may have a request of their own', async () => {
    const manifest = withKeys(
      'paging: { cursor: body.next, request: { path: "/more/{cursor}", body: { q: offset } } }\n',
    );
    const { paths, last } = await pathsOf(manifest, [page(2, { next: 'a' })]);
    expect(paths).toEqual(['/rides', '/more/a']);
    expect(last).toMatchObject({ method: 'POST', body: '{"q":2}', headers: { authorization: 'Bearer token-of-test' } });
  });

  it('by number and by offset count by themselves', async () => {
    const numbered = withKeys('paging: { more: page < body.pages }\n', '  path: /rides\n  query: { page: page }\n');
    expect(
      (await pathsOf(numbered, [page(2, { pages: 3 }), page(2, { pages: 3 }), page(2, { pages: 3 })])).paths,
    ).toEqual(['/rides?page=1', '/rides?page=2', '/rides?page=3']);
    const offset = withKeys('paging: { more: offset < body.total }\n', '  path: /rides\n  query: { from: offset }\n');
    expect(
      (await pathsOf(offset, [page(2, { total: 5 }), page(2, { total: 5 }), page(1, { total: 5 })])).paths,
    ).toEqual(['/rides?from=0', '/rides?from=2', '/rides?from=4']);
  });

  it('by a cursor that is a number go on as well', async () => {
    const manifest = withKeys('paging: { cursor: body.next }\n', '  path: /rides\n  query: { after: cursor }\n');
    const { paths } = await pathsOf(manifest, [page(2, { next: 2 }), page(2, { next: 0 }), page(1, { next: null })]);
    expect(paths).toEqual(['/rides', '/rides?after=2', '/rides?after=0']);
  });

  it('go on after one none of whose elements became a row, and count those that did not', async () => {
    const filtered = withKeys(
      'paging: { more: offset < body.total }\n',
      '  path: /rides\n  query: { from: offset }\n',
    ).replace('rows: body.rides', 'rows: [{ each: body.rides, as: row, where: row.seats > 4 }]');
    const { paths, rows } = await pathsOf(filtered, [page(3, { total: 5 }), page(2, { total: 5 })]);
    expect(paths).toEqual(['/rides?from=0', '/rides?from=3']);
    expect(rows).toBe(0);
  });

  it('count the elements that a partner counts, not the rows inside them', async () => {
    const nested = withKeys(
      'paging: { more: offset < body.total }\n',
      '  path: /rides\n  query: { from: offset }\n',
    ).replace('rows: body.rides', 'rows: [{ each: body.fleets, as: fleet }, { each: fleet.rides, as: row }]');
    const fleets = { total: 3, fleets: [page(4), page(1)] };
    expect((await pathsOf(nested, [fleets, { total: 3, fleets: [page(2)] }])).paths).toEqual([
      '/rides?from=0',
      '/rides?from=2',
    ]);
  });

  it.each([
    ['cursor: body.next', { next: 'again' }],
    ['link: body.next', { next: 'https://api.acme.example/v1/rides?page=2' }],
    ['more: has(body.next)', { next: 1 }],
  ])('by %s end with one that has no rows', async (key, more) => {
    const { paths } = await pathsOf(withKeys(`paging: { ${key} }\n`), [page(0, more)]);
    expect(paths).toEqual(['/rides']);
  });

  it.each([
    ['https://api.acme.example/v1/rides?page=2&x=%2F', '/rides?page=2&x=%2F'],
    ['/v1/rides?page=2', '/rides?page=2'],
    ['rides?page=2', '/rides?page=2'],
  ])('by the link %s go on below the endpoint, with our credentials', async (next, path) => {
    const manifest = withKeys('paging: { link: body.next }\nheaders: { x-all: locale }\n');
    const { paths, last } = await pathsOf(manifest, [page(1, { next })]);
    expect(paths).toEqual(['/rides', path]);
    expect(last).toMatchObject({
      method: 'GET',
      headers: { accept: 'application/json', 'x-all': 'en-GB', authorization: 'Bearer token-of-test' },
    });
  });

  it.each([
    'https://evil.example/v1/rides?page=2',
    'http://api.acme.example/v1/rides',
    'https://api.acme.example:8443/v1/rides',
    'https://api.acme.example.evil.example/v1/rides',
    'https://api.acme.example@evil.example/v1/rides',
    '//evil.example/v1/rides',
    '\\\\evil.example\\v1\\rides',
    'https://api.acme.example/admin',
    'https://api.acme.example/v1/../admin',
    'https://api.acme.example/v10/rides',
    'javascript:alert(1)',
    'https://',
  ])('by the link %s are refused: no request is made of it, and what came is kept with a warning', async (next) => {
    const { paths, rows, warning } = await pathsOf(withKeys('paging: { link: body.next }\n'), [page(2, { next })]);
    expect(paths).toEqual(['/rides']);
    expect(rows).toBe(2);
    expect(warning).toMatch(/leads away from its endpoint/);
  });
});

describe('a search that is answered bit by bit', () => {
  const manifest = withKeys(
    'poll: { request: { path: "/rides/{body.id}" }, until: body.done, everyMs: 100, partial: true }\n' +
      'paging: { cursor: body.next, request: { path: "/more/{cursor}" } }\n',
  );

  it('is asked for again until it is whole, with the rows so far where they are final, and then by pages', async () => {
    const adapter = await adapterFrom(manifest);
    const started = answered(adapter, { id: 7 }, asked(adapter).progress);
    expect(started).toMatchObject({ rows: [], intermediate: true, next: { path: '/rides/7', afterMs: 100 } });
    const going = answered(adapter, { id: 7, done: false, rides: [ride(1)] }, started.next!.progress);
    expect(going.rows).toHaveLength(1);
    expect(going).toMatchObject({ intermediate: true, next: { path: '/rides/7', progress: { polls: 2 } } });
    const whole = answered(adapter, { done: true, rides: [ride(1), ride(2)], next: 'p2' }, going.next!.progress);
    expect(whole.rows).toHaveLength(2);
    expect(whole.intermediate).toBeUndefined();
    expect(whole.next).toMatchObject({ path: '/more/p2' });
    expect(whole.next!.afterMs).toBeUndefined();
  });

  it('knows its rows by their ids; others do not repeat any', async () => {
    const adapter = await adapterFrom(manifest);
    const { rows } = answered(adapter, { done: true, rides: [ride(1), {}, { id: '' }, { id: 5 }] }, undefined);
    expect(rows.map((row) => adapter.idOf!(row))).toEqual(['r1', undefined, undefined, '5']);
    expect((await adapterFrom(acme)).idOf).toBeUndefined();
    expect((await adapterFrom(manifest.replace(', partial: true', ''))).idOf).toBeUndefined();
  });

  it('has no rows before it is whole, unless the manifest says that they are final', async () => {
    const adapter = await adapterFrom(manifest.replace(', partial: true', ''));
    const going = answered(adapter, { id: 7, done: false, rides: [ride(1)] }, asked(adapter).progress);
    expect(going).toMatchObject({ rows: [], intermediate: true, next: { path: '/rides/7' } });
    expect(answered(adapter, { done: true, rides: [ride(1)] }, going.next!.progress).rows).toHaveLength(1);
  });

  it('is malformed where it is whole and has no list', async () => {
    const adapter = await adapterFrom(manifest);
    expect(adapter.read({ done: true }, acmeContext())).toMatchObject({ failure: FailureKind.MALFORMED });
  });
});

describe('what an answer says beside rows', () => {
  it('is a warning, an answer without rows, or a failure with when to come back', async () => {
    const adapter = await adapterFrom(
      changed([
        'rows: body.rides',
        'warning: body.hint\nfailures:\n  stated: has(body.error)\n  kind: body.error.kind\n  detail: body.error.text\n' +
          '  retryAfterSeconds: body.error.wait\n  empty: body.error.text == "nothing"\n  gone: body.error.text == "sold"\nrows: body.rides',
      ]),
    );
    const context = acmeContext();
    expect(answered(adapter, { rides: [], hint: 'some are missing' }, undefined)).toEqual({
      rows: [],
      warning: 'some are missing',
    });
    expect(adapter.read({ error: { text: 'nothing' } }, context)).toEqual({ rows: [] });
    expect(adapter.read({ error: { kind: 'OF_NEXT_YEAR', text: 'x'.repeat(900) } }, context)).toEqual({
      failure: FailureKind.SERVER_ERROR,
      detail: 'x'.repeat(250),
    });
    expect(adapter.readError(400, { error: { kind: 'RATE_LIMIT', text: 'slow', wait: 1.5 } }, '', context)).toEqual({
      failure: FailureKind.RATE_LIMIT,
      detail: 'slow',
      retryAfterMs: 1_500,
    });
    const [row] = answered(adapter, { rides: [ride(1)] }, undefined).rows;
    expect(adapter.readVerified({ error: { text: 'sold' } }, context, row!)).toEqual({ gone: 'sold' });
  });

  it.each([
    [401, FailureKind.AUTHENTICATION],
    [403, FailureKind.AUTHENTICATION],
    [429, FailureKind.RATE_LIMIT],
    [400, FailureKind.REQUEST_REFUSED],
    [502, FailureKind.SERVER_ERROR],
  ])('goes by HTTP %i where the manifest says nothing', async (status, failure) => {
    const adapter = await adapterFrom(acme);
    expect(adapter.readError(status, undefined, '<html>', acmeContext())).toEqual({
      failure,
      detail: `HTTP ${status} without a word of its own`,
    });
  });
});
