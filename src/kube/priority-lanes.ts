import type { QueueAddOptions } from "p-queue";

type Task = () => Promise<unknown>;

interface Entry {
  readonly run: Task;
  readonly id: string;
}

/** Every how many starts the lowest waiting lane gets a turn, so that no stream of urgent work starves it. */
const fairTurn = 8;

/**
 * Waiting tasks for `p-queue`, first in first out within a priority. Adding, moving and taking cost the same however
 * many wait (the library's own queue searches). One start in eight goes to the lowest priority that waits.
 */
export class PriorityLanes {
  /** Lanes by priority; within a lane, by id in order of arrival. */
  readonly #lanes = new Map<number, Map<string, Entry>>();
  readonly #laneOf = new Map<string, number>();
  #taken = 0;

  get size(): number {
    return this.#laneOf.size;
  }

  enqueue(run: Task, options?: Partial<QueueAddOptions>): void {
    const id = options?.id ?? "";
    const priority = options?.priority ?? 0;
    this.#lane(priority).set(id, { run, id });
    this.#laneOf.set(id, priority);
  }

  dequeue(): Task | undefined {
    if (this.size === 0) return undefined;
    this.#taken++;
    const filled = [...this.#lanes].filter(([, lane]) => lane.size > 0).map(([priority]) => priority);
    const priority = this.#taken % fairTurn === 0 ? Math.min(...filled) : Math.max(...filled);
    const [entry] = this.#lane(priority).values();
    if (entry === undefined) return undefined;
    this.remove(entry.id);
    return entry.run;
  }

  setPriority(id: string, priority: number): void {
    const from = this.#laneOf.get(id);
    if (from === undefined || from === priority) return;
    const entry = this.#lane(from).get(id);
    if (entry === undefined) return;
    this.remove(id);
    this.enqueue(entry.run, { id, priority });
  }

  remove(id: string): void {
    const priority = this.#laneOf.get(id);
    if (priority === undefined) return;
    this.#laneOf.delete(id);
    this.#lane(priority).delete(id);
  }

  filter(options: Readonly<Partial<QueueAddOptions>>): Task[] {
    return [...this.#lane(options.priority ?? 0).values()].map((entry) => entry.run);
  }

  #lane(priority: number): Map<string, Entry> {
    let lane = this.#lanes.get(priority);
    if (lane === undefined) {
      lane = new Map();
      this.#lanes.set(priority, lane);
    }
    return lane;
  }
}
