// `entrepot partner certify`: a graded report without secrets, and the certificate that `entrepot check` goes by.
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { configDirectory } from '../../../libs/config/index.ts';
import type { Certificate, Check, FolderStatus } from '../../supply/workbench/index.ts';
import { table } from '../table.ts';
import { coloured, hostAndPort, plain, shortest } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function certifyCommand(): Command {
  return new Command('certify')
    .description('Grade a partner against its recordings and a server on this machine that misbehaves.')
    .argument('[names...]', 'the partner, by the name or path of its folder; of several only a table is shown')
    .option('--all', 'every partner that has golden cases')
    .option('--dry-run', 'write nothing')
    .option('--address <host:port>', 'grade an adapter that runs elsewhere: the SupplyService at this address')
    .option('--account <file>', "the same with the address, TLS and token of a partner's file")
    .option('--listen <host:port>', 'of one elsewhere: where the misbehaving partner listens', '127.0.0.1:7099')
    .option('--partner <name>', "of one elsewhere: the partner's name there; without it, the folder's")
    .option('--out <file>', 'of one elsewhere: write the certificate there, to be handed over with the address')
    .option('--json', 'the certificate as JSON for scripts, and nothing else')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: CertifyOptions) => {
      const { adapterFolders, certify, certifyRemote, folderOf, loadCases, loadRemote, whyNotA, writeCertificate } =
        await workbench();
      const [name] = names;
      if (name === undefined && options.all !== true) throw new InvalidArgumentError('Name a partner, or say --all.');
      if (name === undefined || options.all === true || names.length > 1) {
        const every = options.all === true ? adapterFolders() : [];
        const folders = [...new Set([...every, ...names.map((one) => folderOf(one))])];
        await certifyMany(
          folders.filter((folder) => names.length > 0 || loadCases(folder).length > 0),
          options,
        );
        return;
      }
      const folder = folderOf(name);
      const { account, listen, partner = basename(folder), out } = options;
      const end = account === undefined ? options : loadRemote(resolve(account), undefined, true);
      const { address } = end;
      let certificate: Certificate;
      let written: readonly string[] = [];
      if (address === undefined) {
        const certified = await certify(folder);
        certificate = certified.certificate;
        if (options.dryRun !== true) written = writeCertificate(certified);
      } else {
        const reached = 'tls' in end ? { tls: end.tls, token: end.token } : {};
        certificate = await certifyRemote(folder, { partner, address, ...reached, listen: hostAndPort(listen) });
        if (out !== undefined && options.dryRun !== true) {
          writeFileSync(out, `${JSON.stringify(certificate, null, 2)}\n`);
          written = [resolve(out)];
        }
      }
      if (options.json === true) console.log(JSON.stringify(certificate, null, 2));
      else print(certificate, whyNotA(certificate), written);
      if (certificate.grade === 'D') process.exitCode = 1;
    });
}

/** Certifies folder by folder, a line of a table each. */
async function certifyMany(folders: readonly string[], options: CertifyOptions): Promise<void> {
  if (options.address !== undefined || options.account !== undefined) {
    throw new InvalidArgumentError('--address and --account are of one partner.');
  }
  const { certify, outdatedFiles, statusOf, whyNotA, writeCertificate } = await workbench();
  const certificates: Certificate[] = [];
  const rows: string[][] = [];
  for (const folder of folders) {
    const [before] = statusOf([folder], configDirectory());
    const certified = await certify(folder);
    const outdated = outdatedFiles(certified).map(({ file }) => basename(file, '.json'));
    if (options.dryRun !== true) writeCertificate(certified);
    const { certificate } = certified;
    certificates.push(certificate);
    rows.push(rowOf(before!, certificate, outdated));
    if (certificate.grade === 'D') process.exitCode = 1;
  }
  if (options.json === true) console.log(JSON.stringify(certificates, null, 2));
  else {
    const headings = [
      'partner',
      'grade',
      '>complete',
      '>lacks',
      '>yaml',
      '>csv',
      '>ts',
      '>cases',
      '>offers',
      'changed',
    ];
    console.log(table(headings, rows));
    for (const certificate of certificates) {
      const { partner, checks } = certificate;
      const why = whyNotA(certificate);
      if (why !== undefined) console.log(`${partner}: ${plain(why)}`);
      for (const one of checks.filter(({ result }) => result === 'failed')) {
        console.log(`${mark(one)} ${partner}: ${one.name}${styleText('dim', `  ${plain(one.detail ?? '')}`)}`);
      }
    }
  }
}

function rowOf(before: FolderStatus, certificate: Certificate, outdated: readonly string[]): string[] {
  const { name, lines, cases } = before;
  const { grade, completeness, offers } = certificate;
  const was = before.certificate.state === 'none' ? 'none' : before.certificate.grade;
  return [
    name,
    `${was === grade ? '' : `${was} → `}${colouredGrade(grade)}`,
    `${completeness.percent} %`,
    String(Object.keys(completeness.lacks).length),
    String(lines.yaml),
    String(lines.csv),
    String(lines.typescript),
    `${cases.exemplary}+${cases.supplemental}`,
    String(offers),
    outdated.length === 0 ? styleText('dim', 'no') : outdated.join(', '),
  ];
}

