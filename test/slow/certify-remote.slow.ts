import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { connect, createMemoryNetwork, type MeshServer, type ServiceHandle, serve } from '../../libs/mesh/index.ts';
import { createSupplyService } from '../../services/supply/service.ts';
import { writePartners } from '../../services/supply/testing/rig.ts';
import { folderOf } from '../../services/supply/workbench/bench.ts';
import { certifyRemote } from '../../services/supply/workbench/certify-remote.ts';

/**
 * A SupplyService over gRPC whose partners have the misbehaving server as their endpoint; nobody settles identities.
 */
let supply: ServiceHandle;
let server: MeshServer;
let config: string;
let port: number;

beforeAll(async () => {
  port = await freePort();
  const account = {
    adapter: 'duffel',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { token: { env: 'NONE', default: 'none' } },
  };
  const secret = { env: 'NONE', default: 'none' };
  const rides = { ...account, adapter: 'uber', credentials: { clientId: secret, clientSecret: secret } };
  config = writePartners({ far: account, other: { ...account, maxBodyBytes: 1_024 }, rides });
  const normalization = connect(NormalizationServiceDefinition, { network: createMemoryNetwork(), name: 'none' });
  supply = await createSupplyService({ configDirectory: config, normalization: normalization.client });
  server = await serve({ name: 'supply', at: { address: '127.0.0.1:0' }, services: supply.services });
});
afterAll(async () => {
  await server.close();
  await supply.close();
  rmSync(config, { recursive: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const target = (partner: string) => ({ partner, address: server.address, listen: { host: '127.0.0.1', port } });

describe('an adapter that runs elsewhere', { timeout: 120_000 }, () => {
  it('is graded by what comes out of it, B at most', async () => {
    const certificate = await certifyRemote(folderOf('duffel'), target('far'));
    expect(certificate.checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(certificate).toMatchObject({ partner: 'far', vertical: 'flight', grade: 'B', ceiling: 0.5 });
    expect(certificate.completeness.fields).toMatchObject({ carriers: 100, segment_keys: 100 });
    expect(certificate.checks.filter(({ group }) => group === 'faults')).toHaveLength(15);
    const tried = certificate.checks.filter(({ group }) => group === 'contract');
    expect(tried.map(({ name, result }) => [name, result])).toEqual([
      ['messages come in order and hold what they promise', 'passed'],
      ['every row that it sends can be an offer', 'passed'],
      ['batches name the version that made them', 'passed'],
      ['GetOffers makes every row into a whole offer, in order', 'passed'],
      ['a row that it does not hold is missing, or OFFER_EXPIRED', 'passed'],
      ['a verification gives the row as it is now, or says why not', 'passed'],
      ['a hand-off gives a link or a token, also where the click comes again, or says why not', 'passed'],
    ]);
    // Of this version, whatever the account's settings.
    expect(certificate).toMatchObject({ address: server.address, manifest: expect.stringMatching(/^[\w-]{12}$/) });
  });

  it('may have its token already when it is asked', async () => {
    const { grade, checks, conversation } = await certifyRemote(folderOf('uber'), target('rides'));
    expect(checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(grade).toBe('B');
    expect(conversation[0]).toBe('POST /oauth/v2/token');
  });

  it('is a D where its golden cases come out otherwise than here', async () => {
    const { grade, checks } = await certifyRemote(folderOf('duffel'), target('other'));
    expect(grade).toBe('D');
    const [first] = checks;
    expect(first).toMatchObject({ name: 'golden cases give as many offers as here', result: 'failed' });
    expect(first?.detail).toContain('offers: 0 offers of 0 rows (0 expired), not 4 of 4: failed (too_large)');
  });

  it('that is not there is named, with those that are', async () => {
    await expect(certifyRemote(folderOf('duffel'), target('nobody'))).rejects.toThrow(
      'has no partner "nobody"; there are: far, other, rides',
    );
  });
});
