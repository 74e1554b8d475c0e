import { createRegistry, type Registry } from "../../src/engine/registry.ts";
import type { Difference, Observed, ResourceType } from "../../src/engine/resource-type.ts";
import { type Resource, ref, type Stack } from "../../src/engine/stack.ts";
import { AppError } from "../../src/errors.ts";

/** Thrown in place of everything that follows the death of the process. */
export class Killed extends Error {}

interface Thing {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  spec: Record<string, unknown>;
  state: Observed["state"];
}

/** A tiny cloud of four resource types, with names that must be unique and references that block deletion. */
export class World {
  readonly things = new Map<string, Thing>();
  readonly calls: string[] = [];
  /** The process dies at this call (counted from 1), before or after the cloud has processed it. */
  killAt: number | undefined;
  killAfter = false;
  failOn: ((call: string) => Error | undefined) | undefined;
  #serial = 0;
  #dead = false;

  readonly registry: Registry = createRegistry([
    this.#type("t/Group", []),
    this.#type("t/Balancer", ["t/Group"], { replacing: "scheme", inventoried: true }),
    this.#type("t/Pool", [], { replacing: "protocol", inventoried: true }),
    this.#type("t/Listener", ["t/Balancer", "t/Pool"], { parent: "t/Balancer", replacing: "balancer" }),
  ]);

  revive(): void {
    this.#dead = false;
    this.killAt = undefined;
    this.calls.length = 0;
  }

  get(type: string, id: string): Thing | undefined {
    return [...this.things.values()].find((thing) => thing.type === type && thing.id === id);
  }

  /** What is there, without the serial numbers that differ between runs. */
  summary(): readonly string[] {
    const byArn = this.things;
    const plain = (value: unknown): unknown => {
      if (typeof value === "string" && byArn.has(value)) return `<${byArn.get(value)?.id}>`;
      return value;
    };
    return [...this.things.values()]
      .map((thing) => `${thing.type} ${thing.id} ${JSON.stringify(thing.spec, (_key, value: unknown) => plain(value))}`)
      .toSorted();
  }

  #call(name: string, act: () => void): void {
    if (this.#dead) throw new Killed();
    this.calls.push(name);
    const dies =
      this.calls.filter((call) => !call.startsWith("list")).length === this.killAt && !name.startsWith("list");
    if (dies && !this.killAfter) this.#die();
    const failure = this.failOn?.(name);
    if (failure !== undefined) throw failure;
    act();
    if (dies) this.#die();
  }

  #die(): never {
    this.#dead = true;
    throw new Killed();
  }

  #type(
    type: string,
    dependsOn: readonly string[],
    { parent, replacing, inventoried }: { parent?: string; replacing?: string; inventoried?: boolean } = {},
  ): ResourceType<Record<string, unknown>> {
    const observedOf = (arn: string, thing: Thing): Observed<Record<string, unknown>> => ({
      type,
      id: thing.id,
      spec: thing.spec,
      outputs: { arn },
      state: thing.state,
    });
    return {
      type,
      iamActions: [],
      dependsOn,
      parents: parent === undefined ? [] : [parent],
      ...(parent === undefined ? {} : { deletedWith: parent }),
      ...(inventoried === undefined ? {} : { inventoried }),
      observe: async () => {
        let found: Observed<Record<string, unknown>>[] = [];
        this.#call(`list ${type}`, () => {
          found = [...this.things]
            .filter(([, thing]) => thing.type === type)
            .map(([arn, thing]) => observedOf(arn, thing));
        });
        return found;
      },
      compare: (desired, observed): readonly Difference[] =>
        Object.entries(desired)
          .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(observed[field]))
          .map(([field, to]) => ({ field, from: observed[field], to, replace: field === replacing })),
      create: async (resource) => {
        const arn = `arn:${type}:${++this.#serial}`;
        const thing: Thing = {
          type,
          id: resource.id,
          name: `${type}-${resource.id}`,
          spec: { ...resource.spec },
          state: "ready",
        };
        this.#call(`create ${type} ${resource.id}`, () => void this.things.set(arn, thing));
        return observedOf(arn, thing);
      },
      update: async ({ resource, observed }) => {
        const arn = String(observed.outputs["arn"]);
        this.#call(`update ${type} ${resource.id}`, () => {
          const thing = this.things.get(arn);
          if (thing === undefined) throw new AppError("gone", { class: "missing", code: "NotFound" });
          thing.spec = { ...thing.spec, ...resource.spec };
        });
        const thing = this.things.get(arn);
        if (thing === undefined) throw new AppError("gone", { class: "missing", code: "NotFound" });
        return observedOf(arn, thing);
      },
      delete: async (observed) => {
        const arn = String(observed.outputs["arn"]);
        let waiting = false;
        this.#call(`delete ${type} ${observed.id}`, () => {
          const users = [...this.things].filter(([, thing]) => JSON.stringify(thing.spec).includes(`"${arn}"`));
          const passengers = users.filter(([, thing]) => this.registry.get(thing.type).deletedWith === type);
          if (users.length > passengers.length) {
            waiting = true;
            return;
          }
          for (const [user] of passengers) this.things.delete(user);
          this.things.delete(arn);
        });
        return waiting ? { kind: "waiting", reason: "in use", retryAfterMs: 1000 } : { kind: "deleted" };
      },
      protectedBy: (observed) => (observed.spec["protected"] === true ? "deletion protection is on" : undefined),
    };
  }
}

export const allTypes = ["t/Group", "t/Balancer", "t/Pool", "t/Listener"];

/** A balancer with a security group, two pools and a listener on each. */
export function sampleStack(
  overrides: { scheme?: string; protocol?: string; ports?: readonly number[]; balancer?: object } = {},
): Stack {
  const ports = overrides.ports ?? [80, 443];
  const resources: Resource[] = [
    { type: "t/Group", id: "group", spec: { rules: ports.length } },
    {
      type: "t/Balancer",
      id: "balancer",
      spec: { scheme: overrides.scheme ?? "internal", groups: [ref("t/Group", "group", "arn")], ...overrides.balancer },
    },
    ...ports.flatMap((port): Resource[] => [
      { type: "t/Pool", id: `pool-${port}`, spec: { protocol: overrides.protocol ?? "HTTP", port } },
      {
        type: "t/Listener",
        id: String(port),
        spec: { balancer: ref("t/Balancer", "balancer", "arn"), pool: ref("t/Pool", `pool-${port}`, "arn"), port },
      },
    ]),
  ];
  return stackOf(resources);
}

export function stackOf(resources: readonly Resource[]): Stack {
  return {
    owner: { kind: "Ingress", namespace: "default", name: "web" },
    ownership: { tags: { cluster: "c", stack: "default/web" }, idTag: "resource" },
    types: allTypes,
    resources,
    problems: [],
  };
}
