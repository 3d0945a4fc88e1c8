// Starts query alone: gRPC at ENTREPOT_QUERY_ADDRESS; supply, pricing and normalization at their addresses. Replicas of it share what
// lies at ENTREPOT_SHARED_STATE; clicks are kept at ENTREPOT_DATABASE, or under ENTREPOT_DATA.
import { configDirectory, databaseAt, meshAddresses, sharedStateUrl } from '../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { PricingServiceDefinition } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { connectMesh, runMain } from '../../libs/mesh/index.ts';
import { openSharedState } from '../../libs/shared/index.ts';
import { openStore } from '../../libs/store/index.ts';
import { hedgeOf } from './hedging.ts';
import { clickStore, createQueryService } from './service.ts';

await runMain('query', async () => {
  // A search's first message is supply's plan, or pricing's view: both are quick, so a late one has met a slow replica.
  const supplyOptions = { hedge: hedgeOf('search', 'getOffers') };
  const supply = connectMesh(SupplyServiceDefinition, meshAddresses.supply, supplyOptions);
  const pricing = connectMesh(PricingServiceDefinition, meshAddresses.pricing, { hedge: hedgeOf('price') });
  const normalization = connectMesh(NormalizationServiceDefinition, meshAddresses.normalization);
  const url = sharedStateUrl();
  // Without one there is nothing to share: what this process holds is all there is.
  const shared = url === undefined ? undefined : await openSharedState(url);
  const clicks = await openStore({ ...databaseAt('query'), ...clickStore });
  return {
    service: createQueryService({
      configDirectory: configDirectory(),
      supply: supply.client,
      pricing: pricing.client,
      normalization: normalization.client,
      clicks,
      ...(shared && { shared }),
    }),
    address: meshAddresses.query,
    // A search costs milliseconds.
    admission: { startAtWork: 32, leastAtWork: 16 },
    close: async () => {
      await supply.close();
      await pricing.close();
      await normalization.close();
      await clicks.close();
      await shared?.close();
    },
  };
});
