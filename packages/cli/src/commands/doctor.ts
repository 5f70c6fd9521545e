import { fileURLToPath } from 'node:url';
import { EXIT, type ExitCode } from '../command-error.js';
import { climb, type Rung } from '../doctor/ladder.js';
import { type MachineFacts, machineFacts } from '../doctor/memory.js';
import { optionalPeers, type Peer } from '../doctor/peers.js';
import type { Output } from '../output.js';
import { ownManifest } from '../own-manifest.js';
import { table } from '../text.js';

/** Everything that the doctor looks at. */
export interface Findings {
  readonly version: string;
  readonly node: {
    readonly version: string;
    readonly wanted: string;
    readonly isSupported: boolean;
  };
  readonly platform: string;
  readonly machine: MachineFacts;
  /** What GRPO_BACKEND asks for. */
  readonly wantedBackend: string | undefined;
  readonly backends: readonly Rung[];
  /** The rung that a run takes, if one carries. */
  readonly backend: string | undefined;
  readonly peers: readonly Peer[];
}

/** Looks at what training needs, and says what is missing and what helps. */
export async function doctor(output: Output): Promise<ExitCode> {
  const findings = await examine(output.terminal.env);
  output.json(findings);
  for (const line of reportOf(findings, output.colours)) output.line(line);
  return findings.backend !== undefined && findings.node.isSupported ? EXIT.done : EXIT.failed;
}

/** @param probed the rungs, where they were tried already */
export async function examine(
  env: Readonly<Record<string, string | undefined>>,
  probed?: readonly Rung[],
): Promise<Findings> {
  const { version, engines } = ownManifest();
  const backends = probed ?? (await climb());
  const wantedBackend = env.GRPO_BACKEND || undefined;
  const carrying = backends.filter(({ starts }) => starts);
  const taken = wantedBackend ? carrying.find(({ name }) => name === wantedBackend) : carrying[0];
  return {
    version,
    node: {
      version: process.versions.node,
      wanted: engines.node,
      isSupported: isSupported(process.versions.node),
    },
    platform: `${process.platform} ${process.arch}`,
    machine: machineFacts(),
    wantedBackend,
    backends,
    backend: taken?.name,
    peers: optionalPeers(fileURLToPath(new URL('../../package.json', import.meta.url))),
  };
}

/** The findings for people. */
export function reportOf(findings: Findings, colours: Output['colours']): string[] {
  const { version, node, platform, machine, wantedBackend, backends, backend, peers } = findings;
  const { cores, memory, free, limit, heap, disk } = machine;
  const mark = (isGood: boolean) => (isGood ? colours.green('ok') : colours.red('no'));
  const asked = wantedBackend ? `, GRPO_BACKEND asks for ${wantedBackend}` : '';
  const bound = limit === undefined ? '' : `, ${limit} GiB of it for this container`;
  return [
    `grpo ${version} on ${platform}`,
    `${mark(node.isSupported)}  Node ${node.version}${node.isSupported ? '' : `: needs ${node.wanted}. Install a current Node.`}`,
    `${mark(true)}  ${cores} cores, ${memory} GiB of memory (${free} GiB free${bound}), ${heap} GiB heap, ${disk} GiB free on disk`,
    '',
    `Backends, fastest first${asked}:`,
    ...backends.flatMap((rung) => [
      `${mark(rung.starts)}  ${rung.name.padEnd(7)} ${rung.starts ? `starts; a product of 256 x 256 matrices takes ${rung.milliseconds} ms` : rung.reason}`,
      ...(rung.remedy ? [`      ${colours.dim(rung.remedy)}`] : []),
    ]),
    backend === undefined
      ? colours.red(
          `A run cannot start: ${wantedBackend ? `GRPO_BACKEND asks for ${wantedBackend}, which does not start. Unset it to take the fastest that does.` : 'no backend does.'}`,
        )
      : `A run uses ${backend}.`,
    '',
    'Optional packages:',
    ...table(
      peers.map(({ name, usedBy, wanted, found }) => [
        found === undefined ? '-' : 'ok',
        name,
        found ?? `npm install ${name}@${wanted}`,
        `for ${usedBy}`,
      ]),
    ),
  ];
}

/** Whether a version is in the range of package.json: ^20.19, ^22.12, or 24 and later. */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}
