import { adapter } from '../plain/adapter.ts';

/** The whole mapping is TypeScript. */
export const map = { adapter };
