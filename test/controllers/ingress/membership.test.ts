import assert from "node:assert/strict";
import type { Ingress } from "../../../src/api/builtin.ts";
import { ingressKey } from "../../../src/controllers/ingress/group.ts";
import { type ClassSurroundings, classifyIngress } from "../../../src/controllers/ingress/ingress-class.ts";
import { membershipOf } from "../../../src/controllers/ingress/membership.ts";
import {
  keysForClass,
  keysForClassParams,
  keysForIngress,
  keysForSecret,
  keysForService,
} from "../../../src/controllers/ingress/wake.ts";
import { ingress, path, service } from "./fixtures.ts";
import { classParams, classSurroundings, ingressClass, ingressLister } from "./kube.ts";

const alb = { ingressClassName: "alb" };

describe("whose an Ingress is", () => {
  const withAnnotation = (value: string, spec: Ingress["spec"] = {}): Ingress =>
    ingress("ns/web", { spec, metadata: { annotations: { "kubernetes.io/ingress.class": value } } });
  const rows: readonly (readonly [string, Ingress, ClassSurroundings, string])[] = [
    ["annotation alb", withAnnotation("alb"), classSurroundings(), "ours"],
    ["annotation of another controller beside our class", withAnnotation("nginx", alb), classSurroundings(), "foreign"],
    ["an empty annotation", withAnnotation("", alb), classSurroundings(), "foreign"],
    ["an annotation that differs in case", withAnnotation("ALB"), classSurroundings(), "foreign"],
    ["annotation alb when the flag is empty", withAnnotation("alb"), classSurroundings([], [], ""), "ours"],
    ["our class", ingress("ns/web", { spec: alb }), classSurroundings(), "ours"],
    [
      "a class of another controller",
      ingress("ns/web", { spec: alb }),
      classSurroundings([ingressClass("alb", { controller: "eks.amazonaws.com/alb" })]),
      "foreign",
    ],
    ["a class that does not exist", ingress("ns/web", { spec: alb }), classSurroundings([]), "invalid"],
    ["no class", ingress("ns/web"), classSurroundings(), "foreign"],
    ["no class when the flag is empty", ingress("ns/web"), classSurroundings([], [], ""), "ours"],
    [
      "no class and a default class of ours",
      ingress("ns/web"),
      classSurroundings([ingressClass("x", { isDefault: true })]),
      "ours",
    ],
    [
      "no class and two default classes",
      ingress("ns/web"),
      classSurroundings([ingressClass("x", { isDefault: true }), ingressClass("y", { isDefault: true })]),
      "invalid",
    ],
    [
      "a class whose parameters do not exist",
      ingress("ns/web", { spec: alb }),
      classSurroundings([ingressClass("alb", { params: "p" })]),
      "invalid",
    ],
    [
      "a class for other namespaces",
      ingress("ns/web", { spec: alb }),
      classSurroundings(
        [ingressClass("alb", { params: "p" })],
        [classParams("p", { namespaceSelector: { matchLabels: { team: "other" } } })],
      ),
      "invalid",
    ],
    [
      "a class for its namespace",
      ingress("ns/web", { spec: alb }),
      classSurroundings(
        [ingressClass("alb", { params: "p" })],
        [classParams("p", { namespaceSelector: { matchLabels: { team: "ns" } } })],
      ),
      "ours",
    ],
  ];
  for (const [what, object, surroundings, expected] of rows) {
    it(`with ${what} is ${expected}`, () => assert.equal(classifyIngress(object, surroundings).kind, expected));
  }
});

describe("members of a group", () => {
  const shop = (name: string, metadata: Partial<Ingress["metadata"]> = {}): Ingress =>
    ingress(`ns/${name}`, {
      spec: alb,
      metadata: { annotations: { "alb.ingress.kubernetes.io/group.name": "shop" }, ...metadata },
    });
  const held = { finalizers: ["group.ingress.k8s.aws/shop"] };
  const deleting = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  const group = { namespace: "", name: "shop" };
  const of = (ingresses: readonly Ingress[], classes = classSurroundings()) => {
    const { active, inactive } = membershipOf(group, { ingresses: ingressLister(ingresses), classes });
    return {
      active: active.map(
        (member) => `${ingressKey(member.ingress)}${member.unplaced === undefined ? "" : " unplaced"}`,
      ),
      inactive: inactive.map(ingressKey),
    };
  };

  it("are those that name it; those that left it and are held by its finalizer are leaving", () => {
    const moved = ingress("ns/moved", { spec: alb, metadata: held });
    const foreign = ingress("ns/foreign", { spec: { ingressClassName: "nginx" }, metadata: held });
    const classes = classSurroundings([ingressClass("alb"), ingressClass("nginx", { controller: "k8s.io/nginx" })]);
    const ingresses = [shop("a"), shop("b", { ...held, ...deleting }), shop("c", deleting), moved, foreign];
    assert.deepEqual(of(ingresses, classes), { active: ["ns/a"], inactive: ["ns/b", "ns/moved", "ns/foreign"] });
  });

  it("stay members when their class is gone", () => {
    const ingresses = [
      shop("a", { annotations: { "alb.ingress.kubernetes.io/group.name": "shop" }, ...held }),
      shop("b"),
    ];
    assert.deepEqual(of(ingresses, classSurroundings([])), { active: ["ns/a unplaced"], inactive: [] });
  });

  it("may be told by the parameters of their class", () => {
    const classes = classSurroundings(
      [ingressClass("alb", { params: "p" })],
      [classParams("p", { group: { name: "shop" } })],
    );
    assert.deepEqual(of([ingress("ns/a", { spec: alb }), ingress("other/b", { spec: alb })], classes).active, [
      "ns/a",
      "other/b",
    ]);
  });
});

