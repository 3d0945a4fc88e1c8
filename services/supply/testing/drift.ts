import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { Drift } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { baselineText } from '../drift/baseline.ts';
import type { DriftOptions } from '../drift/watch.ts';
import { digestOfFolder } from '../folder-digest.ts';
import { baselineOf } from '../workbench/baseline.ts';
import { openOffline } from '../workbench/bench.ts';
import { Replay } from '../workbench/cassette.ts';
import { withoutInventory } from '../workbench/hand-over.ts';
import { searchPartner } from '../workbench/search.ts';
import { startPartner } from './partner-server.ts';
import { type Said, search, start, startRig } from './rig.ts';

/** A made-up partner in supply that may change its answers. */
export interface DriftRig {
  /** Its adapter's folder. */
  readonly folder: string;
  /** Where evidence goes. */
  readonly directory: string;
  /** Bodies by path, from now on. */
  answers: Readonly<Record<string, unknown>>;
  /** Writes the baseline of the conversation that it answers with now, as `certify` does. */
  certify(): Promise<void>;
  search(): Promise<Said>;
  /** A search, and what is known when it has been looked at. */
  look(): Promise<Drift>;
  /** What is known. */
  drift(): Promise<Drift>;
}

/** What a rig is made of. */
export interface DriftRigParts {
  readonly manifest: string;
  readonly criteria: Criteria;
  readonly answers: Readonly<Record<string, unknown>>;
  /** Paths in the order in which they are asked for, a token's aside. */
  readonly order: readonly string[];
  readonly account?: Readonly<Record<string, unknown>>;
  readonly options?: DriftOptions;
}

/** Starts one; it ends with the test. */
export async function startDriftRig(parts: DriftRigParts): Promise<DriftRig> {
  const root = mkdtempSync(path.join(tmpdir(), 'entrepot-drift-'));
  const name = /^name: (\S+)/m.exec(parts.manifest)![1]!;
  const folder = path.join(root, 'adapters', name);
  const directory = path.join(root, 'drift');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'manifest.yaml'), parts.manifest);
  const partner = await startPartner((request, response) => {
    const body = drifting.answers[request.url!.split('?', 1)[0]!];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': typeOf(body) }).end(textOf(body));
  });
  const certify = async (): Promise<void> => {
    const { partner: offline } = await openOffline(folder);
    const answers = parts.order.map((at) => drifting.answers[at]);
    const replay = new Replay(
      answers.map((body) => ({
        status: 200,
        headers: { 'content-type': typeOf(body) },
        body: Buffer.from(textOf(body)),
      })),
    );
    const asked = { criteria: parts.criteria, market: 'GB', currency: 'GBP', locale: 'en-GB', now: Date.now() };
    const found = await searchPartner(withoutInventory(offline), asked, replay, { frozen: true, signedIn: true });
    if (found.answers.length !== answers.length) throw new Error(found.outcome.detail);
    writeFileSync(path.join(folder, 'baseline.json'), baselineText(baselineOf(digestOfFolder(folder), [found])));
  };
  const drift = async (): Promise<Drift> => (await rig.client.listPartners({})).partners[0]!.drift!;
  const one = (): Promise<Said> => search(rig, start({ criteria: parts.criteria }));
  const drifting: DriftRig = {
    folder,
    directory,
    answers: parts.answers,
    certify,
    search: one,
    drift,
    look: async () => {
      const { conversations } = await drift();
      await one();
      return vi.waitFor(async () => {
        const now = await drift();
        if (now.conversations !== conversations + 1) throw new Error('it has not been looked at');
        return now;
      }, 5_000);
    },
  };
  await certify();
  const rig = await startRig(
    { one: { adapter: name, endpoint: partner.url, ...parts.account } },
    {
      adapterDirectories: [path.dirname(folder)],
      drift: { intervalMs: 0, directory, ...parts.options },
    },
  );
  onTestFinished(async () => {
    await rig.close();
    await partner.close();
    rmSync(root, { recursive: true });
  });
  return drifting;
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body ?? {});
}

function typeOf(body: unknown): string {
  return typeof body === 'string' ? 'application/xml' : 'application/json';
}
