import type { QueryServiceDefinition, SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import { ClientView } from './client-view.ts';
import { watchRequest } from './rig.ts';

type Stream = AsyncIterableIterator<{ update: SearchUpdate | undefined }>;

/** A client that applies what it reads, sleeps, leaves and comes back with its cursor. */
export class Follower {
  readonly view = new ClientView();
  readonly #query: MeshClient<QueryServiceDefinition>;
  readonly #client: string;
  readonly #again: Parameters<typeof watchRequest>[0];
  #stream: Stream;
  #asleep = false;
  #awake = Promise.withResolvers<void>();
  #pump: Promise<void>;

  /**
   * @param client who asked for the stream
   * @param again how it asks when it comes back, but for search and cursor
   */
  constructor(
    query: MeshClient<QueryServiceDefinition>,
    stream: Stream,
    client: string,
    again: Parameters<typeof watchRequest>[0] = {},
  ) {
    this.#query = query;
    this.#client = client;
    this.#again = again;
    this.#stream = stream;
    this.#awake.resolve();
    this.#pump = this.#read(stream);
  }

  sleep(): void {
    if (this.#asleep) return;
    this.#asleep = true;
    this.#awake = Promise.withResolvers();
  }

  wake(): void {
    this.#asleep = false;
    this.#awake.resolve();
  }

  async comeBack(): Promise<void> {
    const left = this.#stream;
    const { searchId, cursor } = this.view;
    if (searchId === '') return;
    const client = this.#client;
    this.#stream = this.#query.watchSearch(watchRequest({ ...this.#again, searchId, cursor }), { client });
    await left.return?.();
    this.wake();
    await this.#pump;
    this.#pump = this.#read(this.#stream);
  }

  /** Reads until the stream ends. */
  finish(): Promise<void> {
    this.wake();
    return this.#pump;
  }

  async #read(stream: Stream): Promise<void> {
    for await (const { update } of stream) {
      // What arrives after it left never reaches the client.
      if (stream !== this.#stream) return;
      if (update !== undefined) this.view.apply(update);
      await this.#awake.promise;
    }
  }
}
