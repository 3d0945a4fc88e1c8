import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { DriftKind } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { rideCriteria } from '../testing/acme.ts';
import { type DriftRig, type DriftRigParts, startDriftRig } from '../testing/drift.ts';
import { goods } from '../testing/goods.ts';
import { testAdapters } from '../testing/rig.ts';
import { updatedText } from '../workbench/case-text.ts';
import { loadCase, runCase } from '../workbench/cases.ts';
import { differenceText } from '../workbench/difference.ts';
import { adoptDrift, findDrift } from '../workbench/drift.ts';

/** A search in two steps with a token, whose rows are joined with two lists. */
const manifest = `name: drifter
title: Drifter
vertical: ride
format: json
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 67108864, concurrency: 4, lifetimeSeconds: 600 }
taxBasis: { "*": { basis: INCLUDED, citation: made up for tests } }
credentials: { id: client, secret: secret }
auth: { oauth2: { tokenPath: /token, clientId: id, clientSecret: secret } }
steps:
  - { request: { path: /open }, take: { key: body.key } }
search: { path: "/rides/{key}" }
joins:
  operators: { each: list(body.operators), key: it.id }
rows: body.rides
mapping:
  id: row.id
  price: { total: row.fare.amount, currency: row.fare.iso }
  item:
    product_code: row.id
    product_name: operators[row.by].name
    capacity: row.seats
verify: { request: { path: "/rides/{row.id}" }, single: true }
handoff: { url: row.link }
`;

const operators = Array.from({ length: 20 }, (_, id) => ({
  id: `o${id}`,
  name: `Operator ${id}`,
  phone: '+441632960123',
}));
const rides = Array.from({ length: 40 }, (_, at) => ({
  id: `r${at}`,
  by: `o${at % 20}`,
  fare: { amount: `${at}.50`, iso: 'GBP' },
  ...(at % 2 === 0 && { seats: 4 }),
  link: `https://drifter.example/${at}`,
  driver: { firstName: 'Jane' },
}));
const tokens = { access_token: 'a-token-of-the-partner', token_type: 'Bearer', expires_in: 3_600 };
const answersWith = (own: readonly object[], more: object = {}) => ({
  '/token': tokens,
  '/open': { key: 'k1' },
  '/rides/k1': { operators, rides: own, echo: 'a-token-of-the-partner', contact: 'someone@example.com', ...more },
});
const drifter: DriftRigParts = {
  manifest,
  criteria: rideCriteria(),
  answers: answersWith(rides),
  order: ['/open', '/rides/k1'],
  account: {
    credentials: { id: { env: 'X_ID', default: 'the-client-id' }, secret: { env: 'X_SECRET', default: 'the-secret' } },
  },
};

/** One of the rides otherwise, where somebody has to look for it. */
const odd = rides.map((ride, at) => (at === 27 ? { ...ride, fare: { amount: 27.5, iso: 'GBP' } } : ride));

const fieldsOf = async (rig: DriftRig) => (await rig.drift()).fields.filter(({ alarm }) => alarm);

/** The alarms once their evidence is written. */
function withEvidence(rig: DriftRig) {
  return vi.waitFor(async () => {
    const alarms = await fieldsOf(rig);
    expect(alarms.every(({ evidence }) => evidence !== '') && alarms.length > 0).toBe(true);
    return alarms;
  }, 5_000);
}

