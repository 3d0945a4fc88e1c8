import { place } from '../shell/router.ts';
import { OneTrace } from './one-trace.tsx';
import { TraceList } from './trace-list.tsx';
import './trace.css';

/** What the edge remembers of requests: a list of them, or one from the edge to its calls to partners. */
export function TraceView() {
  const { id } = place.value;
  return <div class="traces">{id === '' ? <TraceList /> : <OneTrace key={id} id={id} />}</div>;
}
