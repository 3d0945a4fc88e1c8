// Import boundaries of the house: services never import each other, libs never import services, nothing goes in a
// circle. `npm run boundaries` enforces them.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'services-never-import-each-other',
      comment: 'Services meet over contracts. Only services/entrepot, the composition root, puts them together.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/entrepot/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'libs-never-import-services',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|test)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: '\\.(test|slow)\\.ts$' },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'published-client-stays-light',
      comment: 'entrepot/contracts is installed by other teams: no server, SDK or logger behind it.',
      severity: 'error',
      from: { path: '^libs/contracts/(index|client)\\.ts$' },
      to: { path: 'node_modules/(pino|fastify|undici|@electric-sql|@opentelemetry/(sdk|exporter))', reachable: true },
    },
    {
      name: 'browser-client-stands-alone',
      comment: "entrepot/client runs in browsers without a bundler: nothing but its own modules, and none of Node's.",
      severity: 'error',
      from: { path: '^libs/client/', pathNot: '(^libs/client/(generator|testing)/|\\.(test|slow)\\.ts$)' },
      to: { pathNot: '^libs/client/(?!generator/|testing/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(libs/contracts/gen|dist)/' },
    // TypeScript 7 has no compiler API for it; swc reads the same syntax.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
