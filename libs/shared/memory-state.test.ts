import { expect, it } from 'vitest';
import { MemoryState, type SharedState } from './index.ts';
import { conforms } from './testing/conformance.ts';

/** Opens views of one store, of which closing one closes nothing but itself. */
function views(): () => Promise<SharedState> {
  const store = new MemoryState();
  let opened = 0;
  return async () => (++opened > 2 ? new MemoryState() : shared(store));
}

function shared(store: MemoryState): SharedState {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'close') return async () => {};
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

conforms('memory', views());

it('ends by the clock it was given, and does not keep what has ended', async () => {
  let now = 1_000;
  const state = new MemoryState({ now: () => now });
  await state.set('a', Buffer.from('a'), 100);
  now = 1_099;
  expect(await state.get('a')).toEqual(Buffer.from('a'));
  now = 1_100;
  expect(await state.get('a')).toBeUndefined();
  await state.close();
});

it('tells listeners after the call that publishes, and goes on where one fails', async () => {
  const state = new MemoryState();
  const heard: string[] = [];
  await state.subscribe('a', () => {
    throw new Error('a defect');
  });
  await state.subscribe('a', (text) => heard.push(text));
  const published = state.publish('a', 'x');
  expect(heard).toEqual([]);
  await published;
  expect(heard).toEqual(['x']);
  await state.close();
});
