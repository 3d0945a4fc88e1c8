// Every service in this process, for the benchmark; with --shed-nothing it takes every request, whatever its load.
import { startFused } from '../../services/entrepot/fused.ts';

const boundless = {
  adaptive: false,
  maxCalls: Number.POSITIVE_INFINITY,
  maxStreams: Number.POSITIVE_INFINITY,
  maxLoopDelayMs: Number.POSITIVE_INFINITY,
};
const fused = await startFused({
  port: 0,
  inMemory: true,
  twin: false,
  ...(process.argv.includes('--shed-nothing') && { admission: boundless }),
});
console.log(`listening ${new URL(fused.edgeUrl).port}`);
process.once('SIGTERM', async () => {
  await fused.close();
  process.exit(0);
});
