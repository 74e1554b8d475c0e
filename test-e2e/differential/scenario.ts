import type { Session } from "./session.ts";

/** A sequence of requests that is sent to both servers. It must not depend on chance or on which server it talks to. */
export interface Scenario {
  readonly name: string;
  /** Both servers are started for it alone, and it may have them forget the past (`session.compact()`). */
  readonly ownServers?: true;
  run(session: Session): Promise<void>;
}

/** A difference that stays, and why. It has to occur: one that was fixed must be taken off the list. */
export interface KnownDifference {
  /** The scenario, or `*` for any of the area. */
  readonly scenario: string;
  /** The request as the report names it, such as `GET /api/v1/nodes`; a `*` stands for any characters. */
  readonly request: string;
  /** Where in the answer, such as `/body/metadata/managedFields*`; a `*` stands for any characters. */
  readonly at: string;
  /** For docs/sandbox.md: what the sandbox does otherwise, and why it stays so. */
  readonly reason: string;
}

/** What belongs together in the report, such as server-side apply. */
export interface Area {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly knownDifferences: readonly KnownDifference[];
}
