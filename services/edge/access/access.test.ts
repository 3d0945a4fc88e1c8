import { describe, expect, test } from 'vitest';
import { type Clients, everyPermission, type Identity, makeKey, unnamedClients } from '../../../libs/clients/index.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import type { EntrepotError } from '../../../libs/errors/index.ts';
import { type Access, type Credentials, createAccess, developmentKey } from './access.ts';
import { checkExposure, ExposureError } from './exposure.ts';
import { clientsFrom } from './test-clients.ts';

const shop = makeKey();
const old = makeKey();
const keyed = clientsFrom(`clients:
  shop:
    permissions: [SEARCH, PARTNERS_READ]
    origins: [https://shop.example]
    keys:
      - { id: new, hash: '${shop.hash}' }
      - { id: old, hash: '${old.hash}', expires: 2020-01-01 }
`);
const named = clientsFrom('clients: { shop: { permissions: [CATALOGUE_READ] } }');

const nothing: Credentials = {
  authorization: undefined,
  key: undefined,
  client: undefined,
  host: 'localhost:8080',
  address: '127.0.0.1',
};

const accessOf = (clients: Clients, more: { loopback?: boolean; trustClientHeader?: boolean } = {}): Access =>
  createAccess({ clients: () => clients, loopback: true, trustClientHeader: false, ...more });

const identify = async (access: Access, credentials: Partial<Credentials>): Promise<Identity> =>
  access.identify({ ...nothing, ...credentials });

const refusal = async (access: Access, credentials: Partial<Credentials>): Promise<EntrepotError> => {
  try {
    await access.identify({ ...nothing, ...credentials });
  } catch (error) {
    return error as EntrepotError;
  }
  return expect.unreachable('It was let in.');
};

describe('with keys', () => {
  const access = accessOf(keyed);

  test('a client is who its key says, however it sends it', async () => {
    for (const sent of [
      { authorization: `Bearer ${shop.key}` },
      { authorization: `bearer  ${shop.key} ` },
      { key: shop.key },
    ]) {
      const identity = await identify(access, sent);
      expect(identity).toMatchObject({ client: 'shop', development: false, origins: ['https://shop.example'] });
      expect(identity.permissions).toEqual(new Set([Permission.SEARCH, Permission.PARTNERS_READ]));
    }
  });

  test.each([
    ['nothing', {}, 'CREDENTIALS_MISSING'],
    ['an empty key', { key: '' }, 'CREDENTIALS_MISSING'],
    ['an empty Authorization', { authorization: '' }, 'CREDENTIALS_MISSING'],
    ['the name of a client', { client: 'shop' }, 'CREDENTIALS_MISSING'],
    ['another key', { key: makeKey().key }, 'CREDENTIALS_INVALID'],
    ['the key of development', { key: developmentKey }, 'CREDENTIALS_INVALID'],
    ['the hash of a key', { key: shop.hash }, 'CREDENTIALS_INVALID'],
    ['another scheme', { authorization: `Basic ${shop.key}` }, 'CREDENTIALS_INVALID'],
    ['two keys in one', { authorization: `Bearer ${shop.key} ${shop.key}` }, 'CREDENTIALS_INVALID'],
    ['a wrong Authorization beside a right key', { authorization: 'Bearer x', key: shop.key }, 'CREDENTIALS_INVALID'],
    ['a key that has expired', { key: old.key }, 'CREDENTIALS_EXPIRED'],
    ['a token, where there are no issuers', { key: 'eyJhbGciOiJub25lIn0.e30.' }, 'CREDENTIALS_INVALID'],
  ])('who brings %s is refused, and nothing of it is repeated', async (_, sent, reason) => {
    const error = await refusal(access, sent);
    expect(error.reason).toBe(reason);
    const said = JSON.stringify([error.message, error.metadata]);
    for (const secret of [shop.key, old.key, Object.values(sent)[0]]) if (secret) expect(said).not.toContain(secret);
  });

  test('an expired key says which one it is, and since when', async () => {
    expect(await refusal(access, { key: old.key })).toMatchObject({
      message: 'The key old of "shop" expired at 2020-01-01T00:00:00Z. Ask whoever runs this edge for a new one.',
      metadata: { expiredAt: '2020-01-01T00:00:00Z' },
    });
  });

  test('keys follow the file', async () => {
    let clients = keyed;
    const live = createAccess({ clients: () => clients, loopback: true, trustClientHeader: false });
    await identify(live, { key: shop.key });
    clients = clientsFrom(`clients: { other: { keys: [{ id: a, hash: '${makeKey().hash}' }] } }`);
    expect((await refusal(live, { key: shop.key })).reason).toBe('CREDENTIALS_INVALID');
  });

  test('a page may use a client only where that lists its origin; the own pages of the edge may use any', async () => {
    const key = { key: shop.key };
    await identify(access, { ...key, origin: 'https://shop.example' });
    await identify(access, { ...key, origin: 'https://edge.example', host: 'edge.example' });
    for (const origin of ['https://evil.example', 'null', 'http://shop.example', 'http://localhost:3000']) {
      expect(await refusal(access, { ...key, origin })).toMatchObject({
        reason: 'NOT_PERMITTED',
        metadata: { origin },
      });
    }
  });
});