describe('live answers', () => {
  it('as they were certified are looked at, and nothing is told', async () => {
    const rig = await startDriftRig(drifter);
    expect(await rig.look()).toMatchObject({ baseline: 'watched', conversations: 1, fields: [] });
    expect((await rig.look()).lookedAt).toBeDefined();
    expect(existsSync(rig.directory)).toBe(false);
  });

  it('in which one row of many has another type leave the search as it was, and the smallest case that shows it', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = answersWith(odd);
    expect((await rig.search()).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 40 });
    const [alarm, ...others] = await withEvidence(rig);
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({
      kind: DriftKind.RETYPED,
      answer: 'search',
      path: 'rides[].fare.amount',
      mapped: true,
      expected: 'string',
      found: 'number | string',
    });

    const [found] = findDrift(rig.directory, ['drifter']);
    expect(found?.about).toBe('answers of one as they came: rides[].fare.amount was string, is number | string');
    const cassette = readFileSync(found!.cassette, 'utf8');
    expect(cassette.match(/"link"/g)).toHaveLength(1);
    expect(cassette).toContain('"r27"');
    expect(cassette.match(/Operator \d+/g)).toEqual(['Operator 7']);
    for (const hidden of ['the-secret', 'the-client-id', 'a-token-of-the-partner', 'Jane', '960123', 'someone@']) {
      expect(cassette).not.toContain(hidden);
    }
    expect(readdirSync(path.dirname(found!.file))).toEqual([`${alarm!.evidence}.yaml`]);

    const adopted = adoptDrift(found!, rig.folder);
    const result = await runCase(adopted);
    expect(result.differences.map(differenceText)).toEqual([
      'answers.search.rides[].fare.amount: expected string, got number',
    ]);
    expect(result.actual).toMatchObject({ outcome: 'OK', received: 1, kept: 1 });
    expect(result.actual.requests).toEqual(['GET /open', 'GET /rides/k1']);
    writeFileSync(adopted.file, updatedText(result));
    expect((await runCase(loadCase(adopted.file))).differences).toEqual([]);
    expect(readFileSync(adopted.file, 'utf8')).toContain('rides[].fare.amount: number');
    expect(findDrift(rig.directory, ['drifter'])).toEqual([]);
  });

  it('with several types where there was one leave a case that has them all', async () => {
    const rig = await startDriftRig(drifter);
    const fares = { 3: { amount: 3.5, iso: 'GBP' }, 31: { amount: ['3.50'], iso: 'GBP' } };
    rig.answers = answersWith(rides.map((ride, at) => ({ ...ride, fare: fares[at as 3 | 31] ?? ride.fare })));
    await rig.search();
    await withEvidence(rig);
    const { differences } = await runCase(adoptDrift(findDrift(rig.directory, ['drifter'])[0]!, rig.folder));
    expect(differences.map(differenceText)).toEqual([
      'answers.search.rides[].fare.amount: expected string, got "list | number"',
    ]);
  });

  it('that lack a field are an alarm after three searches, and the case passes once the mapping reads another', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = answersWith(rides.map(({ link, ...ride }) => ({ ...ride, url: link })));
    for (let times = 0; times < 2; times++) await rig.look();
    expect(await fieldsOf(rig)).toEqual([]);
    await rig.look();
    expect(await withEvidence(rig)).toMatchObject([
      { kind: DriftKind.VANISHED, path: 'rides[].link', found: 'nothing' },
    ]);
    const adopted = adoptDrift(findDrift(rig.directory, ['drifter'])[0]!, rig.folder);
    expect((await runCase(adopted)).differences.map(differenceText)).toEqual([
      'answers.search.rides[].link: expected string, got nothing',
    ]);
    writeFileSync(path.join(rig.folder, 'manifest.yaml'), manifest.replace('row.link', 'row.url'));
    expect((await runCase(adopted)).differences).toEqual([]);
  });

  it('whose list of rows has become something else are an alarm, though no row can be read', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = answersWith([], { rides: { page1: rides } });
    expect((await rig.search()).outcome('one').status).toBe(OutcomeStatus.FAILED);
    expect(await withEvidence(rig)).toMatchObject([{ kind: DriftKind.RETYPED, path: 'rides', found: 'object' }]);
    const adopted = adoptDrift(findDrift(rig.directory, ['drifter'])[0]!, rig.folder);
    const { differences, actual } = await runCase(adopted);
    expect(differences.map(differenceText)).toEqual(['answers.search.rides: expected list, got object']);
    expect(actual).toMatchObject({ outcome: 'FAILED', failure: 'MALFORMED' });
  });

  it('that come in pages are cut to what the pages need to be asked for', async () => {
    const paging = 'paging: { cursor: body.next, request: { path: "/rides/{cursor}" } }\n';
    const paged = manifest.replace('maxPages: 1', 'maxPages: 5');
    const page = (from: number, next?: string) => ({ operators, rides: odd.slice(from, from + 20), next });
    const rig = await startDriftRig({
      ...drifter,
      manifest: paged + paging,
      answers: {
        ...answersWith(rides),
        '/rides/k1': { operators, rides, next: 'k2' },
        '/rides/k2': { operators, rides },
      },
      order: ['/open', '/rides/k1', '/rides/k2'],
    });
    rig.answers = { ...answersWith([]), '/rides/k1': page(0, 'k2'), '/rides/k2': page(20, 'k3'), '/rides/k3': page(0) };
    expect((await rig.search()).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, requests: 4 });
    await withEvidence(rig);
    const adopted = adoptDrift(findDrift(rig.directory, ['drifter'])[0]!, rig.folder);
    const { differences, actual } = await runCase(adopted);
    expect(differences).toHaveLength(1);
    expect(actual.requests).toEqual(['GET /open', 'GET /rides/k1', 'GET /rides/k2', 'GET /rides/k3']);
    expect(readFileSync(adopted.cassette, 'utf8').match(/"link"/g)).toHaveLength(3);
  });

  it('of a step are held against those of the step', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = { ...answersWith(rides), '/open': { key: 1 }, '/rides/1': answersWith(rides)['/rides/k1'] };
    await rig.search();
    expect(await withEvidence(rig)).toMatchObject([
      { answer: 'step 1', path: 'key', expected: 'string', found: 'number' },
    ]);
    const adopted = adoptDrift(findDrift(rig.directory, ['drifter'])[0]!, rig.folder);
    expect((await runCase(adopted)).differences.map(differenceText)).toEqual([
      'answers.step 1.key: expected string, got number',
    ]);
  });

  it('with a failure in words of their own are no drift, nor is one that is no answer at all', async () => {
    const stated = `failures: { stated: has(body.error), detail: body.error }\n`;
    const rig = await startDriftRig({ ...drifter, manifest: manifest + stated });
    rig.answers = { ...answersWith(rides), '/rides/k1': { error: 'closed' } };
    await rig.look();
    rig.answers = { '/token': tokens };
    await rig.search();
    expect((await rig.drift()).fields).toEqual([]);
  });
});

