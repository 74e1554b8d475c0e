import type { CreateListenerInput, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import { toTagList } from "../../aws/tags.ts";
import type { CallContext, Difference, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { wantedTags } from "../tagging.ts";
import { secretHashOf, toSdkActions } from "./actions.ts";
import type { Elbv2Context } from "./context.ts";
import { applyTags, attributeList, callOptions, differs, literal, noAnswer, settling } from "./context.ts";
import { certificateChanges, compareListeners } from "./listener-compare.ts";
import type { ListenerSpec } from "./specs.ts";

type Settings = Omit<CreateListenerInput, "LoadBalancerArn" | "Tags">;

function settings(spec: ListenerSpec): Settings {
  const mutual = spec.mutualAuthentication;
  return {
    Port: spec.port,
    Protocol: spec.protocol as NonNullable<CreateListenerInput["Protocol"]>,
    DefaultActions: toSdkActions(spec.defaultActions),
    ...(spec.certificateARN === undefined ? {} : { Certificates: [{ CertificateArn: spec.certificateARN }] }),
    ...(spec.sslPolicy === undefined ? {} : { SslPolicy: spec.sslPolicy }),
    ...(spec.alpnPolicy === undefined ? {} : { AlpnPolicy: [...spec.alpnPolicy] }),
    ...(mutual === undefined
      ? {}
      : {
          MutualAuthentication: {
            Mode: mutual.mode,
            ...(mutual.trustStoreARN === undefined ? {} : { TrustStoreArn: mutual.trustStoreARN }),
            ...(mutual.ignoreClientCertificateExpiry === undefined
              ? {}
              : { IgnoreClientCertificateExpiry: mutual.ignoreClientCertificateExpiry }),
            ...(mutual.advertiseTrustStoreCANames === undefined
              ? {}
              : { AdvertiseTrustStoreCaNames: mutual.advertiseTrustStoreCANames }),
          },
        }),
  };
}

/**
 * Makes the listener. `differences` tells what is left to do where the create could not carry it, or where the port had a
 * listener already.
 */
export async function createListener(
  aws: Elbv2Context,
  resource: Resource<ListenerSpec>,
  context: CallContext,
): Promise<{
  readonly listener: Listener;
  readonly differences?: (observed: ListenerSpec) => readonly Difference[];
}> {
  const { spec } = resource;
  const { details } = aws.inventory;
  const LoadBalancerArn = literal(spec.loadBalancerARN);
  const tags = wantedTags(resource, context);
  const options = callOptions(context, `listener ${spec.port} of ${LoadBalancerArn}`);
  const rest = (observed: ListenerSpec): readonly Difference[] => compareListeners(spec, observed);
  let listener: Listener | undefined;
  try {
    const input = { ...settings(spec), LoadBalancerArn, Tags: toTagList(tags) };
    listener = (await settling(aws, () => aws.elbv2.createListener(input, options), spec)).Listeners?.[0];
  } catch (error) {
    if (!hasCode(error, "DuplicateListener")) throw error;
    // What was remembered of this load balancer is out of date: somebody else made a listener on the port.
    details.forget(LoadBalancerArn, "listeners");
    const { Listeners = [] } = await aws.elbv2.describeListeners({ LoadBalancerArn }, options);
    details.set(LoadBalancerArn, "listeners", Listeners);
    const present = Listeners.find(({ Port }) => Port === spec.port);
    if (present?.ListenerArn === undefined) throw error;
    details.forget(present.ListenerArn);
    return { listener: present, differences: rest };
  }
  if (listener?.ListenerArn === undefined) throw noAnswer("CreateListener");
  const arn = listener.ListenerArn;
  const others = (details.get(LoadBalancerArn, "listeners") ?? []).filter(({ ListenerArn }) => ListenerArn !== arn);
  details.set(LoadBalancerArn, "listeners", [...others, listener]);
  details.set(arn, "tags", tags);
  details.set(arn, "rules", details.get(arn, "rules") ?? []);
  details.set(arn, "extraCertificates", []);
  details.set(arn, "attributes", {});
  rememberSecret(aws, arn, spec);
  const needsMore = Object.keys(spec.attributes).length > 0 || (spec.extraCertificateARNs ?? []).length > 0;
  return needsMore ? { listener, differences: rest } : { listener };
}

function rememberSecret(aws: Elbv2Context, arn: string, spec: ListenerSpec): void {
  const hash = secretHashOf(spec.defaultActions);
  if (hash === undefined) aws.inventory.details.forget(arn, "clientSecretHash");
  else aws.inventory.details.set(arn, "clientSecretHash", hash);
}

const modified = [
  "port",
  "protocol",
  "defaultActions",
  "certificateARN",
  "sslPolicy",
  "alpnPolicy",
  "mutualAuthentication",
];

export async function updateListener(
  aws: Elbv2Context,
  {
    resource,
    observed,
    differences,
  }: {
    readonly resource: Resource<ListenerSpec>;
    readonly observed: Observed<ListenerSpec>;
    readonly differences: readonly Difference[];
  },
  context: CallContext,
): Promise<Listener> {
  const { elbv2 } = aws;
  const { details } = aws.inventory;
  const { spec } = resource;
  const arn = observed.outputs["arn"] ?? "";
  const parent = literal(spec.loadBalancerARN);
  const options = callOptions(context, arn);
  let listener = details.get(parent, "listeners")?.find(({ ListenerArn }) => ListenerArn === arn);
  if (differs(differences, "tags")) {
    const present = details.get(arn, "tags") ?? {};
    const wanted = wantedTags(resource, context);
    details.set(arn, "tags", await applyTags(aws, { arn, present, wanted, differences }, options));
  }
  if (differs(differences, ...modified)) {
    const answer = await settling(
      aws,
      () => elbv2.modifyListener({ ListenerArn: arn, ...settings(spec) }, options),
      spec,
    );
    listener = answer.Listeners?.[0];
    if (listener === undefined) throw noAnswer("ModifyListener");
    const changed = listener;
    const others = (details.get(parent, "listeners") ?? []).filter(({ ListenerArn }) => ListenerArn !== arn);
    details.set(parent, "listeners", [...others, changed]);
    rememberSecret(aws, arn, spec);
  }
  if (differs(differences, "extraCertificateARNs")) await changeCertificates(aws, { arn, spec, observed }, context);
  if (differs(differences, "attributes")) {
    const Attributes = attributeList(differences);
    await elbv2.modifyListenerAttributes({ ListenerArn: arn, Attributes }, options);
    const written = Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]));
    details.set(arn, "attributes", { ...details.get(arn, "attributes"), ...written });
  }
  if (listener === undefined) {
    details.forget(parent, "listeners");
    throw noAnswer("DescribeListeners");
  }
  return listener;
}

