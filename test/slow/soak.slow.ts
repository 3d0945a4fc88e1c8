// 5,000 searches of 10 partners × 100 offers at one process: memory levels off, held answers keep to their budget, no
// socket is left behind.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runSearches, searchBody } from '../bench/load.ts';
import { residentMiB, startScript } from '../bench/processes.ts';
import { departureDate, type Partners, partnerName, startPartners } from '../bench/systems.ts';

const searches = 5_000;
const concurrency = 8;
const partnerCount = 10;
const mebibyte = 2 ** 20;
/** Small, so that it is full soon and most of the soak runs at it. */
const answersBudgetBytes = 24 * mebibyte;
const heldSearchesMegabytes = 24;
const sampleEveryMs = 500;

interface Sample {
  readonly residentMiB: number;
  readonly heldBytes: number;
}

test('5,000 searches level off at the stated byte budget and leave no socket behind', async () => {
  const partners = await startPartners();
  await partners.set({ delayMs: 0, count: 100, cold: true, date: departureDate });
  const directory = configuration(partners);
  const system = await startScript(join(import.meta.dirname, 'soak-process.ts'), [String(answersBudgetBytes)], {
    ENTREPOT_CONFIG: directory,
    ENTREPOT_ADAPTERS: join(import.meta.dirname, '../bench/adapters'),
    LOG_LEVEL: 'warn',
  });
  const url = `http://127.0.0.1:${system.port}`;
  try {
    const socketsBefore = sockets(system.pid);
    const samples: Sample[] = [];
    const sampling = new AbortController();
    const sampler = (async () => {
      while (!sampling.signal.aborted) {
        samples.push({ residentMiB: residentMiB([system.pid]), heldBytes: await heldBytes(url) });
        await sleep(sampleEveryMs, undefined, { signal: sampling.signal }).catch(() => {});
      }
    })();
    const startedAt = performance.now();
    await runSearches(url, searchBody(departureDate), searches, concurrency, wholeAnswer);
    const seconds = (performance.now() - startedAt) / 1_000;
    sampling.abort();
    await sampler;

    await partners.stop();
    const socketsAfter = await settledSockets(system.pid, socketsBefore);
    const fifths = Array.from({ length: 5 }, (_, fifth) => {
      const part = samples.slice((samples.length * fifth) / 5, (samples.length * (fifth + 1)) / 5);
      return part.reduce((sum, sample) => sum + sample.residentMiB, 0) / part.length;
    });
    const mostHeld = Math.max(...samples.map((sample) => sample.heldBytes));
    console.log(
      [
        `${searches} searches in ${seconds.toFixed(0)} s, ${samples.length} samples`,
        `resident, mean of each fifth: ${fifths.map((mean) => mean.toFixed(0)).join(', ')} MiB`,
        `answers held at most: ${(mostHeld / mebibyte).toFixed(1)} of ${answersBudgetBytes / mebibyte} MiB`,
        `sockets: ${socketsBefore} before, ${socketsAfter} after`,
      ].join('\n'),
    );
    expect(samples.length).toBeGreaterThan(20);
    // Otherwise the budget was never put to the test.
    expect(mostHeld).toBeGreaterThan(answersBudgetBytes * 0.8);
    expect(mostHeld).toBeLessThanOrEqual(answersBudgetBytes);
    expect(fifths[4]).toBeLessThanOrEqual((fifths[2] ?? 0) * 1.15);
    expect(socketsAfter).toBeLessThanOrEqual(socketsBefore);
  } finally {
    await system.stop();
    await partners.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

function wholeAnswer(text: string): void {
  const answer = JSON.parse(text) as { offers?: unknown[]; complete?: boolean; outcomes?: { status: string }[] };
  const bad = answer.outcomes?.find((outcome) => outcome.status !== 'OUTCOME_STATUS_OK');
  if (answer.complete !== true || answer.offers?.length !== 20 || bad !== undefined)
    throw new Error(`Not a whole answer: ${JSON.stringify(bad)} ${text.slice(0, 300)}`);
}

/** What the answers of partners take, as /metrics says. */
async function heldBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(/^entrepot_supply_answers_bytes\{[^}]*\} (\S+)/gm)].map((match) => Number(match[1]));
  if (values.length === 0) throw new Error('The metric of held answers is missing.');
  return values.reduce((sum, value) => sum + value, 0);
}

function sockets(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).filter((fd) => {
    try {
      return readlinkSync(join(directory, fd)).startsWith('socket:');
    } catch {
      return false; // Closed since it was listed.
    }
  }).length;
}

/** Waits while connections close. The sampler's own stays open as long as the edge keeps idle connections. */
async function settledSockets(pid: number, baseline: number): Promise<number> {
  const giveUp = Date.now() + 60_000;
  while (sockets(pid) > baseline && Date.now() < giveUp) await sleep(250);
  return sockets(pid);
}

/** The shipped configuration with the benchmark's partners, and room for few held searches. */
function configuration(partners: Partners): string {
  const directory = mkdtempSync(join(tmpdir(), 'entrepot-soak-'));
  cpSync(join(import.meta.dirname, '../../deploy/config'), directory, { recursive: true });
  rmSync(join(directory, 'partners'), { recursive: true });
  mkdirSync(join(directory, 'partners'));
  for (let index = 0; index < partnerCount; index++)
    writeFileSync(
      join(directory, 'partners', `${partnerName(index)}.yaml`),
      `adapter: compact\nendpoint: ${partners.url}/compact/${index}\n`,
    );
  const query = join(directory, 'query.yaml');
  const text = readFileSync(query, 'utf8');
  writeFileSync(query, text.replace(/^( +megabytes:) \d+/m, `$1 ${heldSearchesMegabytes}`));
  return directory;
}
