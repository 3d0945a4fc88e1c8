import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ConfigError, type ConfigProblem, loadYamlDocument } from '../../libs/config/index.ts';
import { type MarketDisplay, UnitPrices } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';

/**
 * What a market must be shown. The default is safe everywhere: every mandatory charge is in the headline price. A market whose law
 * or custom is otherwise says so by name, with the reason.
 */

/** A market's policy as `markets.yaml` has it. */
interface MarketPolicy {
  readonly headline?: 'total_with_mandatory' | 'without_due_at_place';
  readonly unit_prices?: keyof typeof UNIT_PRICES;
  readonly because?: string;
}

interface MarketsFile {
  readonly markets: Readonly<Record<string, MarketPolicy>>;
}

const UNIT_PRICES = { shown: UnitPrices.SHOWN, required: UnitPrices.REQUIRED, none: UnitPrices.NONE } as const;
/** Every market that is not named. */
const OTHERS = '*';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['markets'],
  properties: {
    markets: {
      type: 'object',
      description: "policies by market, ISO 3166-1 alpha-2, '*' for every other",
      propertyNames: { pattern: '^([A-Z]{2}|\\*)$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: {
          headline: {
            description:
              'total_with_mandatory (every mandatory charge is in it, the default) or without_due_at_place (what is due at the place comes on top)',
            enum: ['total_with_mandatory', 'without_due_at_place'],
          },
          unit_prices: {
            description:
              'prices for one unit, where a vertical has one: shown (where a client asks, the default), required (with every price) or none',
            enum: Object.keys(UNIT_PRICES),
          },
          because: { description: 'why, for a person: the law, with its date', type: 'string', minLength: 10 },
        },
      },
    },
  },
};

/** The policies of all markets. Immutable. */
export class MarketPolicies {
  /** The same policies have the same digest everywhere. */
  readonly digest: string;
  readonly #policies: ReadonlyMap<string, MarketPolicy>;

  constructor(policies: Readonly<Record<string, MarketPolicy>>) {
    this.#policies = new Map(Object.entries(policies));
    const sorted = [...this.#policies].sort(([one], [other]) => (one < other ? -1 : 1));
    this.digest = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
  }

  /** What prices in a market depend on, as it goes into pinned views. */
  displayIn(market: string): MarketDisplay {
    const own = this.#policies.get(market);
    const { unit_prices = 'shown' } = { ...this.#policies.get(OTHERS), ...own };
    return { dueLaterOnTop: own?.headline === 'without_due_at_place', unitPrices: UNIT_PRICES[unit_prices] };
  }
}

/**
 * Reads and checks `markets.yaml`; without the file every market has the default.
 *
 * @throws ConfigError with every problem at its place
 */
export function readMarketsFile(file: string): MarketPolicies {
  if (!existsSync(file)) return new MarketPolicies({});
  const document = loadYamlDocument<MarketsFile>(file, schema);
  const problems: ConfigProblem[] = [];
  for (const [market, { headline, because }] of Object.entries(document.value.markets)) {
    if (headline !== 'without_due_at_place') continue;
    const at = ['markets', market, 'headline'];
    if (market === OTHERS) {
      problems.push(
        document.problem(at, 'leaves mandatory charges out of every other market; name the markets one by one'),
      );
    }
    if (because === undefined) {
      problems.push(
        document.problem(at, 'leaves mandatory charges out; say why in "because", with the law and its date'),
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return new MarketPolicies(document.value.markets);
}
