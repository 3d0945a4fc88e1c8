import { describe, expect, it } from 'vitest';
import { vertical } from '../../../libs/vertical/index.ts';
import { beds, roomClass, roomKey } from './rooms.ts';

describe('the class of a room', () => {
  it.each([
    ['Double or Twin STANDARD', 'STANDARD'],
    ['DOUBLE DELUXE', 'DELUXE'],
    ['Junior Suite Standard', 'JUNIOR_SUITE'],
    ['SUITE PREMIUM', 'SUITE'],
    ['Doppelzimmer Komfort', 'STANDARD'],
    ['Familienzimmer', 'FAMILY'],
    ['Habitación Doble Superior', 'SUPERIOR'],
    ['Habitación familiar', 'FAMILY'],
    ['Chambre Double Supérieure', 'SUPERIOR'],
    ['Lit en dortoir mixte', 'DORMITORY'],
    ['Camera Matrimoniale Deluxe', 'DELUXE'],
    ['Appartamento con una camera', 'APARTMENT'],
    ['Studio Apartment', 'STUDIO'],
    ['Ferienhaus am See', 'HOUSE'],
  ])('%s is %s', (text, expected) => {
    expect(roomClass(text)).toBe(expected);
    expect(vertical('stay').attribute('room_class')?.enumValues).toContain(expected);
  });

  it('is never more than is said', () => {
    // Of two the lesser; less than the usual room is none of these; and what is seen or attached is not the room.
    expect(roomClass('Superior Deluxe Room')).toBe('SUPERIOR');
    expect(roomClass('Standard Superior')).toBe('STANDARD');
    for (const text of [
      'Economy Superior',
      'Basic Double',
      'Double Room',
      'Doppelzimmer',
      'Room, en-suite',
      'Villa View',
      '',
    ]) {
      expect(roomClass(text), text).toBeUndefined();
    }
  });
});

describe('beds', () => {
  it.each([
    ['Deluxe King', ['KING']],
    ['Twin Room', ['TWIN']],
    ['Zimmer mit zwei Einzelbetten', ['TWIN']],
    ['Doppelzimmer mit Doppelbett', ['DOUBLE']],
    ['Habitación con cama de matrimonio', ['DOUBLE']],
    ['Chambre, lits jumeaux', ['TWIN']],
    ['Camera matrimoniale', ['DOUBLE']],
    ['Queen Room with Sofa Bed', ['QUEEN', 'SOFA']],
    ['Einzelzimmer', ['SINGLE']],
  ])('of %s are %j', (text, expected) => {
    expect(beds(text)).toEqual(expected);
  });

  it('are none where it is one or the other, or a room for two that one has alone', () => {
    for (const text of [
      'Double or Twin STANDARD',
      'King/Twin Room',
      'Doppel- oder Zweibettzimmer, Twin',
      'Double Room',
      'Double, single use, single room',
      'Viking Room',
    ]) {
      expect(beds(text), text).toBeUndefined();
    }
  });
});

describe('the key of a room', () => {
  it('names what is sold, and nothing where a part is not known', () => {
    expect(roomKey('SUPERIOR', ['TWIN'], 'BREAKFAST', true)).toBe('SUPERIOR/TWIN/BREAKFAST/FREE');
    expect(roomKey('SUPERIOR', ['SOFA', 'QUEEN'], 'BREAKFAST', false)).toBe('SUPERIOR/QUEEN+SOFA/BREAKFAST/NOT_FREE');
    const parts = ['SUPERIOR', ['TWIN'], 'BREAKFAST', true] as const;
    for (const at of [0, 1, 2, 3]) {
      const [a, b, c, d] = parts.map((part, index) => (index === at ? undefined : part));
      expect(roomKey(a, b, c, d)).toBeUndefined();
    }
  });
});
