import type { KubeObject } from "../resource-definition.ts";
import { deprecatedPodParts } from "./deprecated-pod-parts.ts";
import { type Fields, fieldsAt, isFields, numberAt, objectsAt, stringAt, textAt, valueAt } from "./fields.ts";
import { hostNameWarnings } from "./name-warnings.ts";
import { isWholeQuantity } from "./quantity.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
const NO_SELECTOR = "a null labelSelector results in matching no pod";

/** What the API server warns of in a pod: what it takes, and what will not do what its author may think. */
export function podWarnings(pod: KubeObject, old: KubeObject | undefined): readonly string[] {
  if (old !== undefined) return [];
  return [...hostNameWarnings(pod, "the Pod's hostname"), ...specWarnings(pod, "spec")];
}

/** The same for the template of a workload at `spec.template`. */
export function templateWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  if (object.metadata.generation === old?.metadata.generation) return [];
  return specWarnings(fieldsAt(object, "spec", "template"), "spec.template.spec");
}

/** The same for a Deployment, whose name becomes part of the names of its pods. */
export function deploymentWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  const ofName = old === undefined ? hostNameWarnings(object, "Pod names and hostnames") : [];
  return [...ofName, ...templateWarnings(object, old)];
}

/** The same for the template in a CronJob. */
export function jobTemplateWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  if (object.metadata.generation === old?.metadata.generation) return [];
  return specWarnings(
    fieldsAt(object, "spec", "jobTemplate", "spec", "template"),
    "spec.jobTemplate.spec.template.spec",
  );
}

/** `path` is that of the spec of the pod or template. */
function specWarnings(pod: Fields, path: string): readonly string[] {
  const spec = fieldsAt(pod, "spec");
  const grace = numberAt(spec, "terminationGracePeriodSeconds") ?? 0;
  const isTooShort = `${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`;
  return [
    ...deprecatedPodParts(spec, fieldsAt(pod, "metadata"), path),
    ...objectsAt(spec, "topologySpreadConstraints").flatMap((constraint, index) =>
      constraint["labelSelector"] === undefined
        ? [`${path}.topologySpreadConstraints[${index}].labelSelector: ${NO_SELECTOR}`]
        : [],
    ),
    ...repeated(objectsAt(spec, "hostAliases"), "ip", `${path}.hostAliases`),
    ...repeated(objectsAt(spec, "imagePullSecrets"), "name", `${path}.imagePullSecrets`),
    ...objectsAt(spec, "imagePullSecrets").flatMap((secret, index) =>
      (stringAt(secret, "name") ?? "") === "" ? [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...containersOf(spec, path).flatMap(({ container, at }) => containerWarnings(container, at)),
    ...portWarnings(spec, path),
    ...(grace < 0 ? [isTooShort] : []),
    ...["podAffinity", "podAntiAffinity"].flatMap((kind) =>
      affinityWarnings(valueAt(spec, "affinity", kind), `${path}.affinity.${kind}`),
    ),
  ];
}

/** Init containers come first, as the API server visits them. */
function containersOf(spec: Fields, path: string): readonly { readonly container: Fields; readonly at: string }[] {
  return ["initContainers", "containers"].flatMap((list) =>
    objectsAt(spec, list).map((container, index) => ({ container, at: `${path}.${list}[${index}]` })),
  );
}

function repeated(items: readonly Fields[], field: string, path: string): readonly string[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const value = stringAt(item, field) ?? "";
    const warning = `${path}[${index}].${field}: duplicate ${field} ${JSON.stringify(value)}`;
    const warnings = seen.has(value) ? [warning] : [];
    seen.add(value);
    return warnings;
  });
}

function containerWarnings(container: Fields, path: string): readonly string[] {
  const warnings: string[] = [];
  for (const name of ["memory", "ephemeral-storage"]) {
    for (const part of ["limits", "requests"]) {
      const amount = textAt(container, "resources", part, name);
      if (amount === undefined || isWholeQuantity(amount)) continue;
      const what = `fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`;
      warnings.push(`${path}.resources.${part}[${name}]: ${what}`);
    }
  }
  const names = new Set<string>();
  for (const [index, variable] of objectsAt(container, "env").entries()) {
    const name = stringAt(variable, "name") ?? "";
    const [value, reference] = [stringAt(variable, "value") ?? "", `$(${name})`];
    const isHiding = isFields(variable["valueFrom"]) || value === reference || !value.includes(reference);
    if (names.has(name) && isHiding) {
      const what = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
      warnings.push(`${path}.env[${index}]: ${what}`);
    }
    names.add(name);
  }
  return warnings;
}

function portWarnings(spec: Fields, path: string): readonly string[] {
  const ports = containersOf(spec, path).flatMap(({ container, at }) =>
    objectsAt(container, "ports").map((port, index) => ({ port, at: `${at}.ports[${index}]` })),
  );
  const numbers: string[] = [];
  const names: string[] = [];
  const hostOf = (port: Fields): readonly [string, number] => [
    stringAt(port, "hostIP") ?? "",
    numberAt(port, "hostPort") ?? 0,
  ];
  for (const [index, { port, at }] of ports.entries()) {
    const name = stringAt(port, "name") ?? "";
    const earlier = ports.slice(0, index);
    const namesake = earlier.find((other) => name !== "" && stringAt(other.port, "name") === name)?.at;
    if (namesake !== undefined) {
      const what = `services and probes that select ports by name will use ${namesake}`;
      names.push(`${at}: duplicate port name ${JSON.stringify(name)} with ${namesake}, ${what}`);
    }
    for (const other of earlier) {
      const isSame =
        other.port["containerPort"] === port["containerPort"] && other.port["protocol"] === port["protocol"];
      if (!isSame) continue;
      const [[ip, host], [otherIp, otherHost]] = [hostOf(port), hostOf(other.port)];
      if (ip === otherIp && host === otherHost) numbers.push(`${at}: duplicate port definition with ${other.at}`);
      else if (host === 0 || otherHost === 0) numbers.push(`${at}: overlapping port definition with ${other.at}`);
      else if (host === otherHost && (ip === "") !== (otherIp === "")) {
        numbers.push(`${at}: dangerously ambiguous port definition with ${other.at}`);
      }
    }
  }
  return [...numbers, ...names];
}

function affinityWarnings(affinity: unknown, path: string): readonly string[] {
  const isOpen = (term: unknown): boolean => valueAt(term, "labelSelector") === undefined;
  return [
    ...objectsAt(affinity, REQUIRED).flatMap((term, index) =>
      isOpen(term) ? [`${path}.${REQUIRED}[${index}].labelSelector: ${NO_SELECTOR}`] : [],
    ),
    ...objectsAt(affinity, PREFERRED).flatMap((weighted, index) =>
      isOpen(valueAt(weighted, "podAffinityTerm"))
        ? [`${path}.${PREFERRED}[${index}].podAffinityTerm.labelSelector: ${NO_SELECTOR}`]
        : [],
    ),
  ];
}
