export { type Clients, type Completion, checkClients, loadClients, type Tier } from './clients.ts';
export type { Budget, Identity } from './identity.ts';
export { LiveClients } from './live.ts';
