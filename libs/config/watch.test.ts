import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchDirectory } from './watch.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'watch-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe.each([{ poll: false }, { poll: true }])('watchDirectory, poll $poll', ({ poll }) => {
  const options = { debounceMs: 20, pollMs: 30, poll };

  it('tells of new, changed and removed files, also in directories that are new', async () => {
    const onChange = vi.fn();
    const watch = watchDirectory(directory, onChange, options);
    const told = async (change: () => void): Promise<void> => {
      const before = onChange.mock.calls.length;
      // Repeated because a system may only begin to notice after watch() has returned.
      await vi.waitFor(
        () => {
          change();
          expect(onChange.mock.calls.length).toBeGreaterThan(before);
        },
        { timeout: 10_000, interval: 100 },
      );
    };
    let n = 0;
    await told(() => writeFileSync(path.join(directory, 'a.yaml'), `a: ${n++}`));
    await told(() => {
      mkdirSync(path.join(directory, 'partners'), { recursive: true });
      writeFileSync(path.join(directory, 'partners', 'b.yaml'), 'x'.repeat(n++));
    });
    await told(() => rmSync(path.join(directory, 'a.yaml'), { force: true }));
    watch.close();
  });

  it('never runs two calls at once, and runs again for what changed meanwhile', async () => {
    let running = 0;
    let most = 0;
    let calls = 0;
    const watch = watchDirectory(
      directory,
      async () => {
        calls++;
        most = Math.max(most, ++running);
        writeFileSync(path.join(directory, 'during'), 'x'.repeat(Math.min(calls, 3)));
        await sleep(60);
        running--;
        throw new Error('the watch goes on');
      },
      options,
    );
    await vi.waitFor(
      () => {
        writeFileSync(path.join(directory, 'a'), String(Math.random()));
        expect(calls).toBeGreaterThan(2);
      },
      { timeout: 10_000, interval: 100 },
    );
    watch.close();
    expect(most).toBe(1);
  });

  it('is silent once closed', async () => {
    const onChange = vi.fn();
    watchDirectory(directory, onChange, options).close();
    writeFileSync(path.join(directory, 'a.yaml'), 'a: 1');
    await sleep(150);
    expect(onChange).not.toHaveBeenCalled();
  });
});

it('refuses a directory that is not there', () => {
  expect(() => watchDirectory(path.join(directory, 'none'), () => {})).toThrow();
});
