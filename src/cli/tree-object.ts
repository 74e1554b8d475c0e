import { type Ingress, ingressKind, serviceKind } from "../api/builtin.ts";
import { fargateProfileKind } from "../api/fargate-profile.ts";
import { iamIdentityMappingKind } from "../api/iam-identity-mapping.ts";
import { iamServiceAccountKind } from "../api/iam-service-account.ts";
import { nodeGroupKind } from "../api/node-group.ts";
import type { Kind } from "../api/object.ts";
import { targetGroupBindingKind } from "../api/target-group-binding.ts";
import type { Owner } from "../engine/stack.ts";
import { AppError } from "../errors.ts";
import type { KubeHttpOptions } from "../kube/http-client.ts";
import { createKubeClient } from "../kube/rest-client.ts";

export interface TreeObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The explicit group of an Ingress. */
  readonly group?: string;
}

/** What people call the kinds. */
const kinds: readonly { readonly kind: Kind; readonly names: readonly string[] }[] = [
  { kind: ingressKind, names: ["ingress", "ingresses", "ing"] },
  { kind: serviceKind, names: ["service", "services", "svc"] },
  { kind: targetGroupBindingKind, names: ["targetgroupbinding", "targetgroupbindings", "tgb"] },
  { kind: iamServiceAccountKind, names: ["iamserviceaccount", "iamserviceaccounts", "isa"] },
  { kind: nodeGroupKind, names: ["nodegroup", "nodegroups", "ng"] },
  { kind: fargateProfileKind, names: ["fargateprofile", "fargateprofiles", "fp"] },
  { kind: iamIdentityMappingKind, names: ["iamidentitymapping", "iamidentitymappings"] },
];

/** Finds the object that `KIND/NAME` names. Throws an `invalid` AppError that says what can be named, or that it does not exist. */
export async function findTreeObject(
  text: string,
  givenNamespace: string,
  options: KubeHttpOptions,
): Promise<TreeObject> {
  const [word = "", name] = text.split("/");
  const known = kinds.find(({ names }) => names.includes(word.toLowerCase()));
  if (known === undefined || name === undefined || name === "") {
    throw new AppError(`"${text}" is not KIND/NAME; kinds are ${kinds.map(({ names }) => names[0]).join(", ")}`, {
      class: "invalid",
      code: "InvalidArgument",
    });
  }
  const namespace = known.kind.namespaced ? givenNamespace : "";
  const object = await createKubeClient(options).get(known.kind, namespace === "" ? { name } : { namespace, name });
  if (object === undefined) {
    const shown = namespace === "" ? name : `${namespace}/${name}`;
    throw new AppError(`there is no ${known.kind.kind} ${shown}`, { class: "missing", code: "NotFound" });
  }
  const group = (object as Ingress).metadata.annotations?.["alb.ingress.kubernetes.io/group.name"];
  const finalizer = (object.metadata.finalizers ?? []).find((one) => one.startsWith(groupFinalizer));
  const explicit = finalizer?.slice(groupFinalizer.length) ?? group;
  return { kind: known.kind.kind, namespace, name, ...(explicit === undefined ? {} : { group: explicit }) };
}

const groupFinalizer = "group.ingress.k8s.aws/";

/** Whether a Stack's owner is the object, or the ingress group that it belongs to. */
export function isOwnerOf(owner: Owner, object: TreeObject): boolean {
  if (object.kind === "Ingress" && object.group !== undefined) {
    return owner.kind === "IngressGroup" && owner.name === object.group;
  }
  const key = object.namespace === "" ? object.name : `${object.namespace}/${object.name}`;
  return (
    owner.kind === object.kind &&
    (owner.name === key || (owner.name === object.name && owner.namespace === object.namespace))
  );
}
