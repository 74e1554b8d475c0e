import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

describe("library imports", () => {
  it("J19: of the operator, only the connection imports the Kubernetes client library, in an exact version", () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const importing = globSync("src/**/*.ts", { cwd: root })
      .filter((file) => !file.startsWith("src/sandbox/"))
      .filter((file) => readFileSync(`${root}${file}`, "utf8").includes('"@kubernetes/client-node"'));
    assert.deepEqual(importing, ["src/kube/connection.ts"]);
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
      dependencies: Record<string, string>;
    };
    assert.match(dependencies["@kubernetes/client-node"] ?? "", /^\d+\.\d+\.\d+$/);
  });
});
