import { sha256Hex } from "../../json.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";

const longest = 64;
const hashLength = 8;

/**
 * The name of a role that the user has not named: readable, unique by its hash (`a-b` and `c` is not `a` and `b-c`), and
 * within IAM's 64 characters.
 */
export function roleName(
  cluster: ClusterIdentity,
  { namespace, name, prefix }: { readonly namespace: string; readonly name: string; readonly prefix: string },
): string {
  const hash = sha256Hex([`${cluster.arn}\n${namespace}\n${name}`], hashLength);
  const readable = `${prefix}${cluster.name}-${namespace}-${name}`.replace(/[^A-Za-z0-9_+=,.@-]/g, "-");
  return `${readable.slice(0, longest - hashLength - 1).replace(/-+$/, "")}-${hash}`;
}