/** Adds before it removes, so that no host is without its certificate; the other way round only where the quota is full. */
async function changeCertificates(
  { elbv2, inventory: { details } }: Elbv2Context,
  {
    arn,
    spec,
    observed,
  }: { readonly arn: string; readonly spec: ListenerSpec; readonly observed: Observed<ListenerSpec> },
  context: CallContext,
): Promise<void> {
  const options = callOptions(context, arn);
  const { missing, surplus } = certificateChanges(spec, observed.spec);
  const present = new Set(observed.spec.extraCertificateARNs ?? []);
  const left = [...surplus];
  const add = async (CertificateArn: string): Promise<void> => {
    await elbv2.addListenerCertificates({ ListenerArn: arn, Certificates: [{ CertificateArn }] }, options);
    present.add(CertificateArn);
    details.set(arn, "extraCertificates", [...present]);
  };
  const remove = async (CertificateArn: string): Promise<void> => {
    await elbv2.removeListenerCertificates({ ListenerArn: arn, Certificates: [{ CertificateArn }] }, options);
    present.delete(CertificateArn);
    details.set(arn, "extraCertificates", [...present]);
  };
  for (const certificate of missing) {
    try {
      await add(certificate);
    } catch (error) {
      const first = left.shift();
      if (!hasCode(error, "TooManyCertificates") || first === undefined) throw error;
      await remove(first);
      await add(certificate);
    }
  }
  for (const certificate of left) await remove(certificate);
}
