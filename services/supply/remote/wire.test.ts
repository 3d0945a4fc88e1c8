import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Certificates, hasOpenssl } from '../testing/certificates.ts';
import { batch, hotels, outcome, plan, startRemote, type TestRemote } from '../testing/remote.ts';
import { handlesOf, type PartnerFile, type Rig, search, startRig } from '../testing/rig.ts';

const ready = hasOpenssl();
const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-wire-'));
const certificates = new Certificates(folder);
const file = (name: string): string => path.join(folder, name);
const closing: { close(): Promise<void> }[] = [];

const pem = (name: string): Buffer => readFileSync(file(name));
const tlsServer = (of: string, clientsBy?: string): ServerCredentials =>
  ServerCredentials.createSsl(
    clientsBy === undefined ? null : pem(`${clientsBy}.pem`),
    [{ private_key: pem(`${of}.key`), cert_chain: pem(`${of}.pem`) }],
    clientsBy !== undefined,
  );

beforeAll(() => {
  if (!ready) return;
  for (const name of ['root', 'other']) certificates.root(name);
  certificates.signed('here', 'root', 'localhost');
  certificates.signed('named', 'root', 'harbour.internal');
  certificates.signed('us', 'root', 'supply');
  certificates.signed('stranger', 'other', 'supply');
});
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
  vi.unstubAllEnvs();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function remote(...args: Parameters<typeof startRemote>): Promise<TestRemote> {
  const started = await startRemote(...args);
  closing.push(started);
  return started;
}
/** Certificates are for names: this machine has one beside its number. */
async function asking(at: string, more: PartnerFile): Promise<Rig> {
  const named = 'tls' in more && !('name' in (more.tls as object));
  const address = named ? at.replace('127.0.0.1', 'localhost') : at;
  const rig = await startRig({ far: { address, vertical: 'stay', ...more } });
  closing.unshift(rig);
  return rig;
}
const ends = async (rig: Rig) => (await search(rig)).outcome('far');

const OK = { status: OutcomeStatus.OK, offersKept: 2 };

describe.skipIf(!ready)('a partner by address over TLS', () => {
  it('is asked where its certificate is signed by who the file says, and by no other', async () => {
    const { address } = await remote({}, undefined, { credentials: tlsServer('here') });
    expect(await ends(await asking(address, { tls: { ca: { file: file('root.pem') } } }))).toMatchObject(OK);
    for (const tls of [{ ca: { file: file('other.pem') } }, {}]) {
      const refused = await ends(await asking(address, { tls, timeoutMs: 3_000 }));
      expect([OutcomeStatus.FAILED, OutcomeStatus.TIMED_OUT]).toContain(refused.status);
      expect(refused.offersKept).toBe(0);
    }
  });

  it('is asked under the name that its certificate is for, where the address is another', async () => {
    const { address } = await remote({}, undefined, { credentials: tlsServer('named') });
    const ca = { file: file('root.pem') };
    expect(await ends(await asking(address, { tls: { ca, name: 'harbour.internal' } }))).toMatchObject(OK);
    expect((await ends(await asking(address, { tls: { ca }, timeoutMs: 3_000 }))).offersKept).toBe(0);
  });

  it('is shown our own certificate where it asks for one, also after that was rotated', async () => {
    const { address, contexts } = await remote({}, undefined, { credentials: tlsServer('here', 'root') });
    const own = (of: string) => {
      for (const kind of ['pem', 'key']) writeFileSync(file(`own.${kind}`), pem(`${of}.${kind}`));
    };
    own('stranger');
    const tls = {
      ca: { file: file('root.pem') },
      certificate: { file: file('own.pem') },
      key: { file: file('own.key') },
    };
    const rig = await asking(address, { tls, timeoutMs: 2_000 });
    expect((await ends(rig)).offersKept).toBe(0);
    expect(contexts).toHaveLength(0);
    own('us');
    await vi.waitFor(async () => expect(await ends(rig)).toMatchObject(OK), 15_000);
  });

  it('ends typed where what it is made of is missing or is none, and says which', async () => {
    const { address } = await remote({}, undefined, { credentials: tlsServer('here') });
    writeFileSync(file('none.pem'), '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n');
    const missing = await ends(await asking(address, { tls: { ca: { file: file('gone.pem') } } }));
    expect(missing).toMatchObject({ failure: FailureKind.AUTHENTICATION });
    expect(missing.detail).toMatch(/^tls\.ca: secret file .*gone\.pem cannot be read/);
    const pair = { certificate: { file: file('none.pem') }, key: { file: file('none.pem') } };
    const none = await ends(await asking(address, { tls: pair }));
    expect(none).toMatchObject({ failure: FailureKind.AUTHENTICATION });
    expect(none.detail).not.toContain('hush');
  });

  it('lets what is under way end on the old connection when its authorities change', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let held = true;
    const { address, contexts } = await remote(
      {
        async *search({ partners }) {
          yield plan(partners[0]!);
          yield batch(hotels(partners[0]!, [1]));
          if (held) await gate;
          yield batch(hotels(partners[0]!, [2], 'answer-2'));
          yield outcome(partners[0]!);
        },
      },
      undefined,
      { credentials: tlsServer('here') },
    );
    writeFileSync(file('ca.pem'), pem('root.pem'));
    const rig = await asking(address, { tls: { ca: { file: file('ca.pem') } } });
    const first = ends(rig);
    await vi.waitFor(() => expect(contexts).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    writeFileSync(file('ca.pem'), Buffer.concat([pem('root.pem'), pem('other.pem')]));
    held = false;
    expect(await ends(rig)).toMatchObject(OK);
    open();
    expect(await first).toMatchObject(OK);
  });
});

describe('the token of a partner by address', () => {
  it('goes with every call, as it is at that moment', async () => {
    const seen: unknown[] = [];
    const { address } = await remote({
      async *search({ partners }, { metadata }) {
        seen.push(metadata.get('authorization'));
        yield plan(partners[0]!);
        yield batch(hotels(partners[0]!, [1, 2]));
        yield outcome(partners[0]!);
      },
      offers: async (_request, { metadata }) => {
        seen.push(metadata.get('authorization'));
        return [];
      },
    });
    writeFileSync(file('token'), 'first-token\n');
    const rig = await asking(address, { token: { file: file('token') } });
    const { batches } = await search(rig);
    writeFileSync(file('token'), 'second-token\n');
    await rig.client.getOffers({ handles: handlesOf(batches[0]!), readMask: undefined });
    await search(rig);
    expect(seen).toEqual(['Bearer first-token', 'Bearer second-token', 'Bearer second-token']);
  });

  it.each([
    ['is not there', { env: 'FAR_GONE' }, /^token: environment variable FAR_GONE is not set/],
    ['is none', { env: 'FAR_TOKEN' }, /^token: it has characters that no header can have/],
  ])('that %s ends the part typed, and nothing is sent', async (_what, token, detail) => {
    vi.stubEnv('FAR_TOKEN', 'two words');
    const far = await remote();
    const refused = await ends(await asking(far.address, { token }));
    expect(refused).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.AUTHENTICATION });
    expect(refused.detail).toMatch(detail);
    expect(far.contexts).toHaveLength(0);
  });
});
