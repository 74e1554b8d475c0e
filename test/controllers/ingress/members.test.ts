import assert from "node:assert/strict";
import type { Ingress } from "../../../src/api/builtin.ts";
import type { IngressBuild } from "../../../src/controllers/ingress/build.ts";
import { defaultQuotas, type GroupMember } from "../../../src/controllers/ingress/input.ts";
import type { ListenerSpec, LoadBalancerSpec, RuleSpec } from "../../../src/resources/elbv2/specs.ts";
import { type BuildOptions, build, ingress, path, prefix, resources, service, settings } from "./fixtures.ts";

const shop = { group: { namespace: "", name: "shop" } } as const;
const services = ["a", "b", "c"].map((name) => service(`ns/${name}`));

function member(
  name: string,
  options: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly host?: string;
    readonly created?: string;
  } = {},
): Ingress {
  return ingress(`ns/${name}`, {
    annotations: { "group.name": "shop", ...options.annotations },
    spec: { rules: [{ host: options.host ?? `${name}.example.com`, http: path("/", name) }] },
    metadata: { creationTimestamp: options.created ?? "2026-01-01T00:00:00Z" },
  });
}

function hosts(result: IngressBuild): readonly string[] {
  return resources<RuleSpec>(result, "elbv2/Rule").flatMap(({ spec }) =>
    spec.conditions.flatMap((condition) => (condition.field === "host-header" ? (condition.values ?? []) : [])),
  );
}

function versions(result: IngressBuild): Readonly<Record<string, string>> {
  return Object.fromEntries(result.members.map(({ key, version }) => [key, version]));
}

/** The member with the content of `good` remembered and that of `bad` present. */
function edited(good: Ingress, bad: Ingress): GroupMember {
  const accepted = group([good]).members[0]?.accepted;
  assert.ok(accepted);
  return { ingress: bad, accepted };
}

function group(members: readonly (Ingress | GroupMember)[], options: BuildOptions = {}): IngressBuild {
  return build(members, { ...shop, services, ...options });
}

describe("a bad member of a group", () => {
  const bad = { "target-type": "pod" };

  it("stays out if it was never good, and the others go on", () => {
    const result = group([member("a"), member("b", { annotations: bad }), member("c")]);
    assert.deepEqual(versions(result), { "ns/a": "current", "ns/b": "omitted", "ns/c": "current" });
    assert.deepEqual(hosts(result), ["a.example.com", "c.example.com"]);
    const [problem] = result.members[1]?.problems ?? [];
    assert.equal(problem?.reason, "InvalidAnnotation");
    assert.equal(problem?.field, `metadata.annotations[${prefix}target-type]`);
    assert.equal(problem?.value, "pod");
    assert.match(problem?.message ?? "", /must be one of instance, ip/);
    assert.deepEqual(result.members[0]?.problems, []);
  });

  it("keeps its last good rules", () => {
    const result = group([
      member("a"),
      edited(member("b"), member("b", { annotations: bad, host: "new.example.com" })),
    ]);
    assert.deepEqual(versions(result), { "ns/a": "current", "ns/b": "accepted" });
    assert.deepEqual(hosts(result), ["a.example.com", "b.example.com"]);
    assert.equal(result.members[1]?.problems[0]?.value, "pod");
  });

  it("holds the group when it took part before and nothing is remembered of it", () => {
    const held = ingress("ns/b", {
      ...member("b"),
      annotations: { "group.name": "shop", ...bad },
      metadata: { finalizers: ["group.ingress.k8s.aws/shop"] },
    });
    const existing = [
      { arn: "arn:shop", name: "k8s-shop", scheme: "internal", subnetIDs: ["subnet-a", "subnet-b"] },
    ] as const;
    const result = group([member("a"), held], { existing });
    assert.equal(result.stack, undefined);
    assert.match(result.held ?? "", /ns\/b/);
  });

  it("whose class is gone keeps its last good rules", () => {
    const gone: GroupMember = {
      ...edited(member("b"), member("b")),
      unplaced: {
        reason: "IngressClassNotFound",
        field: "spec.ingressClassName",
        value: "alb",
        message: "IngressClass not found",
      },
    };
    const result = group([member("a"), gone]);
    assert.deepEqual(hosts(result), ["a.example.com", "b.example.com"]);
    assert.equal(result.members[1]?.problems[0]?.reason, "IngressClassNotFound");
  });

  it("with a host without certificate does not touch the others", () => {
    const secure = { "listen-ports": '[{"HTTPS":443}]' };
    const result = group([member("a", { annotations: secure }), member("b", { annotations: secure })], {
      facts: [
        [{ kind: "certificates" }, { value: [{ arn: "arn:1", names: ["a.example.com"], type: "AMAZON_ISSUED" }] }],
      ],
    });
    assert.deepEqual(versions(result), { "ns/a": "current", "ns/b": "omitted" });
    assert.equal(result.members[1]?.problems[0]?.value, "b.example.com");
  });
});

