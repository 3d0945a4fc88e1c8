import { EntrepotError } from '../../../libs/errors/index.ts';
import type { SharedState } from '../../../libs/shared/index.ts';

/** Shared state as one process sees it, which a test can cut off from it as if the process had died. */
export interface CutOff {
  readonly state: SharedState;
  /** From now on nothing that the process does reaches the others, nor the other way round. */
  cut(): void;
}

/** One process's view of shared state. */
export function cutOff(shared: SharedState): CutOff {
  let gone = false;
  const state = new Proxy(shared, {
    get(target, name: keyof SharedState) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      if (name === 'subscribe') {
        return (channel: string, listener: (text: string) => void) =>
          reach(() => target.subscribe(channel, (text) => (gone ? undefined : listener(text))));
      }
      // The test closes what it shares, once.
      if (name === 'close') return async () => undefined;
      return (...given: unknown[]) => reach(() => (member as (...args: unknown[]) => unknown).apply(target, given));
    },
  });
  async function reach(call: () => unknown): Promise<unknown> {
    if (gone)
      throw new EntrepotError({ reason: 'UNREACHABLE', message: 'cut off', metadata: { service: 'shared-state' } });
    return call();
  }
  return {
    state,
    cut: () => {
      gone = true;
    },
  };
}
