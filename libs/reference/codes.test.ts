import { describe, expect, it } from 'vitest';
import { Condition } from '../contracts/gen/entrepot/offer/v1/good.ts';
import { Board } from '../contracts/gen/entrepot/offer/v1/stay.ts';
import { aircraftTypes } from './aircraft.ts';
import { boardOf, conditionOf, findAircraft, goodsCategories, goodsCategory } from './index.ts';

describe('types of aircraft', () => {
  it('are found by IATA code and by ICAO designator, the plainest where several share one', () => {
    expect(findAircraft('73H')).toEqual({
      iata: '73H',
      icao: ['B738'],
      name: 'Boeing 737-800 (winglets)',
      surface: false,
    });
    expect(findAircraft('B738')).toMatchObject({ iata: '738' });
    expect(findAircraft('AT76')).toMatchObject({ iata: 'AT7', name: 'ATR 72' });
    expect(findAircraft('E75L')).toMatchObject({ iata: 'E75' });
    expect(findAircraft('A20N')?.iata).toBe('32N');
    expect(findAircraft('F70')).toMatchObject({ iata: 'F70', icao: ['F70'] });
  });

  it('may be several at once, or none at all', () => {
    expect(findAircraft('32S')).toMatchObject({ icao: [], surface: false });
    expect(findAircraft('TRN')).toMatchObject({ icao: [], surface: true, name: 'Train' });
    for (const code of ['', 'XXX', 'b738', '~', 'constructor']) expect(findAircraft(code), code).toBeUndefined();
  });

  it('have well-formed codes, each once', () => {
    const types = aircraftTypes();
    expect(types.length).toBeGreaterThan(150);
    for (const { iata, icao, name } of types) {
      expect(iata).toMatch(/^[A-Z0-9]{3}$/);
      expect(name).not.toBe('');
      expect(findAircraft(iata)?.iata).toBe(iata);
      // A designator leads to a type that has it.
      for (const designator of icao) {
        expect(designator).toMatch(/^[A-Z][A-Z0-9]{1,3}$/);
        expect(findAircraft(designator)?.icao).toContain(designator);
      }
    }
    expect(new Set(types.map(({ iata }) => iata)).size).toBe(types.length);
    expect(new Set(types.map(({ name }) => name)).size).toBe(types.length);
  });
});

describe('boards', () => {
  it.each([
    ['RO', 'ROOM_ONLY'],
    ['14', 'ROOM_ONLY'],
    ['bb', 'BREAKFAST'],
    ['Bed & Breakfast', 'BREAKFAST'],
    ['Übernachtung mit Frühstück', 'BREAKFAST'],
    ['Petit-déjeuner compris', 'BREAKFAST'],
    ['HB', 'HALF_BOARD'],
    ['Half-board', 'HALF_BOARD'],
    ['demi-pension', 'HALF_BOARD'],
    ['FB', 'FULL_BOARD'],
    ['10', 'FULL_BOARD'],
    ['Pensión completa', 'FULL_BOARD'],
    ['All Inclusive', 'ALL_INCLUSIVE'],
    ['1', 'ALL_INCLUSIVE'],
    ['SC', 'SELF_CATERING'],
  ])('%s is %s', (text, board) => {
    expect(boardOf(text)).toBe(board);
    expect(Board[board as keyof typeof Board]).toBeGreaterThan(0);
  });

  it.each(['', 'TL', '13', '21', '22', 'Lunch', 'breakfast not included', 'constructor'])('%j says none', (text) => {
    expect(boardOf(text)).toBeUndefined();
  });
});

describe('conditions', () => {
  it.each([
    ['new', 'NEW'],
    ['https://schema.org/NewCondition', 'NEW'],
    ['Open box', 'OPEN_BOX'],
    ['Certified - Refurbished', 'REFURBISHED_CERTIFIED'],
    ['refurbished', 'REFURBISHED'],
    ['Used - Very Good', 'USED_VERY_GOOD'],
    ['Pre-owned', 'USED'],
    ['For parts or not working', 'FOR_PARTS'],
  ])('%s is %s', (text, condition) => {
    expect(conditionOf(text)).toBe(condition);
    expect(Condition[condition as keyof typeof Condition]).toBeGreaterThan(0);
  });

  it.each(['', 'https://schema.org/DamagedCondition', 'newish', 'constructor'])('%j says none', (text) => {
    expect(conditionOf(text)).toBeUndefined();
  });
});

describe('categories of goods', () => {
  it.each([
    ['536', 'HOME_AND_GARDEN'],
    ['Home & Garden > Kitchen & Dining', 'HOME_AND_GARDEN'],
    ['Hardware > Tools > Drills', 'HARDWARE'],
    ['Clothing, Shoes & Accessories', 'APPAREL_AND_ACCESSORIES'],
    ['Cell Phones & Accessories|Smart Watches', 'ELECTRONICS'],
    ['Food, Beverages & Tobacco', 'FOOD_BEVERAGES_AND_TOBACCO'],
  ])('%s lies in %s', (text, code) => {
    expect(goodsCategory(text)?.code).toBe(code);
  });

  it('are those at the top of the taxonomy, and of anything else none is guessed', () => {
    expect(goodsCategories()).toHaveLength(21);
    for (const text of ['', '1167', 'Collectibles', 'Drills > Hardware', 'constructor']) {
      expect(goodsCategory(text), text).toBeUndefined();
    }
  });
});
