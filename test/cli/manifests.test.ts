import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inApplyOrder, parseManifests, readManifests } from "../../src/cli/manifests.ts";
import { isAppError } from "../../src/errors.ts";

const object = (kind: string, name: string): string => `{apiVersion: v1, kind: ${kind}, metadata: {name: ${name}}}`;

describe("manifests", () => {
  it("are read from several documents, and empty ones are passed over", () => {
    const manifests = parseManifests(`---\n${object("A", "a")}\n---\n# nothing\n---\n${object("B", "b")}\n`, "f.yaml");
    assert.deepEqual(
      manifests.map(({ source, object: { kind } }) => [source, kind]),
      [
        ["f.yaml, document 1", "A"],
        ["f.yaml, document 3", "B"],
      ],
    );
  });

  it("are taken out of a List, also one inside another", () => {
    const list = `kind: List\napiVersion: v1\nitems:\n- ${object("A", "a")}\n- {kind: List, items: [${object("B", "b")}]}`;
    assert.deepEqual(
      parseManifests(list, "f").map((one) => one.object.metadata.name),
      ["a", "b"],
    );
  });

  it("are read as JSON too, and with YAML 1.1 booleans", () => {
    const [json] = parseManifests('{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"n":1}', "f.json");
    assert.equal(json?.object["n"], 1);
    const [yaml] = parseManifests(`${object("A", "a").slice(0, -1)}, data: {on: yes}}`, "f");
    assert.deepEqual(yaml?.object["data"], { true: true });
  });

  it("of an empty text are none", () => assert.deepEqual(parseManifests("", "f"), []));

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ["a: [", /^f: not valid YAML: /],
    ["kind: A\nmetadata: {name: a}", /^f: apiVersion is missing$/],
    ["apiVersion: v1\nmetadata: {name: a}", /^f: kind is missing$/],
    ["apiVersion: v1\nkind: A", /^f: A has no metadata\.name$/],
    ["just text", /^f: apiVersion is missing$/],
    ["- 1\n- 2", /^f: apiVersion is missing$/],
    [`${object("A", "a")}\n---\nkind: B`, /^f, document 2: apiVersion is missing$/],
  ];
  for (const [text, message] of refused) {
    it(`are refused: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseManifests(text, "f"),
        (error: unknown) => isAppError(error) && error.class === "invalid" && message.test(error.message),
      );
    });
  }

  it("are applied with what others need first, otherwise as written", () => {
    const kinds = ["Ingress", "Service", "Deployment", "Namespace", "Secret", "Ingress", "CustomResourceDefinition"];
    const manifests = kinds.flatMap((kind, index) => parseManifests(object(kind, `n${index}`), "f"));
    assert.deepEqual(
      inApplyOrder(manifests).map(({ object: { kind, metadata } }) => `${kind} ${metadata.name}`),
      [
        "Namespace n3",
        "CustomResourceDefinition n6",
        "Secret n4",
        "Service n1",
        "Ingress n0",
        "Deployment n2",
        "Ingress n5",
      ],
    );
  });

  describe("of folders", () => {
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "fairlead-manifests-"));
      await mkdir(join(folder, "inner"));
      await writeFile(join(folder, "b.yaml"), object("B", "b"));
      await writeFile(join(folder, "a.yml"), object("A", "a"));
      await writeFile(join(folder, "inner", "c.json"), '{"apiVersion":"v1","kind":"C","metadata":{"name":"c"}}');
      await writeFile(join(folder, "notes.txt"), "not a manifest");
    });

    after(() => rm(folder, { recursive: true }));

    it("are read whole, in order of name, manifests only", async () => {
      const manifests = await readManifests([folder]);
      assert.deepEqual(
        manifests.map((one) => one.object.kind),
        ["A", "B", "C"],
      );
    });

    it("are read from standard input as -", async () => {
      const [manifest] = await readManifests(["-"], () => Promise.resolve(object("A", "a")));
      assert.equal(manifest?.source, "standard input");
    });

    it("are refused when they do not exist", async () => {
      await assert.rejects(readManifests([join(folder, "nothing")]), /cannot read ".*nothing": no such file or folder/);
    });
  });
});
