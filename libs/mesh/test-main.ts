/** A service's process for the tests of runMain: listens on the first argument; `say` answers after `count` ms. */
import { runMain } from './main.ts';
import { meshService } from './service.ts';
import { EchoDefinition, echo } from './test-service.ts';

await runMain('echo', () => {
  if (process.argv[3] === 'fail') throw new Error('no configuration');
  return {
    service: {
      name: 'echo',
      services: [
        meshService(EchoDefinition, {
          ...echo,
          say: async (note) => {
            await new Promise((resolve) => setTimeout(resolve, note.count));
            return note;
          },
        }),
      ],
      close: async () => {
        process.stdout.write('closed\n');
      },
    },
    address: process.argv[2] ?? '127.0.0.1:0',
  };
});
