// The one way to the platform: the published client, on the page's own origin.
import { createClient } from '../../../../libs/client/index.ts';
import { key } from './session.ts';

/** Calls the edge that served the page, with the key that is in use. A page that somebody looks at keeps trying for minutes. */
export const entrepot = createClient({
  url: location.origin,
  key: () => key.value,
  timeoutMs: 15_000,
  reconnects: 20,
  maxDelayMs: 2_000,
});
