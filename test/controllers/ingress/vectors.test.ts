import assert from "node:assert/strict";
import type { Ingress } from "../../../src/api/builtin.ts";
import { readAction } from "../../../src/controllers/ingress/action-annotation.ts";
import { albPrefix } from "../../../src/controllers/ingress/annotation-keys.ts";
import { oidcClientOf } from "../../../src/controllers/ingress/authentication.ts";
import { certificateMatches, mergeCertificates } from "../../../src/controllers/ingress/certificates.ts";
import { groupOf, groupOrder, ingressKey, sortMembers } from "../../../src/controllers/ingress/group.ts";
import { readListenPorts } from "../../../src/controllers/ingress/listen-ports.ts";
import { pathPatterns, sortPaths } from "../../../src/controllers/ingress/path-patterns.ts";
import { ruleConditions } from "../../../src/controllers/ingress/rule-conditions.ts";
import { Annotations } from "../../../src/controllers/load-balancing/annotations.ts";
import { InputError } from "../../../src/controllers/load-balancing/input-error.ts";
import { ingress } from "./fixtures.ts";

function annotations(suffix: string, value: string): Annotations {
  return new Annotations(albPrefix, [
    { object: { kind: "Ingress", namespace: "ns", name: "web" }, annotations: { [`${albPrefix}${suffix}`]: value } },
  ]);
}

describe("listen-ports", () => {
  it("may hold both protocols in one object", () => {
    const ports = readListenPorts(annotations("listen-ports", '[{"HTTP":80,"HTTPS":443}]'));
    assert.deepEqual(
      [...(ports ?? [])],
      [
        [80, "HTTP"],
        [443, "HTTPS"],
      ],
    );
  });
  for (const text of [
    '[{"http":80}]',
    '[{"HTTP":"80"}]',
    '[{"HTTP":0}]',
    '[{"HTTP":65536}]',
    "[]",
    "80",
    "[80]",
    "x",
  ]) {
    it(`does not take ${text}`, () => {
      assert.throws(() => readListenPorts(annotations("listen-ports", text)), { code: "InvalidAnnotation" });
    });
  }
});

describe("group names", () => {
  const named = (name: string) => groupOf(ingress("ns/web", { annotations: { "group.name": name } }), undefined);
  for (const name of ["a", "a.b-c", "a".repeat(63)]) {
    it(`may be ${name}`, () => assert.deepEqual(named(name), { namespace: "", name }));
  }
  for (const name of ["", "-a", "a-", "A", "a_b", "a".repeat(64)]) {
    it(`may not be ${JSON.stringify(name)}`, () => assert.throws(() => named(name), { code: "InvalidAnnotation" }));
  }
  it("of the class win over the annotation", () => {
    const params = {
      apiVersion: "",
      kind: "",
      metadata: { name: "p", uid: "", resourceVersion: "" },
      spec: { group: { name: "class" } },
    };
    assert.deepEqual(groupOf(ingress("ns/web", { annotations: { "group.name": "mine" } }), params), {
      namespace: "",
      name: "class",
    });
  });
});

describe("the order of a group", () => {
  it("is by group.order, then by namespace and name", () => {
    const member = (key: string, order?: string): { ingress: Ingress } => ({
      ingress: ingress(key, order === undefined ? {} : { annotations: { "group.order": order } }),
    });
    const members = [member("ns/b", "2"), member("ns/z", "-1"), member("ns/c"), member("ns/a", "0")];
    assert.deepEqual(
      sortMembers(members).map((one) => ingressKey(one.ingress)),
      ["ns/z", "ns/a", "ns/c", "ns/b"],
    );
  });
  for (const order of ["1001", "-1001", "x", "1.5"]) {
    it(`does not take ${order}`, () => {
      const { problem } = groupOrder(ingress("ns/web", { annotations: { "group.order": order } }));
      assert.equal(problem?.value, order);
      assert.match(problem?.message ?? "", /from -1000 to 1000/);
    });
  }
});

