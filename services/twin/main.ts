// Starts the twin alone: HTTP at ENTREPOT_TWIN_ADDRESS, default 127.0.0.1:7010.
import { meshAddresses } from '../../libs/config/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { createTwin } from './server.ts';

const log = logger('twin');
const address = new URL(`http://${meshAddresses.twin}`);

try {
  const twin = await createTwin({ host: address.hostname.replace(/^\[|\]$/g, ''), port: Number(address.port || 80) });
  process.stdout.write(`twin ready on ${twin.url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      log.info({ signal }, 'stopping');
      await twin.close();
      process.exit(0);
    });
  }
} catch (error) {
  log.fatal({ err: error }, 'the twin did not start');
  process.exit(1);
}
