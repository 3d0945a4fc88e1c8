import { connect, createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('are given at once where nobody has one, and one at a time in order of arrival', async () => {
    const turns = new Turns();
    const taken: string[] = [];
    let turn = 0;
    const count = (): void => {
      turn++;
      if (turn < 10) setImmediate(count);
    };
    await nextTurn();
    setImmediate(count);
    const work = (name: string) => turns.take().then(() => void taken.push(`${name}${turn}`));
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(taken.map((entry) => entry[0])).toEqual(['a', 'b', 'c']);
    expect(new Set(taken.map((entry) => entry.slice(1))).size).toBe(3);
    expect(taken[0]).toBe('a0');
    // Those that come later find it free again.
    while (turn < 10) await nextTurn();
    let late = false;
    void turns.take().then(() => {
      late = true;
    });
    await Promise.resolve();
    expect(late).toBe(true);
  });

  it('let what one of them wrote to a socket leave before the next begins', async () => {
    let arrived = 0;
    const server = createServer((socket) =>
      socket.on('data', (data) => {
        arrived += data.length;
      }),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1').setNoDelay();
    await new Promise((resolve) => socket.once('connect', resolve));
    const turns = new Turns();
    const seen: number[] = [];
    const work = async (value: number): Promise<void> => {
      await turns.take();
      seen.push(arrived);
      socket.write(Buffer.of(value));
      // Long enough for the other end of the loopback to have it by the next turn.
      const until = performance.now() + 5;
      while (performance.now() < until);
    };
    await Promise.all([1, 2, 3, 4].map(work));
    socket.destroy();
    server.close();
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBeGreaterThanOrEqual(2);
  });
});
