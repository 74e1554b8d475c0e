import { AppError } from "../../errors.ts";
import { stringAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import type { ClusterResource } from "./cluster-api.ts";
import { type ClusterContext, startQueue } from "./cluster-context.ts";
import type { ResourceMonitor } from "./resource-monitor.ts";
import type { WorkQueue } from "./work-queue.ts";

const accounts: ClusterResource = { group: "", version: "v1", plural: "serviceaccounts" };
const configMaps: ClusterResource = { group: "", version: "v1", plural: "configmaps" };
const accountName = "default";
const certificateName = "kube-root-ca.crt";

const certificateAnnotations = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

/**
 * Gives every namespace the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, and gives them back when somebody
 * takes them away. Pods of a new namespace wait for the account, so it comes first.
 */
export function startNamespaceContents(
  context: ClusterContext,
  monitor: ResourceMonitor,
  certificate: string,
): WorkQueue {
  const { namespaces } = context.caches;
  /** `plural/namespace` of what is there. */
  const present = new Set<string>();
  const queue = startQueue(context, "namespace-contents", async (name) => {
    const isActive = (): boolean => {
      const namespace = namespaces.get(name);
      return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
    };
    if (isActive() && !present.has(`serviceaccounts/${name}`)) {
      const metadata = { name: accountName, namespace: name };
      await create(context, accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
    }
    if (isActive()) await keepCertificate(context, name, { certificate, isKnown: present.has(`configmaps/${name}`) });
  });
  namespaces.onChange((current, old) => {
    if (current !== undefined && current.metadata.uid !== old?.metadata.uid) queue.add(current.metadata.name);
  });
  monitor.onChange(({ group, plural }, current, old) => {
    const { name, namespace } = (current ?? (old as KubeObject)).metadata;
    const wanted =
      group === "" &&
      (plural === "serviceaccounts" ? name === accountName : plural === "configmaps" && name === certificateName);
    if (!wanted || namespace === undefined) return;
    if (current === undefined) present.delete(`${plural}/${namespace}`);
    else present.add(`${plural}/${namespace}`);
    if (old !== undefined) queue.add(namespace);
  });
  return queue;
}

async function keepCertificate(
  context: ClusterContext,
  namespace: string,
  { certificate, isKnown }: { readonly certificate: string; readonly isKnown: boolean },
): Promise<void> {
  const name = { name: certificateName, namespace };
  const data = { "ca.crt": certificate };
  if (!isKnown) {
    const metadata = { ...name, annotations: certificateAnnotations };
    await create(context, configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
    return;
  }
  const known = await context.api.get(configMaps, name);
  if (known === undefined || stringAt(known, "data", "ca.crt") === certificate) return;
  await context.api.patch(configMaps, name, { metadata: { uid: known.metadata.uid }, data });
}

async function create(context: ClusterContext, resource: ClusterResource, object: KubeObject): Promise<void> {
  try {
    await context.api.create(resource, object);
  } catch (error) {
    // It is there already, or the namespace is on its way out.
    if (!(error instanceof AppError) || !["AlreadyExists", "NotFound", "Forbidden"].includes(error.code)) throw error;
  }
}