describe("the groups that an event wakes", () => {
  const classes = classSurroundings();
  const plain = ingress("ns/web", { spec: { ...alb, rules: [{ http: path("/", "web") }] } });
  const ingresses = ingressLister([plain]);
  const context = { ingresses, classes };

  it("are the Ingress's own and those of its finalizers", () => {
    const moved = {
      ...plain,
      metadata: { ...plain.metadata, finalizers: ["group.ingress.k8s.aws/old", "ingress.k8s.aws/resources"] },
    };
    assert.deepEqual(keysForIngress({ type: "add", key: "ns/web", old: undefined, new: moved }, classes), [
      "old",
      "ns/web",
    ]);
  });

  it("are none for changes of labels, status and finalizers", () => {
    const touched: Ingress = {
      ...plain,
      metadata: { ...plain.metadata, labels: { a: "b" }, finalizers: ["x"], resourceVersion: "2" },
      status: {},
    };
    assert.deepEqual(keysForIngress({ type: "update", key: "ns/web", old: plain, new: touched }, classes), []);
  });

  it("are the old and the new one when an Ingress moves", () => {
    const moved = {
      ...plain,
      metadata: { ...plain.metadata, annotations: { "alb.ingress.kubernetes.io/group.name": "shop" } },
    };
    assert.deepEqual(keysForIngress({ type: "update", key: "ns/web", old: plain, new: moved }, classes), [
      "ns/web",
      "shop",
    ]);
  });

  it("are none for foreign Ingresses, also where the class does not exist", () => {
    const foreign = ingress("ns/f", { spec: { ingressClassName: "gone" } });
    assert.deepEqual(keysForIngress({ type: "add", key: "ns/f", old: undefined, new: foreign }, classes), []);
  });

  it("are those that name a changed Service", () => {
    const before = service("ns/web");
    const after = service("ns/web", { spec: { ports: [{ port: 81 }] } });
    assert.deepEqual(keysForService({ type: "update", key: "ns/web", old: before, new: after }, context), ["ns/web"]);
    assert.deepEqual(keysForService({ type: "update", key: "ns/web", old: before, new: before }, context), []);
    assert.deepEqual(keysForService({ type: "delete", key: "ns/web", old: before, new: undefined }, context), [
      "ns/web",
    ]);
    assert.deepEqual(keysForService({ type: "delete", key: "other/web", old: before, new: undefined }, context), []);
  });

  it("are those of a class, and of its parameters", () => {
    const old = ingressClass("alb");
    const changed = ingressClass("alb", { params: "p" });
    const withParams = { ingresses, classes: classSurroundings([changed], [classParams("p", {})]) };
    assert.deepEqual(keysForClass({ type: "update", key: "alb", old, new: changed }, withParams), ["ns/web"]);
    assert.deepEqual(
      keysForClassParams({ type: "add", key: "p", old: undefined, new: classParams("p", {}) }, withParams),
      ["ns/web"],
    );
  });

  it("are those whose annotations, or whose Service's, name a changed Secret", () => {
    const oidc = {
      issuer: "i",
      authorizationEndpoint: "a",
      tokenEndpoint: "t",
      userInfoEndpoint: "u",
      secretName: "client",
    };
    const direct = ingress("ns/direct", { spec: alb, annotations: { "auth-idp-oidc": JSON.stringify(oidc) } });
    const all = { ingresses: ingressLister([plain, direct]), classes };
    assert.deepEqual(keysForSecret("ns/client", [service("ns/web")], all), ["ns/direct", "ns/web"]);
  });
});
