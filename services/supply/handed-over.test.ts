import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { HandedOverInventory } from './handed-over.ts';
import { loadPartners } from './load.ts';
import { testAdapters, writePartners } from './testing/rig.ts';

const plain = {
  adapter: 'plain-push',
  endpoint: 'https://plain.example',
  credentials: { username: { env: 'X_USER', default: 'plain' }, password: { env: 'X_PASSWORD', default: 'sesame' } },
};

const directories: string[] = [];
const taken: HandedOverInventory[] = [];
afterEach(async () => {
  for (const one of taken.splice(0)) await one.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function partnersOf(accounts: Parameters<typeof writePartners>[0]) {
  const config =
    Object.keys(accounts).length === 0 ? mkdtempSync(path.join(tmpdir(), 'none-')) : writePartners(accounts);
  directories.push(config);
  return loadPartners({ configDirectory: config, adapterDirectories: [testAdapters] });
}

function taking(): HandedOverInventory {
  const one = new HandedOverInventory({ ingress: { port: 0 } });
  taken.push(one);
  return one;
}

async function push(one: HandedOverInventory, partner: string, id: string): Promise<number> {
  const response = await fetch(`${one.ingressUrl}/push/${partner}`, {
    method: 'POST',
    body: `<Notif><Good id="${id}" v="1" title="thing" price="1.00"/></Notif>`,
    headers: { 'content-type': 'text/xml', authorization: `Basic ${btoa('plain:sesame')}` },
  });
  return response.status;
}

it('nothing is opened while no partner hands anything over', async () => {
  const one = taking();
  await one.follow(await partnersOf({}));
  expect([one.inventory, one.ingressUrl]).toEqual([undefined, undefined]);
});

it('a partner that comes is listened to, one that goes is not, and what it had told is there when it is back', async () => {
  const one = taking();
  await one.follow(await partnersOf({}));
  const both = await partnersOf({ early: plain, late: plain });
  await one.follow(await partnersOf({ early: plain }));
  expect(await push(one, 'early', 'a')).toBe(200);
  expect(await push(one, 'late', 'a')).toBe(404);
  await one.follow(both);
  expect(await push(one, 'late', 'b')).toBe(200);
  await one.follow(await partnersOf({ late: plain }));
  expect(await push(one, 'early', 'c')).toBe(404);
  await one.follow(both);
  expect(await one.inventory!.state('early')).toMatchObject({ rows: 1 });
});