describe("settings on which members disagree", () => {
  it("are decided by the lower order, then by the older member; the other is told and goes on", () => {
    const result = group([
      member("a", { annotations: { scheme: "internal" }, created: "2026-02-01T00:00:00Z" }),
      member("b", { annotations: { scheme: "internet-facing" }, created: "2026-01-01T00:00:00Z" }),
    ]);
    assert.equal(resources<LoadBalancerSpec>(result, "elbv2/LoadBalancer")[0]?.spec.scheme, "internet-facing");
    assert.deepEqual(hosts(result), ["a.example.com", "b.example.com"]);
    assert.deepEqual(
      result.problems.map(({ object, reason }) => [object.name, reason]),
      [["a", "ConflictingSettings"]],
    );
  });

  it("are no conflict when they are equal as sets", () => {
    const result = group([
      member("a", { annotations: { "inbound-cidrs": "10.0.0.0/8,192.168.0.0/16" } }),
      member("b", { annotations: { "inbound-cidrs": "192.168.0.0/16, 10.0.0.0/8" } }),
    ]);
    assert.deepEqual(result.problems, []);
  });

  it("merge maps by key", () => {
    const result = group([
      member("a", { annotations: { "load-balancer-attributes": "idle_timeout.timeout_seconds=30" } }),
      member("b", {
        annotations: { "load-balancer-attributes": "idle_timeout.timeout_seconds=60,routing.http2.enabled=false" },
      }),
    ]);
    assert.deepEqual(resources<LoadBalancerSpec>(result, "elbv2/LoadBalancer")[0]?.spec.attributes, {
      "idle_timeout.timeout_seconds": "30",
      "routing.http2.enabled": "false",
    });
    assert.deepEqual(
      result.problems.map(({ object }) => object.name),
      ["b"],
    );
  });

  it("include the default backend", () => {
    const withDefault = (name: string): Ingress =>
      ingress(`ns/${name}`, {
        annotations: { "group.name": "shop" },
        spec: { defaultBackend: { service: { name, port: { number: 80 } } } },
      });
    const result = group([withDefault("a"), withDefault("b")]);
    const [listener] = resources<ListenerSpec>(result, "elbv2/Listener");
    assert.match(JSON.stringify(listener?.spec.defaultActions), /ns\/a-a:80/);
    assert.deepEqual(
      result.problems.map(({ object, field }) => [object.name, field]),
      [["b", "spec.defaultBackend"]],
    );
  });
});

describe("quotas", () => {
  it("are counted before anything is built: the member that came last stays out", () => {
    const quotas = { ...defaultQuotas, rules: 2 };
    const result = group(
      [member("a", { created: "2026-01-03T00:00:00Z" }), member("b"), member("c", { created: "2026-01-02T00:00:00Z" })],
      { settings: { ...settings, quotas } },
    );
    assert.deepEqual(versions(result), { "ns/a": "omitted", "ns/b": "current", "ns/c": "current" });
    const [problem] = result.members[0]?.problems ?? [];
    assert.equal(problem?.reason, "QuotaExceeded");
    assert.match(problem?.message ?? "", /3 rules, the quota is 2 \(TooManyRules\)/);
  });

  it("are the account's own where they are higher", () => {
    const quotas = { ...defaultQuotas, rules: 2 };
    const members = ["a", "b", "c"].map((name) => member(name));
    const asked = { kind: "account-limits" } as const;
    const result = group(members, {
      settings: { ...settings, quotas },
      facts: [[asked, { value: { "rules-per-application-load-balancer": 3 } }]],
    });
    assert.deepEqual(result.problems, []);
    assert.equal(resources(result, "elbv2/Rule").length, 3);
  });

  it("do not cost a member what it already has", () => {
    const quotas = { ...defaultQuotas, rules: 1 };
    const members = [edited(member("a"), member("a")), edited(member("b"), member("b"))];
    const result = group(members, { settings: { ...settings, quotas } });
    assert.deepEqual(hosts(result), ["a.example.com", "b.example.com"]);
  });

  it("count the edit that exceeds them, and keep what the member had", () => {
    const quotas = { ...defaultQuotas, rules: 2 };
    const more = ingress("ns/b", {
      annotations: { "group.name": "shop" },
      spec: { rules: ["b", "b2"].map((name) => ({ host: `${name}.example.com`, http: path("/", "b") })) },
    });
    const result = group([edited(member("a"), member("a")), edited(member("b"), more)], {
      settings: { ...settings, quotas },
    });
    assert.deepEqual(versions(result), { "ns/a": "current", "ns/b": "accepted" });
    assert.deepEqual(hosts(result), ["a.example.com", "b.example.com"]);
  });
});

describe("a build", () => {
  it("does not change its input", () => {
    const members = [member("a"), member("b", { annotations: { "target-type": "pod" } })].map(freeze);
    assert.ok(group(members).stack);
  });

  it("gives the same Stack for the same input", () => {
    const members = [member("a"), member("b")];
    assert.deepEqual(group(members).stack, group(members).stack);
  });
});

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
