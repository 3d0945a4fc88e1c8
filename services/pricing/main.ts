import { configDirectory, meshAddresses } from '../../libs/config/index.ts';
import { inwardAdmission, runMain } from '../../libs/mesh/index.ts';
import { createPricingService } from './service.ts';

await runMain('pricing', () => ({
  service: createPricingService({ configDirectory: configDirectory() }),
  address: meshAddresses.pricing,
  admission: inwardAdmission,
}));
