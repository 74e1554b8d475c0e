import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";

/** The end of what a program has printed is kept for the error when it dies, up to so many characters. */
const keptOutput = 4_000;

/** A program that runs beside this one and ends with it. */
export interface ChildProgram {
  readonly pid: number;
  /** The end of its output, both streams. */
  readonly output: string;
  /** Rejects with `ControlPlaneDied` once the program has ended by itself; never resolves. */
  readonly died: Promise<never>;
  /** Asks it to end, and kills it when it does not within `graceMs`. Resolves once it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL: what a crash of the machine leaves behind. Resolves once it is gone. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly clock: Clock;
}

export function runProgram(file: string, args: readonly string[], { cwd, clock }: ProgramOptions): ChildProgram {
  const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString("utf8")).slice(-keptOutput));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = endOf(child);
  let expected = false;
  const died = ended.then((how) => {
    // Nobody waits for a program that was told to end.
    if (expected) return new Promise<never>(() => undefined);
    throw new AppError(`${file} ended (${how}): ${output.trim()}`, { class: "bug", code: "ControlPlaneDied" });
  });
  died.catch(() => undefined);
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  void ended.then(() => process.off("exit", onExit));

  async function end(signal: NodeJS.Signals, graceMs: number | undefined): Promise<void> {
    expected = true;
    child.kill(signal);
    const timer = graceMs === undefined ? undefined : clock.setTimer(graceMs, () => child.kill("SIGKILL"));
    await ended;
    timer?.cancel();
  }

  return {
    get pid() {
      return child.pid ?? 0;
    },
    get output() {
      return output;
    },
    died,
    stop: (graceMs = 5_000) => end("SIGTERM", graceMs),
    kill: () => end("SIGKILL", undefined),
    signal: (signal) => void child.kill(signal),
  };
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code === null ? `signal ${signal}` : `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
