import type { FieldError } from "../resource-definition.ts";
import { invalidBy, invalidValue, required } from "./field-errors.ts";
import { fieldsAt, textAt } from "./fields.ts";
import { qualifiedName } from "./name-rules.ts";
import { compareQuantities, isWholeQuantity } from "./quantity.ts";

const NEGATIVE = "must be greater than or equal to 0";
const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);
const quotaResources = [
  "pods",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const standard = new Set([...containerResources, ...quotaResources, "storage"]);

/** What a container asks for, and its limits. */
export function checkResources(resources: unknown, path: string): readonly FieldError[] {
  const limits = fieldsAt(resources, "limits");
  const errors: FieldError[] = [];
  for (const [name, value] of sorted(limits)) {
    errors.push(...checkResource(name, value, `${path}.limits[${name}]`));
  }
  for (const [name, value] of sorted(fieldsAt(resources, "requests"))) {
    errors.push(...checkResource(name, value, `${path}.requests[${name}]`));
    const limit = textAt(limits, name);
    const isShared = !name.includes("/") && !name.startsWith("hugepages-");
    if (limit === undefined) {
      if (!isShared) errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
      continue;
    }
    const order = compareQuantities(value, limit);
    if (order !== 0 && !isShared) {
      errors.push(invalidValue(`${path}.requests`, value, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(invalidValue(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

/** A name among the resources that containers have, and an amount that is not negative. */
function checkResource(name: string, value: string, path: string): readonly FieldError[] {
  return [...checkContainerResourceName(name, path), ...checkAmount(name, value, path)];
}

export function checkContainerResourceName(name: string, path: string): readonly FieldError[] {
  const errors = checkResourceName(name, path);
  const isNative = containerResources.has(name) || name.startsWith("hugepages-");
  if (name.includes("/") || isNative) return errors;
  return [...errors, invalidValue(path, name, "must be a standard resource for containers")];
}

export function checkResourceName(name: string, path: string): readonly FieldError[] {
  const problems = invalidBy(qualifiedName, path, name);
  if (problems.length > 0 || name.includes("/")) return problems;
  if (standard.has(name) || name.startsWith("hugepages-")) return [];
  return [invalidValue(path, name, "must be a standard resource type or fully qualified")];
}

/** A resource of a quota: a standard one, a count of objects, or one with a domain. */
export function checkQuotaResource(name: string, value: string, path: string): readonly FieldError[] {
  const problems = invalidBy(qualifiedName, path, name);
  const isKnown =
    quotaResources.includes(name) || containerResources.has(name) || /^(requests\.)?hugepages-/.test(name);
  if (!name.includes("/") && !isKnown) problems.push(invalidValue(path, name, "must be a standard resource for quota"));
  return [...problems, ...checkAmount(name, value, path)];
}

export function checkAmount(name: string, value: string, path: string): readonly FieldError[] {
  if (compareQuantities(value, "0") < 0) return [invalidValue(path, value, NEGATIVE)];
  const isCounted = name.includes("/") || quotaResources.slice(8).includes(name) || name === "pods";
  return isCounted && !isWholeQuantity(value) ? [invalidValue(path, value, "must be an integer")] : [];
}

function sorted(amounts: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(amounts)
    .map(([name, value]) => [name, String(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
