// Starts supply alone: gRPC at ENTREPOT_SUPPLY_ADDRESS, normalization at ENTREPOT_NORMALIZATION_ADDRESS; what partners push
// comes in over HTTP at ENTREPOT_INGRESS_ADDRESS, and what they hand over is kept at ENTREPOT_DATABASE, or under
// ENTREPOT_DATA, as are cases of drift. What replicas share lies at ENTREPOT_SHARED_STATE.
import path from 'node:path';
import { configDirectory, databaseAt, dataDirectory, meshAddresses, sharedStateUrl } from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { connectMesh, inwardAdmission, runMain } from '../../libs/mesh/index.ts';
import { openSharedState } from '../../libs/shared/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { createSupplyService, inventoryStore } from './service.ts';

await runMain('supply', async () => {
  const normalization = connectMesh(NormalizationServiceDefinition, meshAddresses.normalization);
  const shared = await openSharedState(sharedStateUrl());
  const [host = '127.0.0.1', port = '7012'] = meshAddresses.ingress.split(':');
  const service = await createSupplyService({
    configDirectory: configDirectory(),
    normalization: normalization.client,
    shared,
    inventory: () => openStore({ ...databaseAt('supply'), ...inventoryStore }),
    ingress: { host, port: Number(port) },
    drift: { directory: path.join(dataDirectory(), 'drift') },
  });
  const close = async (): Promise<void> => {
    await normalization.close();
    await shared.close();
  };
  return { service, address: meshAddresses.supply, admission: inwardAdmission, close };
});
