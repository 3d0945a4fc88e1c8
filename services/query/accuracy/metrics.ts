import { counter } from '../../../libs/telemetry/index.ts';

/** Shown offers that were chosen to be asked again, by partner and what came of it. */
export const checksDone = counter('entrepot.query.accuracy.checks', {
  unit: '{check}',
  description:
    'Shown offers chosen to be asked again, by partner and result (accurate, dearer, cheaper, gone, failed, refused, expired, skipped)',
});
