import { describe, expect, it } from 'vitest';
import { airportPatches, closedAirports } from './airport-patches.ts';
import { airportRows } from './airports.ts';
import { cityRows } from './cities.ts';
import {
  airlineName,
  airportZone,
  distanceKm,
  findCity,
  findPlace,
  localToEpochMs,
  placeNamesNear,
  zoneAt,
} from './index.ts';

const busy =
  'ATL DXB DFW LHR HND DEN IST ORD DEL CAN LAX CDG AMS JFK ICN MAD FRA PEK PKX PVG SHA SIN BKK DMK HKG KUL CGK SUB DPS KIX ITM NRT NGO FUK CTS OKA GMP PUS CJU TPE TSA KHH MNL CEB BER MUC DUS HAM STR CGN HAJ NUE LEJ LGW STN LTN LCY MAN BHX EDI GLA BRS DUB ORK ORY BVA NCE LYS MRS TLS BOD NTE BSL GVA ZRH VIE SZG PRG BUD WAW KRK GDN KTW WRO OTP CLJ SOF BEG ZAG SPU LJU SJJ TIV SKP TIA PRN ATH SKG HER RHO CFU LCA PFO MLA SAW ESB AYT ADB DLM KBP SVO DME VKO LED AER OVB VNO TLL RIX HEL ARN GOT CPH BLL AAL OSL BGO TRD KEF LIS OPO FAO FNC BCN PMI IBZ AGP SVQ VLC ALC BIO LPA TFS TFN ACE FUE FCO CIA MXP LIN BGY VCE VRN BLQ NAP BRI CTA PMO CAG BRU CRL LUX EIN TLV AMM BEY RUH JED MED RSI DOH AUH DWC SHJ BAH KWI MCT IKA BGW CAI HRG SSH ALG TUN CMN RAK LOS ABV ACC DSS ABJ NBO MBA ADD DAR ZNZ EBB KGL JNB CPT DUR NBJ MRU SEZ BOM NMI DEL BLR HYD MAA CCU COK AMD GOI GOX PNQ SGN HAN DAD PQC KTI SAI VTE RGN CMB KTM DAC MLE ISB KHI LHE TAS ALA NQZ GYD TBS EVN UBN TFU CTU CKG XIY SZX KMG HGH NKG XMN CSX WUH TAO TNA MFM SYD MEL BNE PER ADL OOL CNS AKL WLG CHC NAN PPT HNL OGG EWR LGA PHL BOS IAD DCA BWI MIA FLL MCO TPA CLT RDU MDW DTW CLE STL MCI MSP BNA MSY IAH HOU AUS SAT DAL SLC PHX LAS SAN SNA SFO OAK SJC SMF SEA PDX ANC PIT YYZ YTZ YUL YOW YHZ YWG YYC YEG YVR MEX NLU CUN TQO GDL MTY TIJ SJD PVR SDQ PUJ HAV NAS MBJ AUA CUR PTY SJO LIR SAL GUA BOG MDE CTG CLO LIM CUZ UIO GYE CCS SCL EZE AEP COR MDZ MVD ASU VVI GRU CGH VCP GIG SDU BSB CNF SSA REC FOR CWB POA FLN'.split(
    ' ',
  );

