// Every service in one process with a small budget of answers, for the soak. Argument: the budget in bytes.
import { startFused } from '../../services/entrepot/fused.ts';

const fused = await startFused({ port: 0, inMemory: true, twin: false, answersBudgetBytes: Number(process.argv[2]) });
console.log(`listening ${new URL(fused.edgeUrl).port}`);
process.once('SIGTERM', async () => {
  await fused.close();
  process.exit(0);
});
