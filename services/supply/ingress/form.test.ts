import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PushRefusal } from '../inventory/types.ts';
import { formFields } from './form.ts';

async function form(fields: Readonly<Record<string, string>>): Promise<{ body: Buffer; type: string }> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  const response = new Response(data);
  return { body: Buffer.from(await response.arrayBuffer()), type: response.headers.get('content-type') ?? '' };
}

describe('a form', () => {
  it('gives back what was put into it', async () => {
    const text = fc.string({ unit: 'binary' }).map((any) => any.toWellFormed().replaceAll(/\r\n|\r|\n/g, '\r\n'));
    await fc.assert(
      fc.asyncProperty(text, text, async (action, request) => {
        const { body, type } = await form({ action, request });
        const fields = formFields(body, type);
        expect([fields.get('action')?.toString(), fields.get('request')?.toString()]).toEqual([action, request]);
      }),
    );
  });

  it('that is cut off anywhere, or none, is refused', async () => {
    const { body, type } = await form({ action: 'a', request: '<x/>' });
    for (let end = 0; end < body.length - 4; end++) {
      expect(() => formFields(body.subarray(0, end), type)).toThrow(PushRefusal);
    }
    expect(() => formFields(body, 'text/xml')).toThrow(PushRefusal);
    expect(() => formFields(body, undefined)).toThrow(PushRefusal);
    expect(() => formFields(Buffer.from('--b\r\n\r\n--b--'), 'multipart/form-data; boundary=c')).toThrow(PushRefusal);
  });
});
