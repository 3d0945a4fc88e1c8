// What the edge adds up of query's replicas is what one process would have counted that had led every search.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutcomeStatus, type PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { addUp } from '../../../services/edge/operations/activity.ts';
import { Activity } from '../../../services/query/activity/activity.ts';
import { outcomeOf } from '../../../services/query/testing/rows.ts';

const begin = 1_700_000_000_000;
const minutes = 15;

/** When an outcome came, in which of the replicas, and what it was. */
const happening = fc.record({
  afterMs: fc.nat(minutes * 60_000 - 1),
  replica: fc.nat(2),
  outcome: fc.record({
    partner: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom(OutcomeStatus.OK, OutcomeStatus.EMPTY, OutcomeStatus.TIMED_OUT, OutcomeStatus.FAILED),
    latencyMs: fc.nat(70_000),
    offersKept: fc.nat(500),
  }),
});

test('replicas added up are one that saw it all', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      let now = begin;
      const counting = (): Activity => new Activity(() => now);
      const replicas = [counting(), counting(), counting()];
      const one = counting();
      for (const { afterMs, replica, outcome } of happenings.sort((a, b) => a.afterMs - b.afterMs)) {
        now = begin + afterMs;
        const whole: PartnerOutcome = { ...outcomeOf(outcome.partner, 0, outcome.status), ...outcome };
        replicas[replica]!.note([whole]);
        one.note([whole]);
      }
      now = begin + minutes * 60_000 - 1;
      const asked = { partner: '', minutes };
      const { partners, windowSeconds } = addUp(replicas.map((replica) => replica.list(asked)));
      expect({ partners, windowSeconds }).toEqual({
        partners: one.list(asked).partners,
        windowSeconds: one.list(asked).windowSeconds,
      });
    }),
  );
});
