// What this tab has searched for lately, so that a search that is no longer held can be made again.
import type { SearchRequest } from '../../../../libs/client/index.ts';

const entry = 'entrepot-searches';
const most = 20;

type Recalled = readonly (readonly [searchId: string, request: SearchRequest])[];

function read(): Recalled {
  try {
    return JSON.parse(sessionStorage.getItem(entry) ?? '[]') as Recalled;
  } catch {
    return [];
  }
}

/** Keeps what a search was asked for with. */
export function remember(searchId: string, request: SearchRequest): void {
  const others = read().filter(([id]) => id !== searchId);
  sessionStorage.setItem(entry, JSON.stringify([[searchId, request], ...others].slice(0, most)));
}

/** What a search was asked for with; undefined where this tab does not know. */
export const recall = (searchId: string): SearchRequest | undefined => read().find(([id]) => id === searchId)?.[1];
