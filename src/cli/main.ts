#!/usr/bin/env node
import process from "node:process";
import { text } from "node:stream/consumers";
import { runCommand } from "./program.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second signal means it: whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}
process.on("unhandledRejection", (reason) => {
  process.stderr.write(
    `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`,
  );
  process.exit(1);
});

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
  environment: process.env,
  interactive: process.stdout.isTTY,
  readStdin: () => text(process.stdin),
  stop: stop.signal,
});
// Keep-alive connections and watches may linger; everything that matters has been awaited.
process.exit();
