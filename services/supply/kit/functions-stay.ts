import type { HostFunction } from '../../../libs/expression/index.ts';
import { beds, roomClass } from '../mapping/rooms.ts';

/** For manifests of stays. */
export const stayFunctions: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  [
    'room_class',
    {
      args: ['string'],
      result: 'string',
      call: roomClass,
      doc: 'the class of a room (STANDARD, SUITE, …) by its name in English, German, Spanish, French or Italian, never more than it says; absent where it says none. Where the partner has codes, a table of them is better',
    },
  ],
  [
    'beds',
    {
      args: ['string'],
      result: 'list_dyn',
      call: beds,
      doc: 'the kinds of beds (KING, QUEEN, DOUBLE, TWIN, SINGLE, BUNK, SOFA) in a room by its name, as `room_class`; absent where it says none, or one or the other',
    },
  ],
]);
