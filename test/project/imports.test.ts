import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { importsOf, packageOf, root, type SourceFile, sourceFiles } from "./source-files.ts";

/** What each layer may import beside itself and the base files directly in `src`. */
const layers: Readonly<Record<string, readonly string[]>> = {
  cli: ["operator", "controllers", "webhooks", "resources", "engine", "aws", "kube", "api", "sandbox"],
  operator: ["controllers", "webhooks", "resources", "engine", "aws", "kube", "api"],
  controllers: ["resources", "engine", "aws", "kube", "api"],
  webhooks: ["resources", "engine", "aws", "kube", "api"],
  resources: ["engine", "aws", "kube", "api"],
  engine: [],
  aws: [],
  kube: ["api"],
  api: [],
  sandbox: ["api"],
  base: [],
};

/** Modules of Node.js that reach outside the process, or tell time or chance. */
const outside = /^node:(fs|net|http|https|tls|dns|child_process|process|os|timers|perf_hooks|worker_threads)(\/|$)/;
const readers = /^(@aws-sdk\/|@smithy\/|@kubernetes\/client-node|undici)/;

function layerOf(path: string): string | undefined {
  const [top, folder, ...rest] = path.split("/");
  if (top !== "src" || folder === undefined) return undefined;
  return rest.length === 0 ? "base" : folder;
}

describe("the sources", () => {
  let files: readonly SourceFile[];
  let others: readonly SourceFile[];

  before(async () => {
    files = await sourceFiles("src");
    others = (await Promise.all(["test", "test-kubectl", "hack", "bench"].map(sourceFiles))).flat();
  });

  it("import downward only", () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const layer = layerOf(path) ?? "";
      const allowed = layers[layer];
      assert.ok(allowed !== undefined, `${path} is in no layer: see docs/architecture.md`);
      return imports.flatMap(({ target }) => {
        const other = layerOf(target);
        return other === undefined || other === layer || other === "base" || allowed.includes(other)
          ? []
          : [`${path} imports ${target}`];
      });
    });
    assert.deepEqual(wrong, []);
  });

  it("import nothing from tests and scripts", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => /^(test|hack|bench)\//.test(target))
        .map(({ target }) => `${path} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("keep engine, API types and builds free of input and output", () => {
    const pure = files.filter(
      ({ path }) => /^src\/(engine|api)\//.test(path) || /^src\/controllers\/[^/]+\/build\.ts$/.test(path),
    );
    assert.ok(pure.length > 20);
    const wrong = pure.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly }) => !typeOnly && (outside.test(target) || readers.test(target)))
        .map(({ target }) => `${path} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("take time and chance from what is passed in", () => {
    const wrong = files
      .filter(({ path }) => !["src/clock.ts", "src/cli/main.ts"].includes(path))
      .flatMap(({ path, text }) =>
        text
          .split("\n")
          .filter((line) => /\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random\()/.test(line))
          .filter((line) => !/^\s*(\*|\/\/)/.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    assert.deepEqual(wrong, []);
  });

  it("stay under 450 lines a file", () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines >= 450);
    assert.deepEqual(long, []);
  });

  it("use every package that package.json names, and only those", async () => {
    const { dependencies, devDependencies, scripts } = JSON.parse(
      await readFile(join(root, "package.json"), "utf8"),
    ) as Record<"dependencies" | "devDependencies" | "scripts", Readonly<Record<string, string>>>;
    const used = new Set(files.flatMap(({ imports }) => imports.flatMap((one) => packageOf(one) ?? [])));
    assert.deepEqual(
      [...used].filter((name) => !(name in dependencies)),
      [],
      "imported, and not a dependency",
    );
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => !used.has(name)),
      [],
      "a dependency that nothing imports",
    );
    const tools = new Set(others.flatMap(({ imports }) => imports.flatMap((one) => packageOf(one) ?? [])));
    const known = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    assert.deepEqual(
      [...tools].filter((name) => !known.includes(name)),
      [],
      "imported by tests, and not in package.json",
    );
    const text = Object.values(scripts).join(" ");
    const idle = Object.keys(devDependencies)
      .filter((name) => !name.startsWith("@types/") && !tools.has(name))
      .filter((name) => !new RegExp(`\\b${binaries[name] ?? name}\\b`).test(text));
    assert.deepEqual(idle, [], "a tool that nothing uses");
  });
});

/** Names of the programs of packages that are called otherwise. */
const binaries: Readonly<Record<string, string>> = {
  "@biomejs/biome": "biome",
  typescript: "tsc",
  "oxlint-tsgolint": "oxlint --type-aware",
};

describe("the reader of imports", () => {
  it("finds statements of several lines, types, re-exports and dynamic imports", () => {
    const text = [
      'import a from "a";',
      'import {\n  type B,\n  c,\n} from "../b/c.ts";',
      'import type { D } from "@scope/d/sub";',
      'export { e } from "./e.ts";',
      'import "./f.ts";',
      'const g = () => import("node:os");',
    ].join("\n");
    assert.deepEqual(importsOf(text, "src/x"), [
      { target: "a", typeOnly: false },
      { target: "src/b/c.ts", typeOnly: false },
      { target: "@scope/d/sub", typeOnly: true },
      { target: "src/x/e.ts", typeOnly: false },
      { target: "src/x/f.ts", typeOnly: false },
      { target: "node:os", typeOnly: false },
    ]);
    assert.equal(packageOf({ target: "@scope/d/sub", typeOnly: true }), "@scope/d");
    assert.equal(packageOf({ target: "node:fs", typeOnly: false }), undefined);
  });
});
