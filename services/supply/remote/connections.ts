import { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { type Connection, connect, type MeshClient } from '../../../libs/mesh/index.ts';

/** What a remote adapter is called by. */
export type RemoteClient = MeshClient<typeof SupplyServiceDefinition>;

/** Connections to remote adapters: one an address, made when it is first asked, kept until all are closed. */
export class RemoteConnections {
  readonly #open = new Map<string, Connection<typeof SupplyServiceDefinition>>();

  /** The client of an address; the server need not be up. */
  client(address: string): RemoteClient {
    let connection = this.#open.get(address);
    if (connection === undefined) {
      connection = connect(SupplyServiceDefinition, { address });
      this.#open.set(address, connection);
    }
    return connection.client;
  }

  /** Lets go of all. */
  async close(): Promise<void> {
    const connections = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(connections.map((connection) => connection.close()));
  }
}
