// Starts supply alone: gRPC at ENTREPOT_SUPPLY_ADDRESS, normalization at ENTREPOT_NORMALIZATION_ADDRESS; what partners push
// comes in over HTTP at ENTREPOT_INGRESS_ADDRESS, and what they hand over is kept under ENTREPOT_DATA, as are
// cases of drift.
import path from 'node:path';
import { configDirectory, dataDirectory, meshAddresses } from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { connect, runMain } from '../../libs/mesh/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { createSupplyService, inventoryStore } from './service.ts';

await runMain('supply', async () => {
  const normalization = connect(NormalizationServiceDefinition, { address: meshAddresses.normalization });
  const [host = '127.0.0.1', port = '7012'] = meshAddresses.ingress.split(':');
  const service = await createSupplyService({
    configDirectory: configDirectory(),
    normalization: normalization.client,
    inventory: () => openStore({ directory: path.join(dataDirectory(), 'supply'), ...inventoryStore }),
    ingress: { host, port: Number(port) },
    drift: { directory: path.join(dataDirectory(), 'drift') },
  });
  return { service, address: meshAddresses.supply, close: () => normalization.close() };
});