interface CertifyOptions {
  readonly all?: true;
  readonly dryRun?: true;
  readonly address?: string;
  readonly account?: string;
  readonly out?: string;
  readonly listen: string;
  readonly partner?: string;
  readonly json?: true;
}

function print(certificate: Certificate, why: string | undefined, written: readonly string[]): void {
  let group = '';
  for (const one of certificate.checks) {
    if (one.group !== group) console.log(styleText('bold', `${group === '' ? '' : '\n'}${one.group}`));
    group = one.group;
    console.log(
      `  ${mark(one)} ${one.name}${one.detail === undefined ? '' : styleText('dim', `  ${plain(one.detail)}`)}`,
    );
  }
  console.log(styleText('bold', '\nthe conversation that went wrong at each of its requests'));
  for (const request of certificate.conversation) console.log(`  ${plain(request)}`);
  const { percent, fields, lacks } = certificate.completeness;
  console.log(
    styleText(
      'bold',
      `\ncompleteness  ${percent} % of the attributes of ${certificate.vertical} that its format has, over ${certificate.offers} offers`,
    ),
  );
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, share] of Object.entries(fields)) {
    if (Object.hasOwn(lacks, name)) {
      console.log(styleText('dim', `  ${name.padEnd(width)} lacks it: ${plain(lacks[name]!)}`));
      continue;
    }
    console.log(
      `  ${name.padEnd(width)} ${'█'.repeat(Math.round(share / 5)).padEnd(20, '·')} ${String(share).padStart(3)} %`,
    );
  }
  const { grade, ceiling, manifest, address } = certificate;
  const what =
    address === undefined
      ? `the folder as it is (${manifest})`
      : `version ${manifest === '' ? '(none)' : plain(manifest)} at ${address}`;
  console.log(`\n${styleText('bold', 'grade')} ${colouredGrade(grade)}: trafficShare up to ${ceiling}, for ${what}`);
  for (const file of written) console.log(`wrote ${shortest(file)}`);
  if (why !== undefined) console.log(plain(why));
}

function colouredGrade(grade: Certificate['grade']): string {
  return coloured(grade, grade === 'D' ? false : grade === 'A' ? true : 'partly');
}

function mark({ result }: Check): string {
  if (result === 'passed') return coloured('✓', true);
  return result === 'failed' ? coloured('✗', false) : styleText('dim', '–');
}

const help = `
Tried without secrets and without the partner: its golden cases, with verifications and hand-offs; amounts in currencies with
0, 2 and 3 minor digits, midnights, and wall times that clocks skip, put into its recorded rows; links of hand-offs; rows read twice and backwards; and a server on
this machine that hangs, drips, truncates, answers with errors, HTML, nothing or too much, at every request of the longest
recorded conversation: login, steps, polls, pages. Of a partner that publishes a file the same is done to its file, and each has to
leave the last one as it is; messages are sent forged, twice, in every order, broken, and while the store fails.

Grades, with the most that trafficShare of an account may be (entrepot check refuses more):
  A  1     all of B; exactness of money could be checked; cases show all that the manifest says can happen, a verification
           and a hand-off with it (\`test --new-case\` begins what is missing); 60 % of the
           attributes that the format has are filled, each somewhere, and it lacks half of the vertical's at most
  B  0.5   all of C; every fault has the right typed outcome, deadlines, cancellation and limits are kept
  C  0.1   golden cases hold and make offers; money, times, identity and determinism are right
  D  0     any of that fails; exit code 1
Without a certificate, or with one of another state of the folder, the most is 0.01. Endpoints at which nobody's money is
at stake (the twin, this machine, names kept for tests) need none.

certificate.json is bound to the digest of manifest, tables and sources; baseline.json is the shape of the recorded
answers, against which drift is told. Both are to be committed. The same folder gives the same files. \`npm run certify\`
renews those of every shipped folder.

An adapter that runs elsewhere is graded by what comes out of it, against the same cases and faults, and by what of the
contract can be seen: order and content of messages, GetOffers, rows that it does not hold, VerifyOffer, CreateHandoff. Its
account there has the endpoint http://<--listen>. The grade is B at most, for its rows cannot be changed from here. The
certificate is of this address and of the version that its batches name in "manifest", up to a "+"; a partner's file refers
to it by "certificate":
  entrepot partner certify acme --address 10.0.0.7:7002 --listen 10.0.0.3:7099 --out acme.certificate.json
  entrepot partner certify acme --account config/partners/acme.yaml --partner acme-bench --out acme.certificate.json
`;
