export { type Clients, type Completion, checkClients, loadClients, type Tier } from './clients.ts';
export { LiveClients } from './live.ts';
