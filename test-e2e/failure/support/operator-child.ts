import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One line of the operator's log. */
export interface LogLine {
  readonly at: number;
  readonly level?: string;
  readonly message?: string;
  readonly [field: string]: unknown;
}

export interface OperatorChildOptions {
  readonly kubeconfig: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly election: boolean;
}

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** `fairlead run` as a process of its own. */
export class OperatorChild {
  readonly lines: LogLine[] = [];
  /** Resolves with the exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();

  constructor({ kubeconfig, environment, election }: OperatorChildOptions) {
    const flags = [
      `--kubeconfig=${kubeconfig}`,
      "--metrics-bind-addr=127.0.0.1:0",
      "--health-probe-bind-addr=127.0.0.1:0",
      "--leader-election-namespace=kube-system",
      `--enable-leader-election=${String(election)}`,
      "--log-level=debug",
    ];
    this.#child = spawn(process.execPath, [main, "run", ...flags], {
      env: { ...process.env, ...environment, AWS_EC2_METADATA_DISABLED: "true" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const { stderr } = this.#child;
    if (stderr === null) throw new TypeError("the operator's log is not there");
    createInterface({ input: stderr }).on("line", (line) => {
      this.lines.push({ at: Date.now(), ...parsed(line) });
      for (const listener of this.#listeners) listener();
    });
    this.ended = once(this.#child, "exit").then(
      ([code, signal]) => (code as number | null) ?? (signal as NodeJS.Signals),
    );
    const onExit = (): void => void this.#child.kill("SIGKILL");
    process.once("exit", onExit);
    void this.ended.then(() => process.off("exit", onExit));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** Resolves with the first line of that message; rejects when the process ends or none comes in time. */
  async saw(message: string, limitMs = 60_000): Promise<LogLine> {
    const found = (): LogLine | undefined => this.lines.find((line) => line.message === message);
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const look = (): void => {
      const line = found();
      if (line !== undefined) resolve(line);
    };
    const fail = (why: string): void => reject(new Error(`no "${message}" ${why}:\n${this.tail()}`));
    const timer = setTimeout(() => fail(`in ${limitMs / 1000} s`), limitMs);
    this.#listeners.add(look);
    look();
    void this.ended.then((how) => fail(`before the process ended (${how})`));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** The end of the log, for messages. */
  tail(lines = 25): string {
    return this.lines
      .slice(-lines)
      .map((line) => JSON.stringify(line).slice(0, 300))
      .join("\n");
  }
}

function parsed(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : { message: line };
  } catch {
    return { message: line };
  }
}
