// What is counted while a fault lasts, and until all people are well again.

/** A call that was not answered as it should have been. */
export interface Refusal {
  at: number;
  /** `POST /api/chat`, and its status or why there was none. */
  what: string;
}

export class Tally {
  calls = 0;
  readonly refusals: Refusal[] = [];
  signIns = 0;
  refreshes = 0;
  signOuts = 0;
  reloads = 0;
  /** Answers that have ended, in whichever way. */
  answers = 0;
  sessionsLost = 0;
  /** Of these, those that went with an answer of the provider, which was lost after the rotation. */
  lostAfterRotation = 0;
  /** Answers that were begun, and whose end no reader has received. */
  endless = 0;
  /** Answers whose text or end was shown otherwise than it is stored, or that are called complete and are not. */
  differences: string[] = [];
  /** Answers that ended as interrupted, by the replica that wrote them. */
  readonly cuts: string[] = [];

  refused(what: string) {
    this.refusals.push({ at: Date.now(), what });
  }

  cut(replica: string | undefined) {
    this.cuts.push(replica ?? 'nobody');
  }

  /** The most frequent refusals first. */
  refusalsByKind(): [string, number][] {
    const kinds = new Map<string, number>();
    for (const { what } of this.refusals) kinds.set(what, (kinds.get(what) ?? 0) + 1);
    return [...kinds].sort(([, one], [, other]) => other - one);
  }
}

/** Where everything is counted now. */
export class Books {
  current = new Tally();

  /** Begins a new tally. */
  turn(): Tally {
    this.current = new Tally();
    return this.current;
  }
}
