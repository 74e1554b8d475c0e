import { canonicalJson, sha256Hex } from "../json.ts";
import type { Stack } from "./stack.ts";

/** Equal for Stacks that want the same AWS state. Problems do not count, and no secret goes in (specs carry hashes of them). */
export function stackHash(stack: Stack): string {
  const resources = stack.resources
    .map((resource) => canonicalJson({ ...resource, spec: withoutSecrets(resource.spec) }))
    .toSorted();
  return sha256Hex([canonicalJson({ ownership: stack.ownership, resources })], 40);
}

const secretFields: ReadonlySet<string> = new Set(["clientSecret"]);

/** A copy without the values of secret fields; what compares and prints specs uses it. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretFields.has(key) ? "[redacted]" : withoutSecrets(inner)]),
  );
}
