// Starts supply alone: gRPC at ENTREPOT_SUPPLY_ADDRESS, normalization at ENTREPOT_NORMALIZATION_ADDRESS.
import { configDirectory, meshAddresses } from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { connect, runMain } from '../../libs/mesh/index.ts';
import { createSupplyService } from './service.ts';

await runMain('supply', async () => {
  const normalization = connect(NormalizationServiceDefinition, { address: meshAddresses.normalization });
  const service = await createSupplyService({
    configDirectory: configDirectory(),
    normalization: normalization.client,
  });
  return { service, address: meshAddresses.supply, close: () => normalization.close() };
});
