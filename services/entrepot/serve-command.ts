// `entrepot serve`: one service alone, as a cluster runs it.
import { Argument, Command } from 'commander';

const services = ['edge', 'query', 'supply', 'normalization', 'pricing', 'twin'] as const;

/** Builds the command. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Start one service alone; it finds the others by address.')
    .addArgument(new Argument('<service>', 'the service').choices(services))
    .addHelpText(
      'after',
      `
Addresses, host:port:
  ENTREPOT_QUERY_ADDRESS          127.0.0.1:7001
  ENTREPOT_SUPPLY_ADDRESS         127.0.0.1:7002
  ENTREPOT_NORMALIZATION_ADDRESS  127.0.0.1:7003
  ENTREPOT_PRICING_ADDRESS        127.0.0.1:7004
  ENTREPOT_TWIN_ADDRESS           127.0.0.1:7010 (HTTP)
  ENTREPOT_EDGE_ADDRESS           127.0.0.1:8080 (HTTP); PORT replaces the port
  ENTREPOT_EDGE_GRPC_ADDRESS      127.0.0.1:8081: the port above the edge's
What replicas share:
  ENTREPOT_SHARED_STATE           nowhere; redis://host:6379, rediss:// or valkey://
Who may do what at the edge (services/edge/README.md, "Access"):
  ENTREPOT_EDGE_TRUST_CLIENT      false; true behind something that sets Entrepot-Client itself
  ENTREPOT_EDGE_METRICS           guarded; open
  ENTREPOT_EDGE_CONNECTIONS_PER_ADDRESS  1000; 0 for any number
Where services keep their tables:
  ENTREPOT_DATABASE               embedded, below ENTREPOT_DATA; postgres://user:password@host:5432/database
Directories:
  ENTREPOT_CONFIG                 deploy/config
  ENTREPOT_DATA                   data
`,
    )
    .action(async (service: (typeof services)[number]) => {
      await import(`../${service}/main.ts`);
    });
}
