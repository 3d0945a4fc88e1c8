import { AsyncLocalStorage } from 'node:async_hooks';
import { logger } from '../telemetry/index.ts';
import type { Listener } from './engine.ts';

const log = logger('store');

/** Who listens to which channel of one connection. */
export class Channels {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** The channels that somebody listens to. */
  names(): string[] {
    return [...this.#listeners.keys()];
  }

  has(name: string): boolean {
    return this.#listeners.has(name);
  }

  /** @returns what ends it; calling it again does nothing */
  add(name: string, listener: Listener): () => void {
    // What a listener does is no part of the transaction during which it hears.
    const inOwnContext = AsyncLocalStorage.snapshot();
    const own: Listener = (text) => inOwnContext(listener, text);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
    };
  }

  /** Tells those who listen, after the call during which it came. */
  tell(name: string, text: string | undefined): void {
    for (const listener of this.#listeners.get(name) ?? []) queueMicrotask(() => this.#call(name, listener, text));
  }

  #call(name: string, listener: Listener, text: string | undefined): void {
    if (!this.#listeners.get(name)?.has(listener)) return;
    try {
      listener(text);
    } catch (err) {
      log.error({ err, channel: name }, 'a listener failed');
    }
  }
}
