import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { groupOf, limitConnections } from './connection-limit.ts';

function opened(server: EventEmitter, remoteAddress: string): { closed: boolean; close(): void } {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    closed: false,
    destroy: () => {
      socket.closed = true;
    },
    close: () => socket.emit('close'),
  });
  server.emit('connection', socket as unknown as Socket);
  return socket;
}

test('an address has so many connections at once, and another one when one of them is over', () => {
  const server = new EventEmitter();
  limitConnections(server as Server, 2);
  const [first, second] = [opened(server, '10.0.0.1'), opened(server, '10.0.0.1')];
  expect([first.closed, second.closed]).toEqual([false, false]);
  expect(opened(server, '10.0.0.1').closed).toBe(true);
  expect(opened(server, '10.0.0.2').closed).toBe(false);
  first.close();
  expect(opened(server, '10.0.0.1').closed).toBe(false);
  expect(opened(server, '10.0.0.1').closed).toBe(true);
});

test('what comes from this machine is not counted', () => {
  const server = new EventEmitter();
  limitConnections(server as Server, 1);
  for (const address of ['127.0.0.1', '127.0.0.1', '::1', '::1', '::ffff:127.0.0.1', '::ffff:127.0.0.1']) {
    expect(opened(server, address).closed).toBe(false);
  }
});

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::9', '0:0:0:0::/64'],
])('%s counts as %s', (address, group) => {
  expect(groupOf(address)).toBe(group);
});
