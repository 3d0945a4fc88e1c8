// Who is asking. A key is kept for this tab alone, and only until it is closed.
import { signal } from '@preact/signals';
import type { GetCallerResponse, Permission } from '../../../../libs/client/index.ts';

const entry = 'entrepot-key';

/** The key that calls are made with; empty for none. */
export const key = signal(sessionStorage.getItem(entry) ?? '');

/** Who the edge says the caller is; absent until it has said so. */
export const caller = signal<GetCallerResponse | undefined>(undefined);

/** Uses a key from now on; an empty one forgets it. */
export function setKey(value: string): void {
  if (value === '') sessionStorage.removeItem(entry);
  else sessionStorage.setItem(entry, value);
  key.value = value;
}

/** Whether the caller is permitted something. */
export const permitted = (permission: Permission): boolean => caller.value?.permissions?.includes(permission) ?? false;
