import { localToEpochMs } from '../../libs/reference/index.ts';

/** A segment as a partner states it, taken apart into the keys that it can be recognized by. */
export interface SegmentKeys {
  /**
   * Operating carrier, number, local departure date and airports; empty without a number. The airports are in it
   * because one number often has several legs on one day, and because a leg is not the whole way.
   */
  readonly byNumber: string;
  /** Operating carrier, airports and local times, to the minute. */
  readonly bySchedule: string;
  /** Local departure date. */
  readonly departsOn: string;
}

/** The entry between two slices of a journey. */
export const sliceBreak = '/';

const form =
  /^([A-Z0-9]{2,3})\|([^|]*)\|(\d{4}-\d\d-\d\d)\|([A-Z]{3})\|([A-Z]{3})\|(\d\d:\d\d)\|(\d{4}-\d\d-\d\dT\d\d:\d\d)$/;

/** Takes a segment key of the contract (see Flight.segment_keys) apart; undefined when it is not of that form. */
export function parseSegmentKey(text: string): SegmentKeys | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, carrier, stated, departsOn, origin, destination, departure, arrival] = match;
  const number = stated!.replace(/\s/g, '').replace(/^0+(?=.)/, '');
  if (!isWallTime(`${departsOn}T${departure}`) || !isWallTime(arrival!)) return undefined;
  return {
    byNumber: number === '' ? '' : `${carrier}|${number}|${departsOn}|${origin}|${destination}`,
    bySchedule: `${carrier}||${departsOn}|${origin}|${destination}|${departure}|${arrival}`,
    departsOn: departsOn!,
  };
}

/** Every wall time exists in UTC. */
function isWallTime(text: string): boolean {
  return localToEpochMs(text, 'UTC') !== undefined;
}

/** An itinerary for a person: "QF495 SYD-MEL 2022-04-16, MEL-PER 2022-04-17 / …". */
export function titleOf(content: string): string {
  return content
    .split(' ')
    .map((segment) => {
      if (segment === sliceBreak) return segment;
      const [carrier, number, departsOn, origin, destination] = segment.split('|');
      return `${carrier}${number} ${origin}-${destination} ${departsOn}`;
    })
    .join(', ')
    .replaceAll(`, ${sliceBreak}, `, ` ${sliceBreak} `);
}
