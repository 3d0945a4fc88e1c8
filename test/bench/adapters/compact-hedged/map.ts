import { adapter } from '../compact/adapter.ts';

/** The whole mapping is TypeScript. */
export const map = { adapter };
