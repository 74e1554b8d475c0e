import { hasCode } from "../../aws/errors.ts";
import type { IamPort } from "../../aws/iam.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import type { OIDCProviderSpec } from "./specs.ts";

export const oidcProviderType = "iam/OIDCProvider";

/**
 * The IAM OIDC provider of the cluster's issuer. One a cluster and account, shared with other tools: audiences are only
 * added, thumbprints are left to IAM, and it is never deleted. What is known to be right is not read again except in a
 * full look, since every role of the cluster asks.
 */
export function iamOIDCProvider(iam: IamPort): ResourceType<OIDCProviderSpec> {
  const known = new Map<string, Observed<OIDCProviderSpec>>();

  async function read(spec: OIDCProviderSpec, context: CallContext): Promise<Observed<OIDCProviderSpec> | undefined> {
    try {
      const answer = await iam.getOpenIDConnectProvider(
        { OpenIDConnectProviderArn: spec.arn },
        { signal: context.signal, resource: `OIDC provider ${spec.arn}` },
      );
      return observedOf({ ...spec, clientIDs: answer.ClientIDList ?? [] });
    } catch (error) {
      if (hasCode(error, "NoSuchEntity")) return undefined;
      throw error;
    }
  }

  async function addClientIDs(spec: OIDCProviderSpec, present: readonly string[], context: CallContext): Promise<void> {
    for (const ClientID of spec.clientIDs.filter((id) => !present.includes(id))) {
      await iam.addClientIDToOpenIDConnectProvider(
        { OpenIDConnectProviderArn: spec.arn, ClientID },
        { signal: context.signal, resource: `OIDC provider ${spec.arn}` },
      );
    }
  }

  function remember(observed: Observed<OIDCProviderSpec>): Observed<OIDCProviderSpec> {
    known.set(observed.spec.arn, observed);
    return observed;
  }

  return {
    type: oidcProviderType,
    iamActions: [
      "iam:GetOpenIDConnectProvider",
      "iam:CreateOpenIDConnectProvider",
      "iam:TagOpenIDConnectProvider",
      "iam:AddClientIDToOpenIDConnectProvider",
    ],
    dependsOn: [],
    parents: [],

    async observe({ desired }, context) {
      const found = await Promise.all(
        desired.map(async ({ spec }) => {
          const cached = context.depth === "full" ? undefined : known.get(spec.arn);
          if (cached !== undefined && compare(spec, cached.spec).length === 0) return cached;
          const observed = await read(spec, context);
          if (observed === undefined) known.delete(spec.arn);
          else remember(observed);
          return observed;
        }),
      );
      return found.filter((provider) => provider !== undefined);
    },

    compare,

    async create({ spec }, context) {
      if (!spec.create) {
        throw new AppError(
          `IAM has no OIDC provider ${spec.arn}, and the operator must not create one (--oidc-provider-policy=Never); create it with URL ${spec.url} and client id ${spec.clientIDs.join(", ")}`,
          { class: "missing", code: "OIDCProviderMissing" },
        );
      }
      try {
        await iam.createOpenIDConnectProvider(
          {
            Url: spec.url,
            ClientIDList: [...spec.clientIDs],
            Tags: Object.entries(spec.tags).map(([Key, Value]) => ({ Key, Value })),
          },
          { signal: context.signal, resource: `OIDC provider ${spec.arn}` },
        );
      } catch (error) {
        if (!hasCode(error, "EntityAlreadyExists")) throw error;
        const winner = await read(spec, context);
        await addClientIDs(spec, winner?.spec.clientIDs ?? [], context);
      }
      return remember(observedOf(spec));
    },

    async update({ resource, observed }, context) {
      await addClientIDs(resource.spec, observed.spec.clientIDs, context);
      const clientIDs = [...new Set([...observed.spec.clientIDs, ...resource.spec.clientIDs])];
      return remember(observedOf({ ...resource.spec, clientIDs }));
    },

    delete: () => Promise.resolve({ kind: "deleted" }),
  };
}

function compare(desired: OIDCProviderSpec, observed: OIDCProviderSpec) {
  return desired.clientIDs
    .filter((id) => !observed.clientIDs.includes(id))
    .map((id) => ({ field: `clientIDs.${id}`, from: undefined, to: id }));
}

function observedOf(spec: OIDCProviderSpec): Observed<OIDCProviderSpec> {
  return { type: oidcProviderType, id: spec.arn, spec, outputs: { arn: spec.arn }, state: "ready" };
}
