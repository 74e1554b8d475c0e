import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { runCommand } from "../../src/cli/program.ts";

async function plan(manifest: string): Promise<{ readonly code: number; readonly output: string }> {
  let output = "";
  const code = await runCommand(["plan", "-f", "-", "-o", "json"], {
    out: (text) => {
      output += text;
    },
    err: () => undefined,
    environment: {},
    interactive: false,
    readStdin: async () => manifest,
    stop: AbortSignal.timeout(15_000),
  });
  return { code, output };
}

describe("The exit code of plan", () => {
  const sample = readFile(new URL("../../config/samples/10-web-game.yaml", import.meta.url), "utf8");

  it("is 0 for manifests that take effect as they are", async () => {
    assert.equal((await plan(await sample)).code, 0);
  });

  it("is 1 for manifests with a problem, which is shown", async () => {
    const { code, output } = await plan((await sample).replace("target-type: ip", "target-type: pod"));
    assert.equal(code, 1);
    assert.match(output, /must be one of instance, ip/);
  });
});
