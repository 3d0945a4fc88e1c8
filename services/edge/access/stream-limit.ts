import { EntrepotError } from '../../../libs/errors/index.ts';
import { staysOpen } from '../api/gates.ts';
import type { Gate } from '../api/public-api.ts';

/**
 * No more streams of a client at once than it may have open at this replica, in whatever protocols they are. Refuses with
 * TOO_MANY_STREAMS.
 */
export function withinStreams(): Gate {
  const open = new Map<string, number>();
  return (operation) => {
    const { client, streams } = operation.caller.identity;
    if (streams === undefined || !staysOpen(operation)) return;
    const now = open.get(client) ?? 0;
    if (now >= streams) {
      throw new EntrepotError({
        reason: 'TOO_MANY_STREAMS',
        message: `The client "${client}" may have ${streams} streams open at once, and has. Close one, or share one.`,
        metadata: { streams: String(streams) },
      });
    }
    open.set(client, now + 1);
    return () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left === 0) open.delete(client);
      else open.set(client, left);
    };
  };
}
