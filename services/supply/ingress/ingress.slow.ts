import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type SharedStore } from '../../../libs/store/index.ts';
import { HandedOverInventory } from '../handed-over.ts';
import { inventoryStore } from '../inventory/schema.ts';
import { loadPartners, shippedAdapters } from '../load.ts';
import { testAdapters, writePartners } from '../testing/rig.ts';

const partners = {
  plain: {
    adapter: 'plain-push',
    endpoint: 'https://plain.example',
    credentials: { username: { env: 'X_USER', default: 'plain' }, password: { env: 'X_PASSWORD', default: 'sesame' } },
  },
  shop: {
    adapter: 'shopify',
    endpoint: 'https://shop.example',
    credentials: { secret: { env: 'X_SECRET', default: 'hush' } },
  },
};

let config: string;
let taken: HandedOverInventory;

async function start(openInventory: () => Promise<SharedStore>): Promise<HandedOverInventory> {
  const loaded = await loadPartners({ configDirectory: config, adapterDirectories: [testAdapters, shippedAdapters] });
  const taking = new HandedOverInventory({ inventory: openInventory, ingress: { port: 0 } });
  await taking.follow(loaded);
  return taking;
}

beforeEach(async () => {
  config = writePartners(partners);
  taken = await start(() => openStore(inventoryStore));
});
afterEach(async () => {
  await taken.close();
  rmSync(config, { recursive: true });
});

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function send(
  partner: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${taken.ingressUrl}/push/${partner}`, {
    method: 'POST',
    body: body as string,
    headers: { 'content-type': 'text/xml', ...headers },
  });
  return { status: response.status, text: await response.text() };
}

const trusted = { authorization: basic('plain', 'sesame') };
const tell = (xml: string, id = '') => send('plain', `<Notif${id === '' ? '' : ` id="${id}"`}>${xml}</Notif>`, trusted);
const good = (id: string, version: number, title = `thing ${version}`) =>
  `<Good id="${id}" v="${version}" title="${title}" price="1.00"/>`;

interface Rows {
  readonly rows: readonly { readonly '@id': string; readonly '@v': string }[];
  readonly stocks: readonly { readonly '@of': string; readonly '@n': string }[];
}

async function found(words = 'thing', inventory = taken.inventory!): Promise<Rows> {
  return JSON.parse(
    (await inventory.find('plain', { words, limit: 1_000, beside: [{ collection: 'stocks' }] })) ?? '',
  ) as Rows;
}

const versions = async (): Promise<string[]> => (await found()).rows.map((row) => `${row['@id']}=${row['@v']}`).sort();

describe('a message', () => {
  it('is taken from the partner alone, and answered in its own protocol', async () => {
    expect(await tell(good('a', 1))).toEqual({ status: 200, text: '<NotifRS><Success/></NotifRS>' });
    for (const authorization of [
      '',
      'Basic',
      basic('plain', 'wrong'),
      basic('plain', ''),
      basic('shop', 'sesame'),
      'Bearer x',
    ]) {
      expect(await send('plain', `<Notif>${good('b', 1)}</Notif>`, { authorization })).toMatchObject({ status: 401 });
    }
    expect(await versions()).toEqual(['a=1']);
  });

  it('signed over its body counts for that body alone', async () => {
    const body = '{"id":788032119674292922,"title":"Thing","updated_at":"2027-01-01T00:00:00Z","variants":[]}';
    const sign = (text: string, secret = 'hush') => createHmac('sha256', secret).update(text).digest('base64');
    const headers = (signature: string) => ({
      'x-shopify-topic': 'products/update',
      'x-shopify-hmac-sha256': signature,
    });
    const rows = async () =>
      JSON.parse((await taken.inventory!.find('shop', { words: 'thing', limit: 9, beside: [] }))!).rows;
    for (const signature of [
      '',
      sign(`${body} `),
      sign(body, 'other'),
      `${sign(body)}=`,
      sign(body).toLowerCase(),
      sign(body).slice(0, -2),
    ]) {
      expect((await send('shop', body, headers(signature))).status).toBe(401);
    }
    expect((await send('shop', body.replace('Thing', 'Thing!'), headers(sign(body)))).status).toBe(401);
    expect((await send('shop', body)).status).toBe(401);
    expect(await rows()).toEqual([]);
    expect((await send('shop', body, headers(sign(body)))).status).toBe(200);
    expect(await rows()).toMatchObject([{ id: '788032119674292922' }]);
  });

  it('takes effect once, however often it comes', async () => {
    await tell(good('a', 1), 'm1');
    await tell(`<Gone id="a" v="2"/>`, 'm2');
    for (let again = 0; again < 3; again++) expect((await tell(good('a', 1), 'm1')).status).toBe(200);
    expect(await versions()).toEqual([]);
    const all = await Promise.all(Array.from({ length: 20 }, () => tell(good('b', 1) + good('c', 1), 'm3')));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(await versions()).toEqual(['b=1', 'c=1']);
  });

  it('takes effect as a whole or not at all', async () => {
    expect(await tell(`${good('a', 1)}<Good id="b" v="x" title="thing" price="1"/>`, 'm1')).toEqual({
      status: 200,
      text: '<NotifRS><Errors><Error>it lacks a time with an offset, or a version</Error></Errors></NotifRS>',
    });
    expect(await versions()).toEqual([]);
    await tell(good('a', 1) + good('b', 1), 'm1');
    expect(await versions()).toEqual(['a=1', 'b=1']);
  });

  it('of a kind that nothing is said about changes nothing', async () => {
    expect((await tell('<Other/>')).text).toContain('Success');
    expect(await versions()).toEqual([]);
  });

  it('that is hostile, too large, packed in an unknown way, for nobody, or no message is refused', async () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "c">]><Notif><Good id="&b;" v="1"/></Notif>';
    expect((await send('plain', bomb, trusted)).text).toContain('document type');
    expect((await send('plain', '<Notif><Good', trusted)).text).toContain('Error');
    expect((await send('plain', '', trusted)).text).toContain('Error');
    expect((await send('plain', 'x'.repeat(70_000), trusted)).status).toBe(413);
    expect((await send('plain', 'x', { ...trusted, 'content-encoding': 'br' })).status).toBe(415);
    expect((await send('nobody', 'x', trusted)).status).toBe(404);
    expect((await send('__proto__', 'x', trusted)).status).toBe(404);
    expect((await fetch(`${taken.ingressUrl}/push/plain`, { headers: trusted })).status).toBe(404);
  });

  it('may be packed by gzip where headers say who sends it, to the limit of a message', async () => {
    const packed = { ...trusted, 'content-encoding': 'gzip' };
    const message = gzipSync(`<Notif>${good('a', 1)}</Notif>`);
    expect(await send('plain', message, packed)).toMatchObject({
      status: 200,
      text: expect.stringContaining('Success'),
    });
    expect(await versions()).toEqual(['a=1']);
    // 50 MB of blanks in 50 KB.
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.length).toBeLessThan(65_536);
    expect((await send('plain', bomb, packed)).status).toBe(413);
    expect((await send('plain', 'x', packed)).status).toBe(400);
    expect((await send('plain', message.subarray(0, -9), packed)).status).toBe(400);
    expect((await send('plain', message, { ...packed, authorization: basic('plain', 'no') })).status).toBe(401);
    expect((await send('shop', message, { 'content-encoding': 'gzip' })).status).toBe(415);
    expect(await versions()).toEqual(['a=1']);
  });

  it('without a length is cut off where the limit is', async () => {
    async function* endless() {
      for (let sent = 0; sent < 200; sent++) yield Buffer.alloc(10_000, 32);
    }
    const response = await fetch(`${taken.ingressUrl}/push/plain`, {
      method: 'POST',
      body: endless() as unknown as string,
      headers: { ...trusted, 'content-type': 'text/xml' },
      duplex: 'half',
    } as RequestInit).catch((error: unknown) => error);
    expect(response instanceof Response ? response.status : 413).toBe(413);
    expect((await tell(good('a', 1))).status).toBe(200);
  });
});

describe('messages in any order', () => {
  it('end at what the newest of each row says, with nothing lost and nothing doubled', async () => {
    const historyOf = (run: number) =>
      [1, 2, 3, 4].flatMap((version) => [
        { xml: good(`a${run}`, version), id: `a${run}-${version}` },
        { xml: version === 3 ? `<Gone id="b${run}" v="3"/>` : good(`b${run}`, version), id: `b${run}-${version}` },
        { xml: version === 4 ? `<Gone id="c${run}" v="4"/>` : good(`c${run}`, version), id: `c${run}-${version}` },
        { xml: `<Stock of="a${run}" v="${version}" n="${version * 10}"/>`, id: `s${run}-${version}` },
      ]);
    const places = historyOf(0).map((_, at) => at);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(places, { minLength: places.length }),
        fc.array(fc.constantFrom(...places), { maxLength: 8 }),
        async (order, repeats) => {
          const history = historyOf(++run);
          for (const at of [...order, ...repeats]) await tell(history[at]!.xml, history[at]!.id);
          const own = (await versions()).filter((one) => one.slice(1).startsWith(`${run}=`));
          expect(own).toEqual([`a${run}=4`, `b${run}=4`]);
          const stocks = (await found()).stocks.filter((stock) => stock['@of'] === `a${run}`);
          expect(stocks).toEqual([{ '@of': `a${run}`, '@v': '4', '@n': '40' }]);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('of one version leave a deletion standing', async () => {
    await tell('<Gone id="a" v="5"/>');
    await tell(good('a', 5));
    expect(await versions()).toEqual([]);
    await tell(good('a', 6));
    expect(await versions()).toEqual(['a=6']);
  });

  it('of a full sync delete what it lacks once all of it has come, and nothing that is newer', async () => {
    await tell(good('old', 1) + good('kept', 1) + good('newer', 20));
    const part = (id: string) => send('plain', `<Notif sync="s1">${good(id, 9)}</Notif>`, trusted);
    await part('kept');
    // The end overtakes a part.
    await tell('<Complete sync="s1" v="10" count="3"/>', 'end');
    expect(await versions()).toEqual(['kept=9', 'newer=20', 'old=1']);
    await part('first');
    expect(await versions()).toContain('old=1');
    await part('newer');
    expect(await versions()).toEqual(['first=9', 'kept=9', 'newer=20']);
    await tell(good('old', 2));
    expect(await versions()).toEqual(['first=9', 'kept=9', 'newer=20']);
  });

  it('that overtake a full sync, or come after it though they are older, end as if they had come in time', async () => {
    for (const [run, order] of [
      [0, 1, 2, 3, 4],
      [2, 3, 4, 1, 0],
      [3, 0, 2, 4, 1],
      [3, 2, 0, 1, 4],
    ].entries()) {
      // The sync of each run deletes what the one before it has left.
      const v = (version: number) => run * 100 + version;
      const history = [
        () => tell(good('gone', v(3)), `before-${run}`),
        () => tell(good('kept', v(4)), `also-before-${run}`),
        () => send('plain', `<Notif sync="s${run}">${good('kept', v(5))}</Notif>`, trusted),
        () => tell(`<Complete sync="s${run}" v="${v(10)}" count="1"/>`, `end-${run}`),
        () => tell(good(`later-${run}`, v(11)), `after-${run}`),
      ];
      for (const at of order) await history[at]!();
      expect(await versions(), String(order)).toEqual([`kept=${v(5)}`, `later-${run}=${v(11)}`]);
    }
  });
});

describe('what partners have pushed', () => {
  it('survives a restart, the ids of messages included', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'entrepot-push-'));
    try {
      await taken.close();
      taken = await start(() => openStore({ directory, ...inventoryStore }));
      await tell(good('a', 1), 'm1');
      await tell('<Gone id="b" v="7"/>', 'm2');
      await taken.close();
      taken = await start(() => openStore({ directory, ...inventoryStore }));
      expect(await versions()).toEqual(['a=1']);
      await tell(good('b', 6), 'm3');
      await tell(good('a', 9), 'm1');
      expect(await versions()).toEqual(['a=1']);
      await taken.close();
    } finally {
      taken = await start(() => openStore(inventoryStore));
      rmSync(directory, { recursive: true });
    }
  });

  it('is told of by state, and old events and deletions are forgotten', async () => {
    const store = await openStore(inventoryStore);
    const fresh = await start(async () => store);
    await taken.close();
    taken = fresh;
    await tell(good('a', 1) + good('b', 1), 'm1');
    await tell('<Gone id="b" v="7"/>', 'm2');
    expect(await taken.inventory!.state('plain')).toMatchObject({ rows: 1, failure: '' });
    await (await taken.inventory!.pushes('plain')).forget(1);
    await tell(good('b', 6), 'm2');
    expect(await versions()).toEqual(['a=1']);
    await (await taken.inventory!.pushes('plain')).forget(0);
    await tell(good('b', 6), 'm2');
    expect(await versions()).toEqual(['a=1', 'b=6']);
  });

  it('is found by what the manifest says now, also where it came under another', async () => {
    const store = await openStore(inventoryStore);
    const fresh = await start(async () => store);
    await taken.close();
    taken = fresh;
    await tell(good('a', 1));
    const pushes = await taken.inventory!.pushes('plain');
    await pushes.reindex('another manifest', (row) => ({
      key: 'a',
      row: JSON.stringify(row),
      words: 'elsewise',
      keys: [],
      links: [],
    }));
    expect((await found('thing')).rows).toEqual([]);
    expect((await found('elsewise')).rows).toHaveLength(1);
  });
});
