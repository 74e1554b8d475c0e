import { AppError } from "../errors.ts";
import type { ResourceType } from "./resource-type.ts";

/** All resource types of the program, and the order that their dependencies impose. */
export interface Registry {
  /** Throws a `bug` for a type that nobody registered. */
  get(type: string): ResourceType;
  has(type: string): boolean;
  /** The given types, each after the types that it depends on or is found under. */
  inOrder(types: Iterable<string>): readonly string[];
  /** The given types, so that each comes after what carries it and after what it keeps working. */
  inDeletionOrder(types: Iterable<string>): readonly string[];
  /** Whether instances of `type` must be gone before instances of `other` can be deleted. */
  deletedBefore(type: string, other: string): boolean;
  all(): readonly ResourceType[];
}

export function createRegistry(types: readonly ResourceType[]): Registry {
  const byName = new Map(types.map((type) => [type.type, type]));
  const ranks = new Map<string, number>();

  function get(name: string): ResourceType {
    const type = byName.get(name);
    if (type === undefined)
      throw new AppError(`resource type "${name}" is not registered`, { class: "bug", code: "UnknownType" });
    return type;
  }

  function rank(name: string, trail: readonly string[] = []): number {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    if (trail.includes(name)) {
      throw new AppError(`resource types depend on each other: ${[...trail, name].join(" -> ")}`, {
        class: "bug",
        code: "TypeCycle",
      });
    }
    const type = byName.get(name);
    const before = type === undefined ? [] : [...type.dependsOn, ...type.parents].filter((other) => other !== name);
    const result = 1 + Math.max(-1, ...before.map((other) => rank(other, [...trail, name])));
    ranks.set(name, result);
    return result;
  }

  /** A load balancer holds what its listeners hold: deleting it is what frees the target groups. */
  function holds(name: string): ReadonlySet<string> {
    const passengers = types.filter((type) => type.deletedWith === name);
    return new Set(
      [...get(name).dependsOn, ...passengers.flatMap((type) => [...holds(type.type)])].filter(
        (other) => other !== name,
      ),
    );
  }

  const inOrder = (names: Iterable<string>): string[] =>
    [...new Set(names)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const isKeptBy = (name: string, keeper: string): boolean => byName.get(keeper)?.deletedAfter?.includes(name) === true;

  /** What goes with its parent is only gone when the parent is. */
  const carries = (carrier: string, name: string): boolean => {
    const parent = byName.get(name)?.deletedWith;
    return parent !== undefined && (parent === carrier || carries(carrier, parent));
  };

  return {
    get,
    has: (name) => byName.has(name),
    inOrder,
    inDeletionOrder(names) {
      const left = inOrder(names).toReversed();
      const order: string[] = [];
      while (left.length > 0) {
        const free = left.findIndex((name) => !left.some((other) => isKeptBy(other, name) || carries(other, name)));
        order.push(...left.splice(Math.max(0, free), 1));
      }
      return order;
    },
    deletedBefore: (name, other) => holds(name).has(other) || isKeptBy(name, other),
    all: () => types,
  };
}
