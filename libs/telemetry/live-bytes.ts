import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * The bytes that this process holds in objects and buffers that are still reachable, after a full collection: what tests and
 * benches compare. The resident set is no measure for them, since it keeps whatever the collector has not given back yet.
 */
export function liveBytes(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
