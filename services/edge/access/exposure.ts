// Where an edge may listen: without keys on this machine alone.
import { type Clients, isLoopback } from '../../../libs/clients/index.ts';
import { isConfigured } from './access.ts';

/** An edge would be open to everybody who can reach it. */
export class ExposureError extends Error {
  constructor(host: string) {
    super(
      `The edge does not listen on ${host}: no client has a key, and there are no issuers, so that everybody who can reach it ` +
        'could do everything.\nGive clients keys ("npx entrepot client key <name>" prints one, and the lines for clients.yaml), ' +
        'stay on 127.0.0.1, or, behind something that knows its clients and sets Entrepot-Client itself, set ' +
        'ENTREPOT_EDGE_TRUST_CLIENT=true.',
    );
    this.name = 'ExposureError';
  }
}

/**
 * Refuses to listen elsewhere than on loopback as long as everybody would be let in.
 * @throws ExposureError
 */
export function checkExposure(host: string, clients: Clients, trustClientHeader: boolean): void {
  if (isLoopback(host) || trustClientHeader || isConfigured(clients)) return;
  throw new ExposureError(host);
}
