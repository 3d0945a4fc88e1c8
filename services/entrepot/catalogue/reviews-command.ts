// `entrepot catalogue reviews`: what waits for a person.
import { Command, Option } from 'commander';
import {
  ListReviewsResponse,
  ReviewKind,
  ReviewState,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { asking, type CatalogueOptions, pageSize, withCatalogueOptions } from './address.ts';
import { reviewText } from './text.ts';

const states = {
  open: ReviewState.OPEN,
  same: ReviewState.SAME,
  different: ReviewState.DIFFERENT,
  obsolete: ReviewState.OBSOLETE,
} as const;

const kinds = {
  'same-product': ReviewKind.SAME_PRODUCT,
  'key-changed': ReviewKind.KEY_CHANGED,
} as const;

interface Options extends CatalogueOptions {
  readonly vertical: string;
  readonly state: keyof typeof states;
  readonly kind?: keyof typeof kinds;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Builds the command. */
export function reviewsCommand(): Command {
  return withCatalogueOptions(new Command('reviews'))
    .description(
      'What waits for a person, the least sure first: two records side by side, and which feature said what.',
    )
    .option('--vertical <name>', 'of this vertical alone', '')
    .addOption(new Option('--state <state>', 'how they stand').choices(Object.keys(states)).default('open'))
    .addOption(new Option('--kind <kind>', 'of this kind alone').choices(Object.keys(kinds)))
    .option('--page-size <count>', 'reviews to show, at most 200', pageSize, 20)
    .option('--page-token <token>', 'the next page, as the one before says', '')
    .addHelpText(
      'after',
      `
A weight is what the feature adds to the log-odds that the two are the same: above 0 for, below 0 against.
Then: entrepot catalogue decide <review> same|different --author you@example.com --reason 'the same address'
`,
    )
    .action((options: Options) =>
      asking(options, async (client) => {
        const { vertical, state, kind, pageSize, pageToken } = options;
        const asked = kind === undefined ? ReviewKind.UNSPECIFIED : kinds[kind];
        const found = await client.listReviews({ vertical, state: states[state], kind: asked, pageSize, pageToken });
        if (options.json === true) {
          console.log(JSON.stringify(ListReviewsResponse.toJSON(found), null, 2));
          return;
        }
        for (const review of found.reviews) console.log(`${reviewText(review)}\n`);
        console.log(`${found.reviews.length} of ${found.totalSize} ${state}`);
        if (found.nextPageToken !== '') console.log(`More: --page-token ${found.nextPageToken}`);
      }),
    );
}
