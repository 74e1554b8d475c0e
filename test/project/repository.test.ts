import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { commandReference } from "../../hack/command-reference.ts";
import { root } from "./source-files.ts";

/** Files that git knows, or all that a clone would hold once they are added. */
async function trackedFiles(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root });
  return stdout.split("\n").filter((path) => path !== "");
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

describe("the repository", function () {
  let files: readonly string[];

  before(async function () {
    files = await trackedFiles().catch(() => []);
    // An archive of the sources has no git.
    if (files.length === 0) this.skip();
  });

  it("names no package registry and no path of a machine in its text files", async () => {
    const texts = files.filter((path) => /\.(ts|mjs|sh|json|md|ya?ml)$|^\.|Dockerfile/.test(path));
    const wrong: string[] = [];
    for (const path of texts) {
      const text = await readFile(join(root, path), "utf8").catch(() => "");
      const found = /\/(home|root|Users|work)\/[a-z]+\/|"resolved":|registry\.npm|npmmirror/.exec(text);
      if (found !== null && path !== "test/project/repository.test.ts") wrong.push(`${path}: ${found[0]}`);
    }
    assert.deepEqual(wrong, []);
  });

  it("links only to files that exist", async () => {
    const wrong: string[] = [];
    for (const path of files.filter((name) => name.endsWith(".md"))) {
      const text = await readFile(join(root, path), "utf8");
      for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(link)) continue;
        if (!(await isThere(join(root, dirname(path), link)))) wrong.push(`${path}: ${link}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("copies into the image only what exists and is not ignored", async () => {
    const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
    const kept = (await readFile(join(root, ".dockerignore"), "utf8"))
      .split("\n")
      .filter((line) => line.startsWith("!"));
    for (const [, sources = ""] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of sources.split(" ")) {
        const path = source.replace(/^\.\//, "");
        assert.ok(await isThere(join(root, path)), path);
        assert.ok(kept.includes(`!${path}`), `${path} is in .dockerignore`);
      }
    }
  });

  it("lists in each kustomization files that hold objects", async () => {
    for (const path of files.filter((name) => name.endsWith("kustomization.yaml"))) {
      const [document] = parseAllDocuments(await readFile(join(root, path), "utf8"));
      const { resources } = (document as { toJS(): { resources: readonly string[] } }).toJS();
      for (const resource of resources) assert.ok(await isThere(join(root, dirname(path), resource)), resource);
    }
  });

  it("documents every command", async () => {
    const text = await commandReference();
    const listed = /Commands:\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    const names = [...listed.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name).filter((name) => name !== "help");
    assert.ok(names.length >= 7);
    for (const name of names) assert.ok(text.includes(`## fairlead ${name ?? ""}\n`), name);
  });
});
