// The table, and the verdict.

import { type Latency } from './latency';
import { type Fault } from './faults';
import { type Readiness } from './replica';
import { type Tally } from './tally';

export interface Row {
  fault: Fault;
  tally: Tally;
  /** From the end of the fault to the last call that was refused, in seconds. Not at all where people never were well again. */
  healedAfter?: number;
  readiness: Map<string, Readiness[]>;
}

const COLUMNS = [
  'fault', 'sessions lost', 'answers', 'without an honest end', 'other than stored', 'cut off', 'calls refused', 'healed after',
  '/readyz',
];

export function table(rows: Row[]): string {
  const cells = [COLUMNS, COLUMNS.map(() => '---'), ...rows.map(line)];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function line({ fault, tally, healedAfter, readiness }: Row): string[] {
  const lost = tally.lostAfterRotation ? `${tally.sessionsLost} (${tally.lostAfterRotation} with an answer of the provider)` : `${tally.sessionsLost}`;
  const avoidable = tally.cuts.length - unavoidable({ fault, tally });
  const refused = tally.refusals.length;
  return [
    fault.name,
    lost,
    `${tally.answers}`,
    `${tally.endless}`,
    `${tally.differences.length}`,
    fault.mayCut ? `${tally.cuts.length}, ${avoidable} elsewhere` : `${tally.cuts.length}`,
    `${refused} of ${tally.calls} (${((100 * refused) / Math.max(1, tally.calls)).toFixed(1)} %)`,
    healedAfter === undefined ? 'not at all' : `${healedAfter.toFixed(1)} s`,
    [...readiness].map(([name, said]) => `${name} ${said.join(', ')}`).join('; '),
  ];
}

/** Answers of the replica that could not go on. */
function unavoidable({ fault, tally }: Pick<Row, 'fault' | 'tally'>): number {
  return tally.cuts.filter((writer) => writer === fault.mayCut).length;
}

/** What the calls that were refused got, and how answers differed. */
export function details({ fault, tally }: Row): string {
  const kinds = tally.refusalsByKind().map(([what, times]) => `  ${times} × ${what}`);
  const done = `  ${tally.signIns} sign-ins, ${tally.refreshes} refreshes, ${tally.reloads} reloads, ${tally.signOuts} sign-outs`;
  return [`${fault.name}:`, done, ...kinds, ...tally.differences.map((text) => `  ${text}`)].join('\n');
}

export function latencyLine({ direct, through, added }: Latency): string {
  const text = ([middle, high]: [number, number]) => `${middle.toFixed(1)} ms (95 %: ${high.toFixed(1)})`;
  return `A word is read after ${text(direct)}; at another replica after ${text(through)}: ${added.toFixed(1)} ms later.`;
}

/** What must not be. */
export function failures(rows: Row[]): string[] {
  return rows.flatMap(({ fault, tally, healedAfter }) => {
    const lost = tally.sessionsLost - tally.lostAfterRotation;
    const found = [
      [lost, 'sessions lost'],
      [tally.endless, 'answers without an honest end'],
      [tally.differences.length, 'answers shown otherwise than stored'],
      [fault.mustNotCut ? tally.cuts.length : 0, 'answers cut off'],
      [healedAfter === undefined ? 1 : 0, 'never healed'],
    ] as const;
    return found.filter(([number]) => number > 0).map(([number, what]) => `${fault.name}: ${number} ${what}`);
  });
}
