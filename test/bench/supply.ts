// Supply in this process, with the benchmark's partners, for what is measured of it alone.
import { join } from 'node:path';
import { FlightCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import type { PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type PartnerFile, type Rig, search, start, startRig } from '../../services/supply/testing/rig.ts';
import { departureDate } from './systems.ts';

/** Supply and what asks it. */
export interface Supply {
  /** One search of these partners, all awaited; empty for all. */
  search(partners?: readonly string[]): Promise<Searched>;
  stop(): Promise<void>;
}

/** How one search went. */
export interface Searched {
  /** Until the last partner had ended. */
  readonly ms: number;
  readonly outcomes: readonly PartnerOutcome[];
}

/** Partners' files by their names: number `of` each at the benchmark's partners' address. */
export function benchPartner(partnerUrl: string, index: number, other: PartnerFile = {}): PartnerFile {
  const adapter = 'compact-hedged';
  return { adapter, endpoint: `${partnerUrl}/compact/${index}`, shareInFlight: false, ...other };
}

/** Starts it. */
export async function startSupply(partners: Readonly<Record<string, PartnerFile>>): Promise<Supply> {
  const rig: Rig = await startRig(partners, { adapterDirectories: [join(import.meta.dirname, 'adapters')] });
  const value = FlightCriteria.fromPartial({
    origin: 'LHR',
    destination: 'JFK',
    departureDate,
    adults: 1,
  });
  const request = start({
    criteria: { vertical: { $case: 'flight', value } },
    currency: 'GBP',
    // What normalization takes is not measured.
    keepIdentity: true,
  });
  return {
    search: async (names = []) => {
      const startedAt = performance.now();
      const { messages } = await search(rig, { ...request, partners: [...names] }, { timeoutMs: 10_000 });
      const ms = performance.now() - startedAt;
      const outcomes = messages.flatMap(({ message }) => (message?.$case === 'outcome' ? [message.value] : []));
      return { ms, outcomes };
    },
    stop: () => rig.close(),
  };
}