describe('places', () => {
  it('knows every busy airport of today with its position and zone', () => {
    const now = '2026-01-22T12:00';
    expect(busy.filter((code) => findPlace(code)?.kind !== 'airport')).toEqual([]);
    for (const code of busy) {
      const place = findPlace(code)!;
      expect(localToEpochMs(now, place.timeZone), `${code} ${place.timeZone}`).toBeDefined();
      expect(Math.abs(place.latitude) + Math.abs(place.longitude), code).toBeGreaterThan(1);
      expect(place.airports).toEqual([code]);
    }
  });

  it('gives each busy airport a zone whose clock is that of its position', () => {
    for (const code of busy.filter((code) => code !== 'BAH')) {
      const { timeZone, latitude, longitude } = findPlace(code)!;
      for (const wall of ['2026-01-22T12:00', '2026-07-22T12:00']) {
        expect(localToEpochMs(wall, timeZone), code).toBe(localToEpochMs(wall, zoneAt(latitude, longitude)));
      }
    }
  });

  it('does not know closed airports', () => {
    for (const code of closedAirports) expect(findPlace(code)).toBeUndefined();
  });

  it('adds by hand only what lies where it says', () => {
    for (const { country, latitude, longitude, code } of airportPatches()) {
      const nearest = [...airportRows().values()]
        .filter((row) => row.code !== code)
        .reduce((a, b) =>
          distanceKm(latitude, longitude, a.latitude, a.longitude) <
          distanceKm(latitude, longitude, b.latitude, b.longitude)
            ? a
            : b,
        );
      expect({ code, country }).toEqual({ code, country: code === 'MLH' ? 'FR' : nearest.country });
    }
  });

  it('knows cities by their own code, the largest airport first', () => {
    expect(findPlace('LON')).toMatchObject({ kind: 'city', name: 'London', country: 'GB', timeZone: 'Europe/London' });
    expect(findPlace('LON')!.airports[0]).toBe('LHR');
    expect(findPlace('TYO')!.airports).toEqual(['HND', 'NRT']);
    expect(findPlace('IEV')!.airports).toContain('KBP');
  });

  it('keeps cities near their airports', () => {
    for (const row of cityRows()) {
      expect(row.airports.length, row.code).toBeGreaterThan(0);
      for (const code of row.airports) {
        const airport = airportRows().get(code);
        expect(airport, `${row.code}: ${code}`).toBeDefined();
        expect(
          distanceKm(row.latitude, row.longitude, airport!.latitude, airport!.longitude),
          `${row.code}: ${code}`,
        ).toBeLessThan(125);
      }
    }
  });

  it('tells the city of a code that is also an airport', () => {
    expect(findPlace('BKK')).toMatchObject({ kind: 'airport' });
    expect(findCity('BKK')).toMatchObject({ kind: 'city', airports: ['BKK', 'DMK'] });
    expect(findCity('LHR')).toBeUndefined();
  });

  it.each(['', 'lhr', 'XXXX', 'QQQ', 'L R', '__proto__'])('knows no place %j', (code) => {
    expect(findPlace(code)).toBeUndefined();
    expect(airportZone(code)).toBeUndefined();
  });

  it('tells codes apart that belonged to several places', () => {
    expect(airportZone('ZIA')).toBe('Europe/Moscow');
    expect(airportZone('SPX')).toBe('Africa/Cairo');
    expect(airportZone('COV')).toBe('Europe/Istanbul');
  });

  it('names what is near', () => {
    expect(placeNamesNear(51.5, -0.1, 30)).toEqual(expect.arrayContaining(['London']));
    expect(placeNamesNear(39.52, 2.74, 30)).toEqual(expect.arrayContaining(['Palma de Mallorca']));
    expect(placeNamesNear(-50, -130, 100)).toEqual([]);
  });

  it('refuses what is no position', () => {
    expect(() => zoneAt(91, 0)).toThrow(RangeError);
    expect(() => zoneAt(Number.NaN, 0)).toThrow(RangeError);
  });
});

describe('airlineName', () => {
  it.each([
    ['BA', 'British Airways'],
    ['AZ', 'ITA Airways'],
    ['4Y', 'Discover Airlines'],
    ['LA', 'LATAM Airlines'],
    ['6E', 'IndiGo'],
    ['TR', 'Scoot'],
  ])('knows %s as %s', (code, name) => {
    expect(airlineName(code)).toBe(name);
  });

  it('does not know carriers that are gone', () => {
    expect(airlineName('AB')).toBeUndefined();
    expect(airlineName('zz')).toBeUndefined();
  });
});

describe('distanceKm', () => {
  it('measures Heathrow to Kennedy', () => {
    const [a, b] = [findPlace('LHR')!, findPlace('JFK')!];
    expect(distanceKm(a.latitude, a.longitude, b.latitude, b.longitude)).toBeCloseTo(5541, -1);
  });

  it('is nothing to itself and half the globe to the antipode', () => {
    expect(distanceKm(51, 7, 51, 7)).toBe(0);
    expect(distanceKm(0, 0, 0, 180)).toBeCloseTo(20_015, 0);
  });
});
