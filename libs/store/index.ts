export { type DirectoryLock, DirectoryLockedError, type LockHolder, lockDirectory } from './lock.ts';
export type { ServerPatience } from './server.ts';
export {
  type Migration,
  notify,
  openStore,
  type SharedStore,
  type Store,
  type StoreOptions,
  type TransactionOptions,
} from './store.ts';
