export {
  type Clients,
  type Completion,
  checkClients,
  type Issuer,
  loadClients,
  type Tier,
  unnamedClients,
} from './clients.ts';
export { type Budget, everyPermission, type Identity, permissionNames } from './identity.ts';
export { type ClientKey, hashOfKey, makeKey } from './keys.ts';
export { LiveClients } from './live.ts';
export { isLoopback } from './loopback.ts';
