// The mesh with mTLS between all of its processes, and TLS where clients meet it.

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meshAddresses } from '../../libs/config/index.ts';
import { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { connect, connectMesh } from '../../libs/mesh/index.ts';
import { Authority, hasOpenssl } from '../../libs/tls/testing.ts';
import { type RunningMesh, startMesh } from '../end-to-end/mesh/running-mesh.ts';

describe.skipIf(!hasOpenssl())('the mesh with mTLS', () => {
  let mesh: RunningMesh;
  let authority: Authority;
  const names: string[] = [];

  beforeAll(async () => {
    authority = new Authority();
    const { cert, key, ca } = authority.issue('mesh', '127.0.0.1', 'localhost');
    const environment = {
      ENTREPOT_MESH_TLS_MODE: 'mtls',
      ENTREPOT_MESH_TLS_CERT: cert,
      ENTREPOT_MESH_TLS_KEY: key,
      ENTREPOT_MESH_TLS_CA: ca,
      ENTREPOT_TLS_CERT: cert,
      ENTREPOT_TLS_KEY: key,
    };
    names.push(...Object.keys(environment));
    Object.assign(process.env, environment);
    mesh = await startMesh();
  });
  afterAll(async () => {
    await mesh?.supervisor.stop();
    mesh?.cleanUp();
    for (const name of names) delete process.env[name];
    authority?.remove();
  });

  it('answers a search', async () => {
    const departureDate = Temporal.Now.plainDateISO().add({ days: 60 }).toString();
    const flight = { origin: 'LHR', destination: 'JFK', departureDate, adults: 1 };
    const answer = await post('/v1/searches', { flight, currency: 'GBP', market: 'GB', pageSize: 5 });
    expect(answer.complete).toBe(true);
    expect(answer.offers).toHaveLength(5);
  });

  it('answers nobody who does not show a certificate', async () => {
    const plain = connect(PricingServiceDefinition, { address: meshAddresses.pricing }, { retry: { maxAttempts: 1 } });
    await expect(plain.client.getRuleSet({})).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    await plain.close();
    const own = connectMesh(PricingServiceDefinition, meshAddresses.pricing);
    expect((await own.client.getRuleSet({})).currencies.length).toBeGreaterThan(0);
    await own.close();
  });

  function post(path: string, body: object): Promise<{ complete?: boolean; offers?: unknown[] }> {
    const agent = new Agent({ ca: readFileSync(authority.ca) });
    const url = `${mesh.edgeUrl.replace('http:', 'https:')}${path}`;
    return new Promise((resolve, reject) => {
      const asking = request(
        url,
        { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
        async (answer) => {
          let text = '';
          for await (const chunk of answer) text += chunk;
          resolve(JSON.parse(text));
        },
      );
      asking.once('error', reject);
      asking.end(JSON.stringify(body));
    });
  }
});
