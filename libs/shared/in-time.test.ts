import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { inTime } from './in-time.ts';

const late = (): Error => new Error('late');

it('gives what comes in time, and says late what does not', async () => {
  expect(await inTime(Promise.resolve('a'), 1_000, late)).toBe('a');
  await expect(inTime(Promise.reject(new Error('own')), 1_000, late)).rejects.toThrow('own');
  await expect(inTime(new Promise(() => {}), 1, late)).rejects.toThrow('late');
});

it('takes an answer that arrived while the process was busy beyond the time', async () => {
  const said = new Int32Array(new SharedArrayBuffer(4));
  const answers = `
    const { parentPort, workerData } = require('node:worker_threads');
    parentPort.once('message', () => {
      parentPort.postMessage('hello');
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    });`;
  const worker = new Worker(answers, { eval: true, workerData: said });
  await once(worker, 'online');
  // From here the loop comes to its timers before it reads anything.
  await new Promise((resolve) => setImmediate(resolve));
  const answer = once(worker, 'message').then(([text]) => text);
  const inSome = inTime(answer, 1, late);
  const startedAt = performance.now();
  worker.postMessage('go');
  Atomics.wait(said, 0, 0);
  while (performance.now() < startedAt + 5);
  expect(await inSome).toBe('hello');
  await worker.terminate();
});
