import { expect, it } from 'vitest';
import { manifestReference } from './reference.ts';
import { manifestSchema } from './schema.ts';

it('is documented as it is checked: every key, variable and function', async () => {
  await expect(manifestReference()).toMatchFileSnapshot('../MANIFEST.md');
});

it('is a JSON Schema that editors complete by', async () => {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...manifestSchema };
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('./manifest.schema.json');
});
