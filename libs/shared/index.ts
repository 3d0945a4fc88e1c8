export { MemoryState, type MemoryStateOptions } from './memory-state.ts';
export { openSharedState } from './open.ts';
export type { RedisStateOptions } from './redis-state.ts';
export type { Bucket, SharedState, Taken } from './shared-state.ts';
