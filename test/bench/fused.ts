// Every service in this process, for the benchmark.
import { startFused } from '../../services/entrepot/fused.ts';

const fused = await startFused({ port: 0, inMemory: true, twin: false });
console.log(`listening ${new URL(fused.edgeUrl).port}`);
process.once('SIGTERM', async () => {
  await fused.close();
  process.exit(0);
});
