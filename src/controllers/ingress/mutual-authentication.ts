import { z } from "zod";
import type { MutualAuthenticationSpec } from "../../resources/elbv2/specs.ts";
import { foldedObject } from "../load-balancing/annotations.ts";
import type { MemberView } from "./member-view.ts";

const suffix = "mutual-authentication";
const entrySchema = foldedObject({
  port: z.number().int(),
  mode: z.string().optional(),
  trustStore: z.string().optional(),
  ignoreClientCertificateExpiry: z.boolean().optional(),
  advertiseTrustStoreCaNames: z.string().optional(),
});
type Entry = z.output<typeof entrySchema>;

/** Client certificate checks by port; a trust store may be given by name. */
export function readMutualAuthentication(view: MemberView): ReadonlyMap<number, MutualAuthenticationSpec> {
  const entries = view.annotations.json(suffix, z.array(entrySchema));
  if (entries === undefined) return new Map();
  if (entries.length === 0) throw view.annotations.invalid(suffix, "must not be an empty list");
  return new Map(entries.map((entry) => [entry.port, read(entry, view)]));
}

function read(entry: Entry, view: MemberView): MutualAuthenticationSpec {
  const { port, mode, trustStore } = entry;
  const invalid = (what: string): Error => view.annotations.invalid(suffix, what);
  if (port < 1 || port > 65535) throw invalid(`listen port must be within [1, 65535]: ${port}`);
  if (mode === undefined || mode === "") throw invalid(`mode cannot be empty for port ${port}`);
  if (mode !== "off" && mode !== "passthrough" && mode !== "verify")
    throw invalid(`mode must be among [off, passthrough, verify] for port ${port}: ${mode}`);
  if (mode !== "verify") {
    const surplus = (["trustStore", "ignoreClientCertificateExpiry", "advertiseTrustStoreCaNames"] as const).find(
      (name) => entry[name] !== undefined,
    );
    if (surplus !== undefined) throw invalid(`mode ${mode} does not support ${surplus} for port ${port}`);
    return { mode };
  }
  if (trustStore === undefined || trustStore === "")
    throw invalid(`trustStore is required when mode is verify for port ${port}`);
  const advertise = entry.advertiseTrustStoreCaNames ?? "off";
  if (advertise !== "on" && advertise !== "off")
    throw invalid(`advertiseTrustStoreCaNames must be "on" or "off" for port ${port}: ${advertise}`);
  return {
    mode,
    trustStoreARN: trustStoreARN(trustStore, view),
    ignoreClientCertificateExpiry: entry.ignoreClientCertificateExpiry ?? false,
    advertiseTrustStoreCANames: advertise,
  };
}

function trustStoreARN(nameOrARN: string, view: MemberView): string {
  if (nameOrARN.startsWith("arn:")) return nameOrARN;
  const answer = view.facts.ask({ kind: "trust-store", name: nameOrARN });
  if ("value" in answer) return answer.value;
  throw view.annotations.invalid(suffix, `names trust store ${nameOrARN}: ${answer.error}`);
}
