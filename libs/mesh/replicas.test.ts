import { expect, test } from 'vitest';
import { replicasOf } from './replicas.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  supply: ['10.0.0.1', '10.0.0.2', '10.0.0.1', 'fd00::2'],
  localhost: ['::1', '127.0.0.1'],
};
const lookUp = async (host: string): Promise<{ address: string }[]> => {
  const found = names[host];
  if (found === undefined) throw new Error(`no ${host}`);
  return found.map((address) => ({ address }));
};

test.each([
  ['127.0.0.1:7001', ['127.0.0.1:7001']],
  ['[::1]:7001', ['[::1]:7001']],
  ['static:127.0.0.1:7001, 127.0.0.1:7002', ['127.0.0.1:7001', '127.0.0.1:7002']],
  ['dns:///supply:7002', ['10.0.0.1:7002', '10.0.0.2:7002', '[fd00::2]:7002']],
  ['dns://10.0.0.53/supply:7002', ['10.0.0.1:7002', '10.0.0.2:7002', '[fd00::2]:7002']],
  ['localhost:7001', ['[::1]:7001', '127.0.0.1:7001']],
])('every replica behind %s has an address', async (target, addresses) => {
  expect(await replicasOf(target, lookUp)).toEqual(addresses);
});

test('a name that cannot be looked up has none, and says so', async () => {
  await expect(replicasOf('dns:///nobody:1', lookUp)).rejects.toThrow('no nobody');
});
