import { describe, expect, it } from 'vitest';
import { grpcTarget, openChannel } from './channels.ts';

describe('channels', () => {
  it('are shared by target and settings, and closed by their last user', () => {
    const first = openChannel('127.0.0.1:1');
    const second = openChannel('127.0.0.1:1');
    const other = openChannel('127.0.0.1:1', { maxReconnectMs: 900 });
    expect(second.channel).toBe(first.channel);
    expect(other.channel).not.toBe(first.channel);
    first.close();
    first.close();
    expect(() => second.channel.getConnectivityState(false)).not.toThrow();
    second.close();
    const renewed = openChannel('127.0.0.1:1');
    expect(renewed.channel).not.toBe(first.channel);
    renewed.close();
    other.close();
  });

  it.each([
    ['127.0.0.1:7001', '127.0.0.1:7001'],
    ['dns:///pricing.shop:7001', 'dns:///pricing.shop:7001'],
    ['static:127.0.0.1:1, localhost:2', 'ipv4:127.0.0.1:1,127.0.0.1:2'],
    ['static:[::1]:1,[::1]:2', 'ipv6:[::1]:1,[::1]:2'],
  ])('take %s for %s', (target, expected) => {
    expect(grpcTarget(target)).toBe(expected);
  });

  it.each(['static:', 'static:pricing:7001', 'static:127.0.0.1'])('refuse %s and say what to write', (target) => {
    expect(() => grpcTarget(target)).toThrow('use dns:///name:port');
  });
});
