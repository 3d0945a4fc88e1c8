export { MemoryState, type MemoryStateOptions } from './memory-state.ts';
export type { Bucket, SharedState, Taken } from './shared-state.ts';
