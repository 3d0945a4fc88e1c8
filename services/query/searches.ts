import type { SearchUpdate } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import type { Clients } from '../../libs/clients/index.ts';
