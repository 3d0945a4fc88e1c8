import type { Vertical } from '../../../libs/vertical/index.ts';
import type { Compiler } from './compiler.ts';

/** Refuses what a manifest cannot say that its format lacks: what is no attribute, and what tells products apart. */
export function checkLacks(compiler: Compiler, lacks: Readonly<Record<string, string>>, vertical: Vertical): void {
  for (const name of Object.keys(lacks)) {
    const attribute = vertical.attribute(name);
    if (attribute === undefined) {
      const names = vertical.attributes.map((one) => one.name).join(', ');
      compiler.problem(['lacks', name], `no attribute "${name}" of ${vertical.name}; there are: ${names}`);
    } else if (attribute.identity.endsWith('_key')) {
      compiler.problem(['lacks', name], 'without it nothing says which product an offer is of');
    }
  }
}
