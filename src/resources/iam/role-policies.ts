import type { IamPort } from "../../aws/iam.ts";
import type { CallOptions } from "../../aws/operation.ts";
import { decodePolicy } from "./policy-document.ts";

export interface RolePolicies {
  /** ARNs of attached managed policies. */
  readonly attached: readonly string[];
  /** Names of all inline policies. */
  readonly names: readonly string[];
  /** Decoded documents of the inline policies that were asked for; empty text for the others. */
  readonly inline: Readonly<Record<string, string>>;
}

/** `inlineNames`: whose documents to read, one call each. */
export async function readRolePolicies(
  iam: IamPort,
  RoleName: string,
  { call, inlineNames }: { readonly call: CallOptions; readonly inlineNames: readonly string[] },
): Promise<RolePolicies> {
  const [attached, names] = await Promise.all([listAttached(iam, RoleName, call), listInline(iam, RoleName, call)]);
  const documents = await Promise.all(
    names.map(async (name): Promise<readonly [string, string]> => {
      if (!inlineNames.includes(name)) return [name, ""];
      const answer = await iam.getRolePolicy({ RoleName, PolicyName: name }, call);
      return [name, decodePolicy(answer.PolicyDocument ?? "")];
    }),
  );
  return { attached, names, inline: Object.fromEntries(documents) };
}

async function listAttached(iam: IamPort, RoleName: string, call: CallOptions): Promise<readonly string[]> {
  const found: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.listAttachedRolePolicies({ RoleName, ...(Marker === undefined ? {} : { Marker }) }, call);
    found.push(...(page.AttachedPolicies ?? []).map((policy) => policy.PolicyArn ?? ""));
    Marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (Marker !== undefined);
  return found;
}

async function listInline(iam: IamPort, RoleName: string, call: CallOptions): Promise<readonly string[]> {
  const found: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.listRolePolicies({ RoleName, ...(Marker === undefined ? {} : { Marker }) }, call);
    found.push(...(page.PolicyNames ?? []));
    Marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (Marker !== undefined);
  return found;
}
