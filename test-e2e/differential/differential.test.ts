import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { areas } from "./areas.ts";
import { type Difference, matches } from "./compare.ts";
import { assertSameReport, renderReport, withReport } from "./report.ts";
import { type AreaResult, runScenario } from "./run-area.ts";
import { type ComparedServer, startServers } from "./servers.ts";

describe("the embedded Kubernetes API answers like a real one", function () {
  this.timeout(120_000);
  let servers: { readonly real: ComparedServer; readonly embedded: ComparedServer };
  const results: AreaResult[] = [];
  before(async () => {
    servers = await startServers();
  });
  after(async () => {
    await servers.embedded.close();
    for (const { area, requests, differing } of results) {
      process.stdout.write(`compared ${requests} requests of ${area}: ${differing} differ in known ways\n`);
    }
  });

  for (const area of areas) {
    describe(area.name, () => {
      const differences: Difference[] = [];
      let requests = 0;
      let complete = true;
      for (const scenario of area.scenarios) {
        it(scenario.name, async () => {
          try {
            const result = await runScenario(area, scenario, servers);
            requests += result.requests;
            differences.push(...result.differences);
          } catch (error) {
            complete = false;
            throw error;
          }
        });
      }

      it("has the known differences and no others", function () {
        if (!complete) return this.skip();
        const gone = area.knownDifferences.filter((known) => !differences.some((each) => matches(known, each)));
        assert.deepEqual(gone, [], "these no longer occur: take them off the list");
        const differing = new Set(differences.map(({ scenario, request }) => `${scenario} ${request}`)).size;
        results.push({ area: area.name, requests, differing });
      });
    });
  }

  // A suite of its own, because those of the areas run after the tests beside them.
  describe("all of it", () => {
    it("is what docs/sandbox.md says (FAIRLEAD_UPDATE_DOCS=1 writes it)", async function () {
      // A run of a part, or without a kubectl, has not counted all.
      if (results.length < areas.length || results.some(({ requests }) => requests === 0)) return this.skip();
      const file = new URL("../../docs/sandbox.md", import.meta.url);
      const document = await readFile(file, "utf8");
      const current = withReport(document, renderReport(areas, results));
      if (process.env["FAIRLEAD_UPDATE_DOCS"] === "1") await writeFile(file, current);
      else assertSameReport(document, current);
    });
  });
});
