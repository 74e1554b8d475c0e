import type { KubeMetadata } from "../resource-definition.ts";
import { type Fields, fieldsAt, objectsAt } from "./fields.ts";

const NODE_LABELS: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

const ANNOTATIONS: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

const VOLUMES: Readonly<Record<string, string>> = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageOS: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

/** What the API server warns of in a pod or a template because it is on its way out. `path` is that of the spec. */
export function deprecatedPodParts(spec: Fields, metadata: Partial<KubeMetadata>, path: string): readonly string[] {
  const around = path.replace(/spec$/, "metadata");
  const found = (given: object, known: Readonly<Record<string, string>>, at: (name: string) => string): string[] =>
    Object.entries(known).flatMap(([name, why]) => (Object.hasOwn(given, name) ? [`${at(name)}: ${why}`] : []));
  return [
    ...found(fieldsAt(spec, "nodeSelector"), NODE_LABELS, (name) => `${path}.nodeSelector[${name}]`),
    ...found(metadata.annotations ?? {}, ANNOTATIONS, (name) => `${around}.annotations[${name}]`),
    ...objectsAt(spec, "volumes").flatMap((volume, index) =>
      found(volume, VOLUMES, (name) => `${path}.volumes[${index}].${name}`),
    ),
  ];
}
