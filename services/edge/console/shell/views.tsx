// The views of the console: a line each.
import type { FunctionComponent } from 'preact';
import type { Permission } from '../../../../libs/client/index.ts';
import { SearchView } from '../search/search-view.tsx';
import { TraceView } from '../trace/trace-view.tsx';

/** A view. */
export interface ViewEntry {
  /** Its place: "#/<name>". */
  readonly name: string;
  readonly title: string;
  /** What a caller must be permitted to see it. */
  readonly permission: Permission;
  readonly component: FunctionComponent;
}

export const views: readonly ViewEntry[] = [
  { name: 'search', title: 'Search', permission: 'PERMISSION_SEARCH', component: SearchView },
  { name: 'trace', title: 'Traces', permission: 'PERMISSION_SEARCH', component: TraceView },
];
