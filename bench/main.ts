import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { renderTable } from "../src/cli/table.ts";
import type { Measured } from "./scene.ts";
import { runServed, servedSpeed } from "./served.ts";
import { runSimulated } from "./simulated.ts";
import type { Size } from "./workload.ts";

/** `npm run bench -- [--ingresses N] [--services N] [--pods N] [--only on|off]`; see docs/performance.md. */
const { values } = parseArgs({
  options: {
    ingresses: { type: "string", default: "500" },
    services: { type: "string", default: "500" },
    pods: { type: "string", default: "5000" },
    only: { type: "string" },
  },
});
const size: Size = {
  ingresses: Number(values.ingresses),
  services: Number(values.services),
  pods: Number(values.pods),
};

console.log(
  `${size.ingresses} Ingresses, ${size.services} Services, ${size.pods} pods; Node.js ${process.version}, ${cpus().length} CPUs\n`,
);
if (values.only !== "off") {
  const measured = await timed((note) => runSimulated(size, note));
  console.log("AWS's published rates on: simulated time, the operator with the rates that it keeps");
  print(measured, [["real time for it", seconds(measured.wallMs)]]);
}
if (values.only !== "on") {
  const served = await timed((note) => runServed(size, note));
  const { idle, end } = served.usage;
  console.log(
    `Rates off on both sides: real time over sockets, AWS ${servedSpeed} times as fast, operator in its own process`,
  );
  print(served, [
    ["operator, peak memory", megabytes(end.peakBytes)],
    ["operator, memory after start", megabytes(idle.peakBytes)],
    ["operator, heap at the end", megabytes(end.heapBytes)],
    ["operator, CPU time", seconds(end.cpuMs)],
  ]);
}
// Watches of the embedded API may still be open.
process.exit();

async function timed<T>(run: (note: (text: string) => void) => Promise<T>): Promise<T> {
  const start = performance.now();
  return run((text) => console.error(`${seconds(performance.now() - start)}: ${text}`));
}

function print(measured: Measured, more: readonly (readonly [string, string])[]): void {
  const { calls, registerMs } = measured;
  const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
  const rows: readonly (readonly string[])[] = [
    ["load balancers ready", String(measured.ready)],
    ["time to converge", seconds(measured.convergeMs)],
    ["AWS calls", String(total)],
    ["throttled", String(measured.throttles)],
    ["ready pod to RegisterTargets, p50", milliseconds(percentile(registerMs, 0.5))],
    ["ready pod to RegisterTargets, p99", milliseconds(percentile(registerMs, 0.99))],
    ["pods replaced for that", String(registerMs.length)],
    ...more,
  ];
  console.log(`${renderTable(["MEASURE", "VALUE"], rows)}\n`);
  const byCount = [...calls].toSorted(([, a], [, b]) => b - a).map(([name, count]) => [name, String(count)]);
  console.log(`${renderTable(["AWS OPERATION", "CALLS"], byCount)}\n`);
}

function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "none seen" : `${Math.round(ms)} ms`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