describe("paths", () => {
  const path = (pathType: string, text: string) => ({ path: text, pathType, backend: {} });

  it("are sorted exact first, then prefixes from long to short, then the rest", () => {
    const paths = [
      path("Prefix", "/a"),
      path("ImplementationSpecific", "/x"),
      path("Exact", "/b"),
      path("Prefix", "/aa/b"),
      path("ImplementationSpecific", "/y"),
      path("Exact", "/c"),
    ].map((one) => ({ path: one }));
    assert.deepEqual(
      sortPaths(paths).map((one) => one.path.path),
      ["/b", "/c", "/aa/b", "/a", "/x", "/y"],
    );
  });

  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["Prefix", "/", ["/*"]],
    ["Prefix", "/abc", ["/abc", "/abc/*"]],
    ["Prefix", "/abc/", ["/abc", "/abc/*"]],
    ["Prefix", "/abc/def/", ["/abc/def", "/abc/def/*"]],
    ["Exact", "/abc/", ["/abc/"]],
    ["Exact", "/", ["/"]],
    ["ImplementationSpecific", "/img/*", ["/img/*"]],
    ["ImplementationSpecific", "", []],
  ];
  for (const [type, text, values] of rows) {
    it(`of type ${type} ${JSON.stringify(text)} match ${JSON.stringify(values)}`, () => {
      assert.deepEqual(pathPatterns(path(type, text), "f", false), { values, regexValues: [] });
    });
  }
  it("become regular expressions without their first character when asked", () => {
    assert.deepEqual(pathPatterns(path("ImplementationSpecific", "/^/api/(.+)$"), "f", true), {
      values: [],
      regexValues: ["^/api/(.+)$"],
    });
  });
  for (const [type, text] of [
    ["Prefix", "/*"],
    ["Exact", "/?"],
    ["Glob", "/a"],
  ] as const) {
    it(`of type ${type} may not be ${text}`, () =>
      assert.throws(() => pathPatterns(path(type, text), "f", false), InputError));
  }
});

describe("conditions of a rule", () => {
  const exact = (text: string) => ({ values: text === "" ? [] : [text], regexValues: [] });
  it("add hosts of annotations to the host of the spec", () => {
    assert.deepEqual(ruleConditions("www.a.com", exact("/p"), [{ field: "host-header", values: ["b.a.com"] }], "f"), [
      { field: "host-header", values: ["www.a.com", "b.a.com"] },
      { field: "path-pattern", values: ["/p"] },
    ]);
  });
  it("may be a regular expression for the host where the spec has none", () => {
    assert.deepEqual(ruleConditions("", exact(""), [{ field: "host-header", regexValues: ["^x"] }], "f"), [
      { field: "host-header", regexValues: ["^x"] },
    ]);
  });
  it("may not mix values and regular expressions", () => {
    assert.throws(
      () => ruleConditions("www.a.com", exact(""), [{ field: "host-header", regexValues: ["^x"] }], "f"),
      InputError,
    );
  });
  it("match every path when there is nothing to match", () => {
    assert.deepEqual(ruleConditions(undefined, exact(""), [], "f"), [{ field: "path-pattern", values: ["/*"] }]);
  });
});

