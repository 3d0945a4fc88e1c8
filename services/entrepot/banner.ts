// What a newcomer sees first: where it listens, who sells, and something to paste.
import { styleText } from 'node:util';

/** A partner as the banner shows it. */
export interface BannerPartner {
  readonly name: string;
  readonly adapter: string;
  readonly verticals: readonly string[];
  readonly enabled: boolean;
}

/** Days ahead of the example's departure: far enough for every partner to sell it. */
const daysAhead = 60;

/** What the banner tells. */
export interface BannerFacts {
  readonly edgeUrl: string;
  /** Where the edge answers gRPC, where it does. */
  readonly grpcAddress: string | undefined;
  /** Where partners send their messages, where one does. */
  readonly ingressUrl: string | undefined;
  readonly partners: readonly BannerPartner[];
}

/** Makes the text. */
export async function banner({ edgeUrl, grpcAddress, ingressUrl, partners }: BannerFacts): Promise<string> {
  const date = Temporal.Now.plainDateISO().add({ days: daysAhead }).toString();
  const body = JSON.stringify({
    flight: { origin: 'LHR', destination: 'JFK', departureDate: date, adults: 1 },
    currency: 'GBP',
    market: 'GB',
    pageSize: 5,
    orderBy: 'price',
    filter: 'stops == 0',
  });
  const rows = partners.map(
    (partner) =>
      `  ${partner.enabled ? styleText('green', '●') : styleText('red', '○')} ${partner.name.padEnd(18)} ${partner.verticals.join(', ').padEnd(8)} ${styleText('dim', `speaks ${partner.adapter}`)}`,
  );
  return [
    `${styleText('bold', 'Entrepot')} listens on ${styleText('bold', edgeUrl)}`,
    'Open it in a browser for the console, or ask it as below.',
    ...(grpcAddress === undefined ? [] : [styleText('dim', `Backends call it over gRPC at ${grpcAddress}`)]),
    ...(ingressUrl === undefined
      ? []
      : [styleText('dim', `Partners send their messages to ${ingressUrl}/push/<partner>`)]),
    '',
    'Partners:',
    ...rows,
    '',
    'Paste this:',
    '',
    `  curl -s ${edgeUrl}/v1/searches -H 'content-type: application/json' -d '${body}'`,
    '',
    'Or watch them answer, one update at a time:',
    '',
    `  curl -sN ${edgeUrl}/v1/searches -H 'content-type: application/json' -H 'accept: text/event-stream' -d '${body}'`,
    '  npx entrepot search flight LHR JFK +60d --currency GBP',
    '  npx entrepot search stay INN +60d +5d --currency GBP',
    "  npx entrepot search good 'cordless drill' --market US --currency USD",
    '  npx entrepot search good --gtin 4102201012014 --market US --currency USD',
    '  npx entrepot search ride LHR 51.4952,-0.1441 --currency GBP',
    '',
    styleText(
      'dim',
      'npx entrepot explain <id of a search or an offer> says why it went like this, and why it costs that.',
    ),
    styleText(
      'dim',
      `${edgeUrl}/openapi.json describes every path, ${edgeUrl}/graphql/schema.graphql the GraphQL; Ctrl-C stops everything.`,
    ),
  ].join('\n');
}
