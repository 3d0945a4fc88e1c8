/** The workbench of supply teams: what `entrepot partner …` does, as functions. */
export { adapterFolders, loadRemote, shippedAdapters } from '../load.ts';
export { folderOf } from './bench.ts';
export { updatedText } from './case-text.ts';
export { type CaseResult, loadCase, loadCases, runCase } from './cases.ts';
export { cassetteText } from './cassette.ts';
export { type Certificate, certify, outdatedFiles, writeCertificate } from './certify.ts';
export { certifyRemote } from './certify-remote.ts';
export { type Comparison, compareManifests } from './compare.ts';
export { adoptDrift, type FoundDrift, findDrift } from './drift.ts';
export { type Check, whyNotA } from './grade.ts';
export { moneyChanges } from './money-changes.ts';
export { makePartner } from './new.ts';
export { beginCase } from './new-case.ts';
export { type FolderStatus, statusOf } from './status.ts';
export { recordPartner, type Tried, type TriedAction, type TriedRow, type TryRequest, tryPartner } from './try.ts';
