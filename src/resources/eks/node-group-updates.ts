import type { Update } from "@aws-sdk/client-eks";
import type { EksPort } from "../../aws/eks.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { NodeGroupUpdate } from "./specs.ts";

interface Running {
  readonly id: string;
  /** What it is to bring about; empty for an update that was found after a restart. */
  readonly target: string;
}

interface Failure {
  readonly target: string;
  readonly attempts: number;
  readonly update: NodeGroupUpdate;
  /** Monotonic milliseconds. */
  readonly retryAt: number;
}

const waits = [5, 15, 45].map((minutes) => minutes * 60_000);
const updatesLooked = 10;

/**
 * EKS goes back to the old values after a failed update, so that a comparison alone would start it again for ever. This
 * keeps the running update of each group, and after a failure holds the same target back for 5, 15 and then 45 minutes.
 */
export class NodeGroupUpdates {
  readonly #eks: EksPort;
  readonly #clusterName: string;
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  readonly #failures = new Map<string, Failure>();

  constructor(eks: EksPort, options: { readonly clusterName: string; readonly clock: Clock }) {
    this.#eks = eks;
    this.#clusterName = options.clusterName;
    this.#clock = options.clock;
  }

  started(name: string, update: { readonly id: string | undefined; readonly target: string }): void {
    if (update.id !== undefined) this.#running.set(name, { id: update.id, target: update.target });
  }

  /** How often this target has failed. */
  attempts(name: string, target: string): number {
    const failure = this.#failures.get(name);
    return failure?.target === target ? failure.attempts : 0;
  }

  /** Throws `waiting` while the same target failed a short time ago. */
  allow(name: string, target: string): void {
    const failure = this.#failures.get(name);
    if (failure === undefined || failure.target !== target) return;
    const retryAfterMs = failure.retryAt - this.#clock.monotonic();
    if (retryAfterMs <= 0) return;
    throw new AppError(
      `the update of node group ${name} failed and is tried again later: ${failure.update.error ?? ""}`,
      {
        class: "waiting",
        code: "UpdateFailed",
        retryAfterMs,
      },
    );
  }

  /** The update of the group that runs, or the last one when it failed. One call while one is known to run. */
  async look(name: string, status: string | undefined, call: CallOptions): Promise<NodeGroupUpdate | undefined> {
    if (status === "UPDATING" && !this.#running.has(name)) await this.#find(name, call);
    const running = this.#running.get(name);
    if (running === undefined) return this.#failures.get(name)?.update;
    const update = await this.#describe(name, running.id, call);
    if (update?.status === "InProgress") return told(update, this.attempts(name, running.target));
    this.#running.delete(name);
    if (update?.status !== "Failed") {
      this.#failures.delete(name);
      return undefined;
    }
    const attempts = this.attempts(name, running.target) + 1;
    const failed = told(update, attempts);
    const wait = waits[Math.min(attempts, waits.length) - 1] ?? 0;
    this.#failures.set(name, {
      target: running.target,
      attempts,
      update: failed,
      retryAt: this.#clock.monotonic() + wait,
    });
    return failed;
  }

  /** After a restart: the update that is in progress. EKS lists ids in no promised order. */
  async #find(name: string, call: CallOptions): Promise<void> {
    const list = await this.#eks.listUpdates({ name: this.#clusterName, nodegroupName: name }, call);
    const updates = await Promise.all(
      (list.updateIds ?? []).slice(-updatesLooked).map((id) => this.#describe(name, id, call)),
    );
    const running = updates.find((update) => update?.status === "InProgress");
    if (running?.id !== undefined) this.#running.set(name, { id: running.id, target: "" });
  }

  async #describe(name: string, updateId: string, call: CallOptions): Promise<Update | undefined> {
    try {
      const answer = await this.#eks.describeUpdate({ name: this.#clusterName, nodegroupName: name, updateId }, call);
      return answer.update;
    } catch (error) {
      if (hasCode(error, "ResourceNotFound", "NotFound")) return undefined;
      throw error;
    }
  }
}

function told(update: Update, attempts: number): NodeGroupUpdate {
  const errors = (update.errors ?? []).map((error) => `${error.errorCode ?? "Unknown"}: ${error.errorMessage ?? ""}`);
  return {
    id: update.id ?? "",
    type: update.type ?? "",
    status: update.status ?? "",
    ...(errors.length === 0 ? {} : { error: errors.join("; ") }),
    attempts,
  };
}