describe('in development', () => {
  const access = accessOf(named);

  test('everybody on this machine is public, with every permission; the key of development works too', async () => {
    for (const sent of [
      {},
      { key: developmentKey },
      { authorization: `Bearer ${developmentKey}` },
      { client: 'shop' },
    ]) {
      const identity = await identify(access, sent);
      expect(identity).toMatchObject({ client: 'public', development: true, budget: undefined });
      expect(identity.permissions).toEqual(everyPermission);
    }
    expect((await refusal(access, { key: shop.key })).reason).toBe('CREDENTIALS_INVALID');
  });

  test.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'app.localhost:1'])(
    'answers to %s',
    async (host) => {
      expect((await identify(access, { host })).client).toBe('public');
    },
  );

  test.each(['evil.example', 'evil.example:8080', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.evil.example', ''])(
    'does not answer to "%s", so that no name can be pointed here',
    async (host) => {
      for (const key of [undefined, developmentKey]) {
        const error = await refusal(access, { host, key });
        expect(error).toMatchObject({ reason: 'NOT_PERMITTED', metadata: { host } });
        expect(error.message).toContain('localhost');
      }
    },
  );

  test('pages of this machine may use it, others may not', async () => {
    await identify(access, { origin: 'http://localhost:5173' });
    for (const origin of ['https://evil.example', 'null', 'file://']) {
      expect((await refusal(access, { origin })).reason).toBe('NOT_PERMITTED');
    }
  });

  test('an edge that others can reach is never open, not even when it has lost its keys', async () => {
    let clients = keyed;
    const live = createAccess({ clients: () => clients, loopback: false, trustClientHeader: false });
    await identify(live, { key: shop.key });
    clients = unnamedClients();
    expect((await refusal(live, {})).reason).toBe('CREDENTIALS_MISSING');
    expect((await refusal(live, { key: developmentKey })).reason).toBe('CREDENTIALS_MISSING');
  });
});

describe('behind something that knows its clients', () => {
  test('the header says who asks, and clients.yaml what that may do', async () => {
    const access = accessOf(named, { trustClientHeader: true, loopback: false });
    expect(await identify(access, { client: 'shop' })).toMatchObject({
      client: 'shop',
      permissions: new Set([Permission.CATALOGUE_READ]),
      development: false,
    });
    expect(await identify(access, { client: 'unknown', authorization: 'Basic of-somebody-else' })).toMatchObject({
      client: 'unknown',
      permissions: new Set([Permission.SEARCH]),
    });
    expect((await identify(access, {})).client).toBe('public');
    expect((await refusal(access, { client: 'a b' })).reason).toBe('CREDENTIALS_INVALID');
  });

  test('a key counts for more than the header, and who brings neither is refused once there are keys', async () => {
    const access = accessOf(keyed, { trustClientHeader: true, loopback: false });
    expect((await identify(access, { client: 'other', key: shop.key })).client).toBe('shop');
    expect((await refusal(access, { client: 'other', key: 'x' })).reason).toBe('CREDENTIALS_INVALID');
    expect((await identify(access, { client: 'other' })).client).toBe('other');
    expect((await refusal(access, {})).reason).toBe('CREDENTIALS_MISSING');
  });
});

test('an edge listens elsewhere than on this machine only with keys, or where it is told who asks', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1']) checkExposure(host, unnamedClients(), false);
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'edge.example', '']) {
    expect(() => checkExposure(host, named, false)).toThrow(ExposureError);
    expect(() => checkExposure(host, named, false)).toThrow('entrepot client key');
    checkExposure(host, keyed, false);
    checkExposure(host, named, true);
  }
});
