// `entrepot/contracts` as another team meets it: the tarball installed in an empty project, type-checked and run against
// a query service.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningQuery, startQueryOverGrpc } from '../support/query-over-grpc.ts';

const root = join(import.meta.dirname, '../..');
let project = '';
let running: RunningQuery;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'entrepot-consumer-'));
  running = await startQueryOverGrpc();
  execFileSync('npm', ['pack', '--pack-destination', project], { cwd: root, stdio: 'pipe' });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], {
    cwd: project,
    stdio: 'pipe',
  });
});
afterAll(async () => {
  await running?.close();
  rmSync(project, { recursive: true, force: true });
});

const consumer = `
import { createQueryClient, query, offer } from 'entrepot/contracts';

const { client, close } = createQueryClient(process.argv[2] ?? '');
const departureDate: string = process.argv[3] ?? '';
const request = query.SearchRequest.fromPartial({
  vertical: { $case: 'flight', value: { origin: 'LHR', destination: 'JFK', departureDate, adults: 1, cabin: offer.Cabin.ECONOMY } },
  currency: 'GBP',
  market: 'GB',
});
let offers = 0;
let complete = false;
for await (const { update } of client.search(request)) {
  offers += update?.upserts.length ?? 0;
  complete ||= update?.complete === true;
}
let reason = '';
try {
  await client.getOffer({ offerId: 'none', readMask: undefined });
} catch (error) {
  reason = (error as { reason: string }).reason;
}
await close();
console.log(JSON.stringify({ offers, complete, reason }));
`;

test('type-checks with its declarations and runs as JavaScript from node_modules', async () => {
  writeFileSync(join(project, 'consumer.ts'), consumer);
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'esnext',
        lib: ['esnext'],
        strict: true,
        noEmit: true,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['consumer.ts'],
    }),
  );
  execFileSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', project], { stdio: 'pipe' });
  // Not the synchronous kind: the service answers from this process.
  const { stdout: output } = await promisify(execFile)(
    process.execPath,
    ['consumer.ts', running.address, running.departureDate],
    { cwd: project },
  );
  const seen = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as {
    offers: number;
    complete: boolean;
    reason: string;
  };
  expect(seen.offers).toBeGreaterThan(0);
  expect(seen.complete).toBe(true);
  expect(seen.reason).toMatch(/NOT_FOUND$/);
});

test('holds the contracts alone: no service, no server library', () => {
  const installed = readdirSync(join(project, 'node_modules'));
  expect(installed).not.toContain('fastify');
  expect(installed).not.toContain('pino');
  expect(installed).not.toContain('@electric-sql');
});
