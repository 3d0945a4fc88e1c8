export { type DirectoryLock, DirectoryLockedError, type LockHolder, lockDirectory } from './lock.ts';
export { type Migration, openStore, type Store, type StoreOptions } from './store.ts';
