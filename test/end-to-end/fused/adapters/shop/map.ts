import { adapter } from './adapter.ts';

/** The whole mapping is TypeScript. */
export const map = { adapter };