describe('an alarm', () => {
  it('is raised and written down once, also by the next process', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = answersWith(odd);
    await rig.search();
    await withEvidence(rig);
    for (let times = 0; times < 3; times++) await rig.look();
    expect(findDrift(rig.directory, ['drifter'])).toHaveLength(1);
    // Another baseline is another beginning: the same is found, and is there already.
    const baseline = path.join(rig.folder, 'baseline.json');
    writeFileSync(baseline, readFileSync(baseline, 'utf8').replace('"of":20', '"of":21'));
    await vi.waitFor(async () => expect(await rig.drift()).toMatchObject({ conversations: 0 }), 5_000);
    await rig.search();
    await withEvidence(rig);
    expect(findDrift(rig.directory, ['drifter'])).toHaveLength(1);
  });

  it('ends when the folder is certified anew, and nothing is looked at while it changed and is not', async () => {
    const rig = await startDriftRig(drifter);
    rig.answers = answersWith(odd);
    await rig.search();
    await withEvidence(rig);
    writeFileSync(path.join(rig.folder, 'manifest.yaml'), manifest.replace('row.link', 'row.link + ""'));
    await vi.waitFor(async () => expect(await rig.drift()).toMatchObject({ baseline: 'stale', fields: [] }), 5_000);
    await rig.search();
    expect(await rig.drift()).toMatchObject({ conversations: 0 });
    await rig.certify();
    await vi.waitFor(async () => expect(await rig.drift()).toMatchObject({ baseline: 'watched' }), 5_000);
    expect(await rig.look()).toMatchObject({ fields: [] });
    rmSync(path.join(rig.folder, 'baseline.json'));
    await vi.waitFor(async () => expect(await rig.drift()).toMatchObject({ baseline: 'none' }), 5_000);
  });

  it('is told where nothing can be written, and where nothing is to be', async () => {
    const refusing = await startDriftRig(drifter);
    writeFileSync(refusing.directory, 'a file where a directory should be');
    refusing.answers = answersWith(odd);
    const { fields } = await refusing.look();
    expect(fields).toMatchObject([{ path: 'rides[].fare.amount', alarm: true, evidence: '' }]);
    expect((await refusing.search()).outcome('one').status).toBe(OutcomeStatus.OK);
    rmSync(refusing.directory);

    const full = await startDriftRig({ ...drifter, options: { cases: 1 } });
    mkdirSync(path.join(full.directory, 'drifter/cases'), { recursive: true });
    writeFileSync(path.join(full.directory, 'drifter/cases/drift-2027-01-11-1.yaml'), 'about: another\n');
    full.answers = answersWith(odd);
    expect((await full.look()).fields).toMatchObject([{ alarm: true, evidence: '' }]);
    await full.look();
    expect(readdirSync(path.join(full.directory, 'drifter'))).toEqual(['cases']);
  });
});

