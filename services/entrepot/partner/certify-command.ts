// `entrepot partner certify`: a graded report without secrets, and the certificate that `entrepot check` goes by.
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import type { Certificate, Check } from '../../supply/workbench/index.ts';
import { coloured, plain, shortest } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function certifyCommand(): Command {
  return new Command('certify')
    .description('Grade a partner against its recordings and a server on this machine that misbehaves.')
    .argument('<name>', 'the partner, by the name or path of its folder')
    .option('--dry-run', 'write nothing')
    .option('--address <host:port>', 'grade an adapter that runs elsewhere: the SupplyService at this address')
    .option('--account <file>', "the same with the address, TLS and token of a partner's file")
    .option('--listen <host:port>', 'of one elsewhere: where the misbehaving partner listens', '127.0.0.1:7099')
    .option('--partner <name>', "of one elsewhere: the partner's name there; without it, the folder's")
    .option('--out <file>', 'of one elsewhere: write the certificate there, to be handed over with the address')
    .option('--json', 'the certificate as JSON for scripts, and nothing else')
    .addHelpText('after', help)
    .action(async (name: string, options: CertifyOptions) => {
      const { certify, certifyRemote, folderOf, loadRemote, writeCertificate } = await workbench();
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
      else print(certificate, written);
      if (certificate.grade === 'D') process.exitCode = 1;
    });
}

interface CertifyOptions {
  readonly dryRun?: true;
  readonly address?: string;
  readonly account?: string;
  readonly out?: string;
  readonly listen: string;
  readonly partner?: string;
  readonly json?: true;
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined) throw new InvalidArgumentError(`"${text}" is no host:port.`);
  return { host, port: Number(port) };
}

function print(certificate: Certificate, written: readonly string[]): void {
  let group = '';
  for (const one of certificate.checks) {
    if (one.group !== group) console.log(styleText('bold', `${group === '' ? '' : '\n'}${one.group}`));
    group = one.group;
    console.log(
      `  ${mark(one)} ${one.name}${one.detail === undefined ? '' : styleText('dim', `  ${plain(one.detail)}`)}`,
    );
  }
  const { percent, fields } = certificate.completeness;
  console.log(
    styleText(
      'bold',
      `\ncompleteness  ${percent} % of the attributes of ${certificate.vertical}, over ${certificate.offers} offers`,
    ),
  );
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, share] of Object.entries(fields)) {
    console.log(
      `  ${name.padEnd(width)} ${'█'.repeat(Math.round(share / 5)).padEnd(20, '·')} ${String(share).padStart(3)} %`,
    );
  }
  const { grade, ceiling, manifest, address } = certificate;
  const what =
    address === undefined
      ? `the folder as it is (${manifest})`
      : `version ${manifest === '' ? '(none)' : plain(manifest)} at ${address}`;
  console.log(
    `\n${styleText('bold', 'grade')} ${coloured(grade, grade === 'D' ? false : grade === 'A' ? true : 'partly')}: trafficShare up to ${ceiling}, for ${what}`,
  );
  for (const file of written) console.log(`wrote ${shortest(file)}`);
}

function mark({ result }: Check): string {
  if (result === 'passed') return coloured('✓', true);
  return result === 'failed' ? coloured('✗', false) : styleText('dim', '–');
}

const help = `
Tried without secrets and without the partner: its golden cases; amounts in currencies with 0, 2 and 3 minor digits,
midnights, and wall times that clocks skip, put into its recorded rows; rows read twice and backwards; and a server on
this machine that hangs, drips, truncates, answers with errors, HTML, nothing or too much.

Grades, with the most that trafficShare of an account may be (entrepot check refuses more):
  A  1     all of B; exactness of money could be checked, and 60 % of the vertical's attributes are filled
  B  0.5   all of C; every fault has the right typed outcome, deadlines, cancellation and limits are kept
  C  0.1   golden cases hold and make offers; money, times, identity and determinism are right
  D  0     any of that fails; exit code 1
Without a certificate, or with one of another state of the folder, the most is 0.01. Endpoints at which nobody's money is
at stake (the twin, this machine, names kept for tests) need none.

certificate.json is bound to the digest of manifest, tables and sources; baseline.json is the shape of the recorded
answers, against which drift is told. Both are to be committed. The same folder gives the same files.

An adapter that runs elsewhere is graded by what comes out of it, against the same cases and faults, and by what of the
contract can be seen: order and content of messages, GetOffers, rows that it does not hold, VerifyOffer, CreateHandoff. Its
account there has the endpoint http://<--listen>. The grade is B at most, for its rows cannot be changed from here. The
certificate is of this address and of the version that its batches name in "manifest", up to a "+"; a partner's file refers
to it by "certificate":
  entrepot partner certify acme --address 10.0.0.7:7002 --listen 10.0.0.3:7099 --out acme.certificate.json
  entrepot partner certify acme --account config/partners/acme.yaml --partner acme-bench --out acme.certificate.json
`;
