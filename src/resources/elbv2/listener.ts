import type { Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { hasCode } from "../../aws/errors.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { ownershipTags, tagsAsSpec } from "../tagging.ts";
import { fromSdkActions } from "./actions.ts";
import type { Elbv2Context } from "./context.ts";
import { asRecord, callOptions, detailTags, literal } from "./context.ts";
import { compareListeners } from "./listener-compare.ts";
import { createListener, updateListener } from "./listener-write.ts";
import { loadBalancerTypeName } from "./load-balancer-observed.ts";
import type { ListenerSpec } from "./specs.ts";

export const listenerTypeName = "elbv2/Listener";

const page = 400;

/**
 * Listeners, found under their load balancer and recognised by their port: all listeners of a load balancer of ours are ours.
 * What DescribeListeners does not tell (certificates for SNI, attributes) is read only where some are wanted.
 */
export function listenerType(aws: Elbv2Context): ResourceType<ListenerSpec> {
  return {
    type: listenerTypeName,
    iamActions: [
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeListenerAttributes",
      "elasticloadbalancing:DescribeListenerCertificates",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:CreateListener",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:DeleteListener",
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:RemoveTags",
    ],
    dependsOn: [loadBalancerTypeName, "elbv2/TargetGroup"],
    parents: [loadBalancerTypeName],
    deletedWith: loadBalancerTypeName,

    async observe({ desired, parents }, context) {
      const arns = parents.flatMap(({ outputs }) => outputs["arn"] ?? []);
      const found = await Promise.all(arns.map((arn) => observeUnder(aws, arn, desired, context)));
      return found.flat();
    },

    compare: compareListeners,

    async create(resource, context) {
      const { listener, differences } = await createListener(aws, resource, context);
      if (differences === undefined) return observedOf(aws, { listener, resource }, context);
      const observed = observedOf(aws, { listener, resource }, context);
      await updateListener(aws, { resource, observed, differences: differences(observed.spec) }, context);
      return observedOf(aws, { listener: known(aws, resource, listener), resource }, context);
    },

    async update(change, context) {
      const listener = await updateListener(aws, change, context);
      return observedOf(aws, { listener, resource: change.resource }, context);
    },

    async delete({ outputs, spec }, context) {
      const arn = outputs["arn"] ?? "";
      const { details } = aws.inventory;
      try {
        await aws.elbv2.deleteListener({ ListenerArn: arn }, callOptions(context, arn));
      } catch (error) {
        if (!hasCode(error, "ListenerNotFound")) throw error;
      }
      const parent = literal(spec.loadBalancerARN);
      const others = details.get(parent, "listeners")?.filter(({ ListenerArn }) => ListenerArn !== arn);
      if (others !== undefined) details.set(parent, "listeners", others);
      for (const rule of details.get(arn, "rules") ?? []) details.forget(rule.RuleArn ?? "");
      details.forget(arn);
      return { kind: "deleted" };
    },
  };
}

function known(aws: Elbv2Context, { spec }: Resource<ListenerSpec>, listener: Listener): Listener {
  const listeners = aws.inventory.details.get(literal(spec.loadBalancerARN), "listeners") ?? [];
  return listeners.find(({ ListenerArn }) => ListenerArn === listener.ListenerArn) ?? listener;
}

async function observeUnder(
  aws: Elbv2Context,
  loadBalancerARN: string,
  desired: readonly Resource<ListenerSpec>[],
  context: CallContext,
): Promise<readonly Observed<ListenerSpec>[]> {
  const listeners = await readListeners(aws, loadBalancerARN, context);
  await detailTags(
    aws,
    listeners.flatMap(({ ListenerArn }) => ListenerArn ?? []),
    context,
  );
  return Promise.all(
    listeners.map(async (listener) => {
      const resource = desired.find(
        ({ spec }) => spec.port === listener.Port && spec.loadBalancerARN === loadBalancerARN,
      );
      if (resource !== undefined) await readDetails(aws, listener, resource, context);
      return observedOf(aws, { listener, resource }, context);
    }),
  );
}

export async function readListeners(
  { elbv2, inventory: { details } }: Elbv2Context,
  LoadBalancerArn: string,
  context: CallContext,
): Promise<readonly Listener[]> {
  return details.know(LoadBalancerArn, "listeners", context.depth === "full", async () => {
    const found: Listener[] = [];
    let Marker: string | undefined;
    try {
      do {
        const answer = await elbv2.describeListeners(
          { LoadBalancerArn, PageSize: page, ...(Marker === undefined ? {} : { Marker }) },
          callOptions(context, LoadBalancerArn),
        );
        found.push(...(answer.Listeners ?? []));
        Marker = answer.NextMarker;
      } while (Marker !== undefined && Marker !== "");
    } catch (error) {
      if (!hasCode(error, "LoadBalancerNotFound")) throw error;
    }
    return found;
  });
}

async function readDetails(
  { elbv2, inventory: { details } }: Elbv2Context,
  listener: Listener,
  { spec }: Resource<ListenerSpec>,
  context: CallContext,
): Promise<void> {
  const ListenerArn = listener.ListenerArn ?? "";
  const options = callOptions(context, ListenerArn);
  const fresh = context.depth === "full";
  const readCertificates = async (): Promise<void> => {
    await details.know(ListenerArn, "extraCertificates", fresh, async () => {
      const found: string[] = [];
      let Marker: string | undefined;
      do {
        const answer = await elbv2.describeListenerCertificates(
          { ListenerArn, PageSize: page, ...(Marker === undefined ? {} : { Marker }) },
          options,
        );
        for (const { CertificateArn, IsDefault } of answer.Certificates ?? []) {
          if (CertificateArn !== undefined && IsDefault !== true) found.push(CertificateArn);
        }
        Marker = answer.NextMarker;
      } while (Marker !== undefined && Marker !== "");
      return found;
    });
  };
  const readAttributes = async (): Promise<void> => {
    await details.know(ListenerArn, "attributes", fresh, async () =>
      asRecord((await elbv2.describeListenerAttributes({ ListenerArn }, options)).Attributes),
    );
  };
  await Promise.all([
    spec.extraCertificateARNs !== undefined && isSecure(listener) ? readCertificates() : undefined,
    Object.keys(spec.attributes).length > 0 ? readAttributes() : undefined,
  ]);
}

export function isSecure({ Protocol }: Listener): boolean {
  return Protocol === "HTTPS" || Protocol === "TLS";
}

/** A listener in the words of the engine, with what is remembered of its certificates, attributes and tags. */
function observedOf(
  { inventory: { details }, tagPolicy }: Elbv2Context,
  { listener, resource }: { readonly listener: Listener; readonly resource: Resource<ListenerSpec> | undefined },
  context: CallContext,
): Observed<ListenerSpec> {
  const arn = listener.ListenerArn ?? "";
  const port = listener.Port ?? 0;
  const attributes = details.get(arn, "attributes");
  const extra = details.get(arn, "extraCertificates");
  const certificate = listener.Certificates?.[0]?.CertificateArn;
  const mutual = listener.MutualAuthentication;
  const ownership = resource === undefined ? {} : ownershipTags(resource, context);
  return {
    type: listenerTypeName,
    id: resource?.id ?? String(port),
    spec: {
      loadBalancerARN: listener.LoadBalancerArn ?? "",
      port,
      protocol: listener.Protocol ?? "",
      defaultActions: fromSdkActions(listener.DefaultActions, details.get(arn, "clientSecretHash")),
      ...(certificate === undefined ? {} : { certificateARN: certificate }),
      ...(extra === undefined ? {} : { extraCertificateARNs: extra }),
      ...(listener.SslPolicy === undefined ? {} : { sslPolicy: listener.SslPolicy }),
      ...(listener.AlpnPolicy === undefined ? {} : { alpnPolicy: listener.AlpnPolicy }),
      ...(mutual?.Mode === undefined
        ? {}
        : {
            mutualAuthentication: {
              mode: mutual.Mode as "off" | "passthrough" | "verify",
              ...(mutual.TrustStoreArn === undefined ? {} : { trustStoreARN: mutual.TrustStoreArn }),
              ...(mutual.IgnoreClientCertificateExpiry === undefined
                ? {}
                : { ignoreClientCertificateExpiry: mutual.IgnoreClientCertificateExpiry }),
              ...(mutual.AdvertiseTrustStoreCaNames === undefined
                ? {}
                : { advertiseTrustStoreCANames: mutual.AdvertiseTrustStoreCaNames === "on" ? "on" : "off" }),
            },
          }),
      ...(attributes === undefined ? {} : { attributes }),
      tags: tagsAsSpec(details.get(arn, "tags") ?? {}, ownership, tagPolicy),
      // Attributes that were not read are absent, as the contract of `Observed` has it.
    } as ListenerSpec,
    outputs: { arn },
    state: "ready",
  };
}
