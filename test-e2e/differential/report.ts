import assert from "node:assert/strict";
import type { AreaResult } from "./run-area.ts";
import type { Area } from "./scenario.ts";

const [begin, end] = ["<!-- differential: begin -->", "<!-- differential: end -->"] as const;

/** What docs/sandbox.md says of the comparison: how much was compared, and what differs and why. */
export function renderReport(areas: readonly Area[], results: readonly AreaResult[]): string {
  const rows = results.map(({ area, requests, differing }) => `| ${area} | ${requests} | ${differing} |`);
  const sum = (field: "requests" | "differing"): number => results.reduce((total, each) => total + each[field], 0);
  const reasons = areas.flatMap(({ name, knownDifferences }) => {
    const distinct = [...new Set(knownDifferences.map(({ reason }) => reason))];
    return distinct.length === 0 ? [] : ["", `**${name}**`, "", ...distinct.map((reason) => `- ${reason}`)];
  });
  const total = `| **all** | **${sum("requests")}** | **${sum("differing")}** |`;
  return ["| Area | Requests compared | Answers that differ |", "|---|---|---|", ...rows, total, ...reasons].join("\n");
}

/** The document with the report in its place. */
export function withReport(document: string, report: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no place for the report: ${begin} ... ${end}`);
  return `${document.slice(0, from + begin.length)}\n${report}\n${document.slice(to)}`;
}

/** Fails when the texts differ, or counts by more than a twentieth: other versions of kubectl ask a little more or less. */
export function assertSameReport(documented: string, current: string): void {
  const number = /(?<=\| \**)\d+(?=\** \|)/g;
  assert.equal(documented.replace(number, "N"), current.replace(number, "N"));
  const [old, now] = [documented.match(number) ?? [], current.match(number) ?? []];
  for (const [index, count] of now.entries()) {
    const off = Math.abs(Number(old[index]) - Number(count));
    assert.ok(off <= Math.max(3, Number(count) / 20), `docs/sandbox.md says ${old[index]} where there are ${count}`);
  }
}
