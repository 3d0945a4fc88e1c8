import { databaseAt, meshAddresses } from '../../libs/config/index.ts';
import { inwardAdmission, runMain } from '../../libs/mesh/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { createNormalizationService, normalizationStore } from './service.ts';

await runMain('normalization', async () => {
  const store = await openStore({ ...databaseAt('normalization'), ...normalizationStore });
  return {
    service: createNormalizationService({ store }),
    address: meshAddresses.normalization,
    admission: inwardAdmission,
    close: () => store.close(),
  };
});
