// The services as one caller sees them: typed functions over the public API.
import type { QueryServiceDefinition } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import type { Caller } from '../api/caller.ts';
import { publicMethods } from '../api/method.ts';
import type { PublicApi } from '../api/public-api.ts';

/** Query, behind the gates, on behalf of a caller. */
export function queryAs(api: PublicApi, caller: Caller): MeshClient<QueryServiceDefinition> {
  return Object.fromEntries(
    [...publicMethods().values()]
      .filter(({ service }) => service === 'entrepot.query.v1.QueryService')
      .map((method) => [
        method.key,
        (request: object) =>
          method.streams ? api.stream(method, request, caller) : api.unary(method, request, caller),
      ]),
  ) as unknown as MeshClient<QueryServiceDefinition>;
}
