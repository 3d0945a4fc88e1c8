import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../libs/config/index.ts';
import { breakPrice, fateOf, parseScenario, verifyFate } from './scenario.ts';

const many = Array.from({ length: 4000 }, (_, index) => index + 1);
const fates = (text: string) => many.map((number) => fateOf(parseScenario(text, 'test'), 3, 'duffel', number));

describe('a scenario', () => {
  it('lets nothing go wrong by default', () => {
    for (const fate of fates('')) {
      expect(fate).toMatchObject({ delayMs: 0, fault: 'none', huge: false, drip: false, warning: false });
    }
  });

  it('decides the same for the same request, and another for another seller', () => {
    const scenario = parseScenario('{"errorShare": 0.5}', 'test');
    const of = (seller: string) => many.map((number) => fateOf(scenario, 3, seller, number).fault);
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });

  it('deals faults out in their shares', () => {
    const dealt = fates('{"hangShare": 0.1, "rateLimitShare": 0.2, "errorShare": 0.3, "dropShare": 0.05}');
    const share = (fault: string) => dealt.filter((fate) => fate.fault === fault).length / many.length;
    expect(share('hang')).toBeCloseTo(0.1, 1);
    expect(share('rateLimit')).toBeCloseTo(0.2, 1);
    expect(share('error')).toBeCloseTo(0.3, 1);
    expect(share('none')).toBeCloseTo(0.35, 1);
  });

  it('draws log-normal delays with the median and the 95th percentile given', () => {
    const delays = fates('{"delay": {"kind": "lognormal", "p50Ms": 200, "p95Ms": 800}}')
      .map((fate) => fate.delayMs)
      .sort((a, b) => a - b);
    expect(delays[many.length / 2]! / 200).toBeCloseTo(1, 0);
    const slow = delays[Math.floor(many.length * 0.95)]!;
    expect(slow).toBeGreaterThan(680);
    expect(slow).toBeLessThan(940);
  });

  it('draws uniform delays within their bounds, and fixed ones as they are', () => {
    for (const { delayMs } of fates('{"delay": {"kind": "uniform", "minMs": 10, "maxMs": 20}}')) {
      expect(delayMs).toBeGreaterThanOrEqual(10);
      expect(delayMs).toBeLessThanOrEqual(20);
    }
    expect(fates('{"delay": {"kind": "fixed", "ms": 7}}')[0]!.delayMs).toBe(7);
  });

  it('treats an offer alike however often it is verified', () => {
    const scenario = parseScenario('{"soldOutShare": 0.3, "priceChangeShare": 0.3, "priceChange": 0.5}', 'test');
    const verdicts = many.map((key) => verifyFate(scenario, 3, 'a', `${key}`));
    expect(many.map((key) => verifyFate(scenario, 3, 'a', `${key}`))).toEqual(verdicts);
    expect(verdicts.filter(({ soldOut }) => soldOut).length / many.length).toBeCloseTo(0.3, 1);
    expect(new Set(verdicts.map(({ factor }) => factor))).toEqual(new Set([1, 1.5]));
  });

  it('refuses shares above 1, unknown keys and unknown delays, and says where', () => {
    for (const text of ['{"errorShare": 2}', '{"errrorShare": 1}', '{"delay": {"kind": "normal"}}']) {
      expect(() => parseScenario(text, 'scenario of x')).toThrow(ConfigError);
    }
    expect(() => parseScenario('{"errorShare": 2}', 'scenario of x')).toThrow(/scenario of x:1/);
  });

  it('breaks prices in every way that rows can be refused for', () => {
    expect(breakPrice('12.50', 'EUR', 'negative')).toEqual({ amount: '-12.50', currency: 'EUR' });
    expect(breakPrice('12.50', 'EUR', 'notANumber').amount).toBe('NaN');
    expect(breakPrice('12.50', 'EUR', 'missingAmount').amount).toBeUndefined();
    expect(breakPrice('12.50', 'EUR', 'missingCurrency').currency).toBeUndefined();
    expect(breakPrice('12.50', 'EUR', 'unknownCurrency').currency).toBe('QQQ');
    expect(breakPrice('12', 'JPY', 'excessPrecision').amount).toBe('12.123');
    expect(breakPrice('12', 'JPY', 'minorUnits').amount).toBe('1200');
    expect(breakPrice('12.50', 'EUR', 'minorUnits').amount).toBe('1250.00');
    expect(breakPrice('12.50', 'EUR', undefined)).toEqual({ amount: '12.50', currency: 'EUR' });
  });
});