describe('looking', () => {
  it('is done at one conversation in the interval, the first at once', async () => {
    const rig = await startDriftRig({ ...drifter, options: { intervalMs: 3_600_000 } });
    await rig.look();
    for (let times = 0; times < 3; times++) await rig.search();
    expect(await rig.drift()).toMatchObject({ conversations: 1 });
  });

  it('is done sooner while something may have vanished', async () => {
    const rig = await startDriftRig({ ...drifter, options: { intervalMs: 2_000 } });
    rig.answers = answersWith(rides.map(({ link: _, ...ride }) => ride));
    await rig.look();
    await vi.waitFor(
      async () => {
        await rig.search();
        expect(await rig.drift()).toMatchObject({ conversations: 3, fields: [{ path: 'rides[].link' }] });
      },
      { timeout: 1_900, interval: 50 },
    );
  });

  it('at a hostile answer keeps the process at work and remembers little', async () => {
    const rig = await startDriftRig(drifter);
    const keys = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at.toString(36)}`, { at }]));
    rig.answers = answersWith(odd, { keys, ...keys, list: Array.from({ length: 200_000 }, () => [{}]) });
    const { fields } = await rig.look();
    expect(fields.length).toBeLessThan(200);
    expect((await rig.search()).outcome('one').status).toBe(OutcomeStatus.OK);
  });
});

describe('rows that a partner hands over', () => {
  it('are held against the baseline as they are found, and what is found is the case', async () => {
    const rig = await startDriftRig({
      manifest: readFileSync(path.join(testAdapters, 'plain-feed/manifest.yaml'), 'utf8'),
      criteria: goods({ query: 'drill' }),
      answers: {
        '/': { rows: [{ id: 'a1', title: 'Drill', price: 1, currency: 'GBP', gtin: '5035048651353' }] },
        '/goods.csv': 'id,title,price,currency,gtin\na1,Drill,1.50,GBP,5035048651353\na2,Red drill,2.50,GBP,\n',
      },
      order: ['/'],
      account: { credentials: { key: { env: 'X_FEED', default: 'open' } } },
    });
    await vi.waitFor(
      async () =>
        expect((await rig.search()).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2 }),
      10_000,
    );
    if ((await rig.drift()).conversations === 0) await rig.search();
    expect(await withEvidence(rig)).toMatchObject([{ path: 'rows[].price', expected: 'number', found: 'string' }]);
    const adopted = adoptDrift(findDrift(rig.directory, ['plain-feed'])[0]!, rig.folder);
    const { differences, actual } = await runCase(adopted);
    expect(differences.map(differenceText)).toEqual(['answers.search.rows[].price: expected number, got string']);
    expect(actual).toMatchObject({ outcome: 'OK', kept: 1 });
  });
});

/** Rides in XML, joined by Key and Ref. */
const xml = `name: xmldrifter
title: XML drifter
vertical: ride
format: xml
defaults: { timeoutMs: 4000, maxPages: 1, maxBodyBytes: 1048576, concurrency: 4, lifetimeSeconds: 600 }
taxBasis: { "*": { basis: INCLUDED, citation: made up for tests } }
search: { path: /rides }
joins:
  cars: { each: list(body.Answer.Cars.Car), key: 'it["@Key"]' }
rows: list(body.Answer.Rides.Ride)
mapping:
  id: row["@Id"]
  price: { total: 'row.Fare["@Amount"]', currency: 'row.Fare["@Currency"]' }
  item:
    product_code: row["@Id"]
    product_name: cars[row.CarRef["@Key"]].Name
    operator_name: row.Operator
verify: { request: { path: /rides }, single: true }
handoff: { token: 'row["@Id"]' }
`;

function xmlAnswer(
  ids: readonly number[],
  fare: (id: number) => string,
  operator = '<o:Operator>Ann &amp; Co</o:Operator>',
) {
  const cars = Array.from({ length: 12 }, (_, key) => `<o:Car Key="c${key}"><o:Name>Car ${key}</o:Name></o:Car>`).join(
    '',
  );
  const all = ids.map((id) => `<o:Ride Id="r${id}">${fare(id)}<o:CarRef Key="c${id % 12}"/>${operator}</o:Ride>`);
  return `<?xml version="1.0"?><o:Answer xmlns:o="urn:o"><o:Cars>${cars}</o:Cars><o:Rides>${all.join('')}</o:Rides></o:Answer>`;
}

describe('answers in XML', () => {
  const fare = (id: number) => `<o:Fare Amount="${id}.50" Currency="GBP"/>`;
  const ids = Array.from({ length: 30 }, (_, id) => id);
  const parts: DriftRigParts = {
    manifest: xml,
    criteria: rideCriteria(),
    answers: { '/rides': xmlAnswer(ids, fare) },
    order: ['/rides'],
  };

  it('with one element where there were many, or an empty one, are as they were', async () => {
    const rig = await startDriftRig(parts);
    rig.answers = { '/rides': xmlAnswer([3], fare) };
    expect((await rig.look()).fields).toEqual([]);
    rig.answers = {
      '/rides': xmlAnswer([1, 2], fare).replace('<o:Operator>Ann &amp; Co</o:Operator>', '<o:Operator/>'),
    };
    expect((await rig.look()).fields).toEqual([]);
  });

  it('with an element that is built otherwise leave a case that is XML, joined as it was', async () => {
    const rig = await startDriftRig(parts);
    const changed = (id: number) => fare(id).replace(' Amount="', ' Total="');
    rig.answers = { '/rides': xmlAnswer(ids, changed) };
    for (let times = 0; times < 3; times++) await rig.look();
    expect(await withEvidence(rig)).toMatchObject([
      { path: 'Answer.Rides.Ride.Fare.@Amount', kind: DriftKind.VANISHED },
    ]);
    const adopted = adoptDrift(findDrift(rig.directory, ['xmldrifter'])[0]!, rig.folder);
    expect(readFileSync(adopted.cassette, 'utf8').match(/<Ride /g)).toHaveLength(1);
    const { differences, actual } = await runCase(adopted);
    expect(differences.map(differenceText)).toEqual([
      'answers.search.Answer.Rides.Ride.Fare.@Amount: expected string, got nothing',
    ]);
    expect(actual.received).toBe(1);

    const attributed = '<o:Operator lang="en">Ann &amp; Co</o:Operator>';
    rig.answers = { '/rides': xmlAnswer(ids, fare, attributed) };
    await rig.look();
    const [second] = await vi.waitFor(() => {
      const found = findDrift(rig.directory, ['xmldrifter']);
      expect(found).toHaveLength(1);
      return found;
    }, 5_000);
    const operator = await runCase(adoptDrift(second!, rig.folder));
    expect(operator.differences.map(differenceText)).toEqual([
      'answers.search.Answer.Rides.Ride.Operator: expected string, got object',
    ]);
    const text = readFileSync(operator.case.cassette!, 'utf8');
    expect(text.match(/<Car /g)).toHaveLength(1);
    expect(text).toContain('Ann &amp; Co');
  });
});
