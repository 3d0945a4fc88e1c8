// The partners of a running mesh, asked over gRPC.
import { meshAddresses } from '../../libs/config/index.ts';
import { type Partner, SupplyServiceDefinition } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { connectMesh } from '../../libs/mesh/index.ts';

/** Lists them. */
export async function listPartners(): Promise<readonly Partner[]> {
  const { client, close } = connectMesh(SupplyServiceDefinition, meshAddresses.supply);
  try {
    return (await client.listPartners({}, { timeoutMs: 5_000 })).partners;
  } finally {
    await close();
  }
}
