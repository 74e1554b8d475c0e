import type { CommandIO } from "../../src/cli/io.ts";
import { runCommand } from "../../src/cli/program.ts";

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandSettings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly stop?: AbortSignal;
  /** Hears of everything that is written to standard output. */
  readonly onOut?: (all: string) => void;
}

/** Runs a command line in this process and gives what it wrote and its exit code. */
export async function runCommandLine(
  argv: readonly string[],
  { environment = {}, stdin = "", stop = new AbortController().signal, onOut }: CommandSettings = {},
): Promise<CommandResult> {
  let out = "";
  let err = "";
  const io: CommandIO = {
    out(text) {
      out += text;
      onOut?.(out);
    },
    err: (text) => void (err += text),
    environment,
    interactive: false,
    readStdin: () => Promise.resolve(stdin),
    stop,
  };
  return { code: await runCommand(argv, io), out, err };
}