describe("action annotations", () => {
  const action = (value: unknown) => readAction(annotations("actions.x", JSON.stringify(value)), "x");

  it("are read without regard to the case of field names", () => {
    assert.deepEqual(action({ Type: "forward", TargetGroupArn: "x" }), {
      type: "forward",
      targets: [{ target: { kind: "target-group", arn: "x" } }],
    });
  });

  for (const [written, expected] of [
    ["80", 80],
    [80, 80],
    ["http", "http"],
  ] as const) {
    it(`read service port ${JSON.stringify(written)} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(
        action({ type: "forward", forwardConfig: { targetGroups: [{ serviceName: "s", servicePort: written }] } }),
        {
          type: "forward",
          targets: [{ target: { kind: "service", name: "s", port: expected } }],
        },
      );
    });
  }

  it("take numbers where AWS takes text, and numeric text where it takes numbers", () => {
    assert.deepEqual(action({ type: "redirect", redirectConfig: { statusCode: 301, port: 443 } }), {
      type: "redirect",
      port: "443",
      statusCode: "301",
    });
  });

  const refused: readonly (readonly [string, unknown])[] = [
    ["an unknown type", { type: "teleport" }],
    ["a forward without target", { type: "forward" }],
    ["both forms of a forward", { type: "forward", targetGroupARN: "x", forwardConfig: {} }],
    [
      "two targets of which one has no weight",
      {
        type: "forward",
        forwardConfig: { targetGroups: [{ targetGroupARN: "a", weight: 1 }, { targetGroupARN: "b" }] },
      },
    ],
    ["a target without service and ARN", { type: "forward", forwardConfig: { targetGroups: [{ weight: 1 }] } }],
    [
      "a target with both",
      { type: "forward", forwardConfig: { targetGroups: [{ serviceName: "s", targetGroupARN: "a" }] } },
    ],
    ["a service without port", { type: "forward", forwardConfig: { targetGroups: [{ serviceName: "s" }] } }],
    [
      "a weight over 999",
      { type: "forward", forwardConfig: { targetGroups: [{ targetGroupARN: "a", weight: 1000 }] } },
    ],
    ["a redirect without config", { type: "redirect" }],
    ["a redirect without status code", { type: "redirect", redirectConfig: {} }],
    ["a fixed response without config", { type: "fixed-response" }],
    [
      "a fixed response without status code",
      { type: "fixed-response", fixedResponseConfig: { contentType: "text/plain" } },
    ],
  ];
  for (const [what, value] of refused) {
    it(`may not have ${what}`, () => assert.throws(() => action(value), { code: "InvalidAnnotation" }));
  }

  it("that are not JSON say so with object, key and value", () => {
    assert.throws(
      () => readAction(annotations("actions.x", "{nope"), "x"),
      (error: unknown) =>
        error instanceof InputError &&
        error.input.field === "metadata.annotations[alb.ingress.kubernetes.io/actions.x]" &&
        error.input.value === "{nope" &&
        error.input.object?.name === "web",
    );
  });
});

describe("certificates", () => {
  for (const [host, expected] of [
    ["x.a.com", true],
    ["a.com", false],
    ["y.x.a.com", false],
    ["*.a.com", true],
  ] as const) {
    it(`for *.a.com ${expected ? "serve" : "do not serve"} ${host}`, () =>
      assert.equal(certificateMatches("*.a.com", host), expected));
  }
  it("of several members make one list, the first of the first member being the default", () => {
    const members = [
      { arns: ["1", "2"], discovered: false },
      { arns: ["2", "3", "1"], discovered: false },
    ];
    assert.deepEqual(
      mergeCertificates(members, () => undefined),
      { defaultARN: "1", extraARNs: ["2", "3"] },
    );
  });
  it("found by discovery keep the present default while it is among them", () => {
    const members = [{ arns: ["1", "2"], discovered: true }];
    assert.deepEqual(
      mergeCertificates(members, () => "2"),
      { defaultARN: "2", extraARNs: ["1"] },
    );
    assert.deepEqual(
      mergeCertificates(members, () => "9"),
      { defaultARN: "1", extraARNs: ["2"] },
    );
  });
  it("given by the user set the default, whatever it is now", () => {
    assert.equal(mergeCertificates([{ arns: ["1", "2"], discovered: false }], () => "2").defaultARN, "1");
  });
});

describe("the client in an OIDC Secret", () => {
  const encoded = (data: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  it("loses what editors leave behind", () => {
    assert.deepEqual(oidcClientOf(encoded({ clientID: "id \n", clientSecret: "s3cret\n" })), {
      value: { clientID: "id", clientSecret: "s3cret" },
    });
  });
  it("may be spelled clientId", () => {
    assert.deepEqual(oidcClientOf(encoded({ clientId: "id", clientSecret: "s" })), {
      value: { clientID: "id", clientSecret: "s" },
    });
  });
  it("must have both keys", () => {
    assert.deepEqual(oidcClientOf(encoded({ clientID: "id" })), { error: "missing key clientSecret" });
    assert.deepEqual(oidcClientOf(encoded({ clientSecret: "s" })), { error: "missing key clientID" });
  });
});
