import { describe, expect, test } from 'vitest';
import { ApiSchema, type Schema } from '../api/schema.ts';
import { draftOf, exampleDraft, filledIn, kindOf, movedAhead } from './draft.ts';

const boat: Schema = {
  type: 'object',
  required: ['harbour', 'crew'],
  properties: {
    harbour: { type: 'string', examples: ['Hull'] },
    sails: { type: 'string', format: 'date', examples: ['2026-03-01'] },
    crew: { type: 'array', items: { $ref: '#/components/schemas/Sailor' }, examples: [[{ age: 40 }]] },
    rig: { $ref: '#/components/schemas/Rig' },
    ports: { type: 'array', items: { type: 'string' } },
    depths: { type: 'array', items: { type: 'integer' } },
    crewed: { type: 'boolean' },
  },
};
const api = new ApiSchema({
  paths: {},
  components: {
    schemas: {
      Boat: boat,
      Sailor: { type: 'object', required: ['age'], properties: { age: { type: 'integer' }, name: { type: 'string' } } },
      Rig: { type: 'string', enum: ['RIG_UNSPECIFIED', 'RIG_SLOOP'] },
    },
  },
});
const schema = { $ref: '#/components/schemas/Boat' };

describe('a form', () => {
  test('has a field for each kind of schema', () => {
    const kinds = Object.entries(boat.properties ?? {}).map(([name, field]) => [name, kindOf(api, field)]);
    expect(Object.fromEntries(kinds)).toEqual({
      harbour: 'text',
      sails: 'date',
      crew: 'groups',
      rig: 'choice',
      ports: 'texts',
      depths: 'texts',
      crewed: 'flag',
    });
  });

  test('is filled in with the examples of what is required', () => {
    expect(filledIn(api, schema, exampleDraft(api, schema))).toEqual({ harbour: 'Hull', crew: [{ age: 40 }] });
  });

  test('gives back the request that it was filled in with', () => {
    const request = {
      harbour: 'Rye',
      rig: 'RIG_SLOOP',
      ports: ['a', 'b'],
      depths: [3, 4],
      crewed: true,
      crew: [{ age: 3 }],
    };
    expect(filledIn(api, schema, draftOf(api, schema, request))).toEqual(request);
  });

  test('leaves out what is empty', () => {
    expect(filledIn(api, schema, draftOf(api, schema, {}))).toBeUndefined();
  });
});

describe('examples of another day', () => {
  test('move ahead together, and keep their distances and times', () => {
    const today = new Date('2026-06-01T15:00:00Z');
    const draft = { from: '2026-01-10', to: '2026-01-15', at: '2026-01-11T18:30', note: 'LHR' };
    expect(movedAhead(draft, 60, today)).toEqual({
      from: '2026-07-31',
      to: '2026-08-05',
      at: '2026-08-01T18:30',
      note: 'LHR',
    });
  });
});
