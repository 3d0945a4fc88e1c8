import { XMLParser } from 'fast-xml-parser';
import type { Answer } from './format.ts';

/** An element as parsed: attributes under "@name", children by local name, each a list. */
export interface Element {
  readonly [name: string]: readonly Element[] | string | undefined;
}

/** Parses XML into such elements. */
export const elementParser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  alwaysCreateTextNode: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

/** The first element in the body of a SOAP envelope; undefined for anything else. */
export function soapBody(xml: string): { readonly name: string; readonly element: Element } | undefined {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) return undefined;
  let root: Element;
  try {
    root = elementParser.parse(xml, true) as Element;
  } catch {
    return undefined;
  }
  const body = child(child(root, 'Envelope'), 'Body');
  if (body === undefined) return undefined;
  for (const [name, value] of Object.entries(body)) {
    if (Array.isArray(value)) return { name, element: value[0] as Element };
  }
  return undefined;
}

/** The children of a name. */
export function children(element: Element | undefined, name: string): readonly Element[] {
  const value = element?.[name];
  return Array.isArray(value) ? value : [];
}

/** The first child of a name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return children(element, name)[0];
}

/** An attribute. */
export function attribute(element: Element | undefined, name: string): string | undefined {
  const value = element?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}

/** Text for an attribute or between tags. */
export function escapeXml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => entities[character]!) : text;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A body in its envelope. */
export function envelope(body: string): string {
  return `<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Body>${body}</SOAP:Body></SOAP:Envelope>`;
}

/** What a fault says. */
export interface Fault {
  /** "Server.Business", "Client", "Server.Security", … */
  readonly faultcode: string;
  readonly faultstring: string;
  /** uAPI's number of the error. */
  readonly code: string;
  readonly service: string;
  readonly type: string;
  readonly description: string;
}

/** A fault, as uAPI sends it: HTTP 500 unless said otherwise. */
export function faultAnswer(
  fault: Fault,
  transactionId: string,
  status = 500,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    contentType: 'text/xml;charset=UTF-8',
    headers,
    body: envelope(
      `<SOAP:Fault><faultcode>${fault.faultcode}</faultcode><faultstring>${escapeXml(fault.faultstring)}</faultstring><detail><common_v52_0:ErrorInfo xmlns:common_v52_0="http://www.travelport.com/schema/common_v52_0"><common_v52_0:Code>${fault.code}</common_v52_0:Code><common_v52_0:Service>${fault.service}</common_v52_0:Service><common_v52_0:Type>${fault.type}</common_v52_0:Type><common_v52_0:Description>${escapeXml(fault.description)}</common_v52_0:Description><common_v52_0:TransactionId>${transactionId}</common_v52_0:TransactionId><common_v52_0:TraceId/></common_v52_0:ErrorInfo></detail></SOAP:Fault>`,
    ),
  };
}
