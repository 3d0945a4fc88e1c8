import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { type Rig, search, startRig } from '../testing/rig.ts';

// What a manifest says about talking, tried where it is carried out: in supply, against a partner that listens.
const manifest = `
name: talker
title: Talker
vertical: stay
format: json
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 65536, concurrency: 4, lifetimeSeconds: 600 }
failures:
  stated: has(body.error)
  kind: body.error.kind
  detail: body.error.kind
  retryAfterSeconds: body.error.wait
search: { path: /search }
rows: body.rows
mapping:
  id: row.id
  price: { total: row.amount, currency: '"EUR"', basis: '"INCLUDED"' }
  item: { property_code: row.id }
verify: { request: { path: "/rows/{row.id}" }, single: true }
handoff: { token: row.id }
`;

const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-talker-'));
let partner: PartnerServer;
let rig: Rig | undefined;

async function talk(text: string): Promise<Rig> {
  mkdirSync(path.join(folder, 'talker'), { recursive: true });
  writeFileSync(path.join(folder, 'talker/manifest.yaml'), text);
  rig = await startRig({ one: { adapter: 'talker', endpoint: partner.url } }, { adapterDirectories: [folder] });
  return rig;
}

beforeEach(async () => {
  partner = await startPartner((_, response) => json(response, { rows: [] }));
});
afterEach(async () => {
  await rig?.close();
  await partner.close();
  rmSync(folder, { recursive: true, force: true });
});

it('leaves a partner alone as long as it says, also where it says so inside a 200', async () => {
  partner.handler = (_, response) => json(response, { error: { kind: 'RATE_LIMIT', wait: 30 } });
  const talking = await talk(manifest);
  const first = (await search(talking)).outcome('one');
  expect(first).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, failure: FailureKind.RATE_LIMIT });
  expect(first.retryAfterMs).toBe(30_000);
  await search(talking);
  expect(partner.asked).toHaveLength(1);
});
