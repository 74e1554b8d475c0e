import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { list, required, string } from "../shapes.ts";
import * as parameters from "./parameters.ts";
import {
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  pageOf,
  replaceTags,
  tagList,
  untag,
  withTags,
} from "./parameters.ts";
import type { IamState, OidcProvider } from "./state.ts";

const maximumProviders = 100;
const maximumClientIds = 100;

const providerArn = { OpenIDConnectProviderArn: required(parameters.arn) } as const;
const clientId = string({ minLength: 1, maxLength: 255 });
const thumbprint = string({ minLength: 40, maxLength: 40 });
/** What IAM finds by itself when no thumbprint is given; its own trust store makes it unimportant. */
const foundThumbprint = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";

export function oidcProviderOperations(state: IamState, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: {
        Url: required(string({ minLength: 1, maxLength: 255 })),
        ClientIDList: list(clientId),
        ThumbprintList: list(thumbprint),
        Tags: parameters.tags,
      },
      handle(input) {
        const url = issuerOf(input.Url);
        checkThumbprints(input.ThumbprintList ?? []);
        const tags = withTags(new Map(), input.Tags ?? [], "TagsPerOpenIdConnectProvider");
        const arn = state.arn(`oidc-provider/${url}`);
        if (state.oidcProviders.has(arn)) throw entityAlreadyExists(`Provider with url ${input.Url} already exists.`);
        if (state.oidcProviders.size >= maximumProviders)
          throw limitExceeded("OpenIdConnectProvidersPerAccount", maximumProviders);
        const clientIds = new Set(input.ClientIDList);
        checkClientIds(clientIds);
        const thumbprints = input.ThumbprintList ?? [];
        const provider: OidcProvider = {
          arn,
          url,
          createdAt: context.clock.now(),
          clientIds,
          thumbprints: thumbprints.length === 0 ? [foundThumbprint] : thumbprints.map((text) => text.toLowerCase()),
          tags,
        };
        state.oidcProviders.set(arn, provider);
        return { OpenIDConnectProviderArn: arn, Tags: tagList(tags) };
      },
    }),
    defineOperation({
      name: "GetOpenIDConnectProvider",
      mutating: false,
      bucket: "reads",
      input: providerArn,
      handle(input) {
        const provider = existingProvider(state, input.OpenIDConnectProviderArn);
        return {
          Url: provider.url,
          ClientIDList: [...provider.clientIds],
          ThumbprintList: provider.thumbprints,
          CreateDate: new Date(provider.createdAt),
          Tags: tagList(provider.tags),
        };
      },
    }),
    defineOperation({
      name: "ListOpenIDConnectProviders",
      mutating: false,
      bucket: "reads",
      input: {},
      handle: () => ({ OpenIDConnectProviderList: [...state.oidcProviders.keys()].map((Arn) => ({ Arn })) }),
    }),
    defineOperation({
      name: "AddClientIDToOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: { ...providerArn, ClientID: required(clientId) },
      handle(input) {
        const provider = existingProvider(state, input.OpenIDConnectProviderArn);
        checkClientIds(new Set([...provider.clientIds, input.ClientID]));
        provider.clientIds.add(input.ClientID);
        return undefined;
      },
    }),
    defineOperation({
      name: "RemoveClientIDFromOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: { ...providerArn, ClientID: required(clientId) },
      handle(input) {
        existingProvider(state, input.OpenIDConnectProviderArn).clientIds.delete(input.ClientID);
        return undefined;
      },
    }),
    defineOperation({
      name: "UpdateOpenIDConnectProviderThumbprint",
      mutating: true,
      bucket: "writes",
      input: { ...providerArn, ThumbprintList: required(list(thumbprint)) },
      handle(input) {
        const provider = existingProvider(state, input.OpenIDConnectProviderArn);
        checkThumbprints(input.ThumbprintList);
        provider.thumbprints = input.ThumbprintList.map((text) => text.toLowerCase());
        return undefined;
      },
    }),
    defineOperation({
      name: "DeleteOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: providerArn,
      handle(input) {
        checkArn(input.OpenIDConnectProviderArn);
        state.oidcProviders.delete(input.OpenIDConnectProviderArn);
        return undefined;
      },
    }),
    defineOperation({
      name: "TagOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: { ...providerArn, Tags: required(parameters.tags) },
      handle(input) {
        const provider = existingProvider(state, input.OpenIDConnectProviderArn);
        replaceTags(provider.tags, withTags(provider.tags, input.Tags, "TagsPerOpenIdConnectProvider"));
        return undefined;
      },
    }),
    defineOperation({
      name: "UntagOpenIDConnectProvider",
      mutating: true,
      bucket: "writes",
      input: { ...providerArn, TagKeys: required(parameters.tagKeys) },
      handle(input) {
        untag(existingProvider(state, input.OpenIDConnectProviderArn).tags, input.TagKeys);
        return undefined;
      },
    }),
    defineOperation({
      name: "ListOpenIDConnectProviderTags",
      mutating: false,
      bucket: "reads",
      input: { ...providerArn, ...parameters.paging },
      handle(input) {
        const page = pageOf(
          tagList(existingProvider(state, input.OpenIDConnectProviderArn).tags),
          (tag) => tag.Key,
          input,
        );
        return { Tags: page.items, ...page.end };
      },
    }),
  ];
}

/** Host and path of a provider's URL, checked as IAM checks it. */
function issuerOf(url: string): string {
  const invalid = (reason: string) => new AwsError("InvalidInput", `Invalid Open ID Connect Provider URL: ${reason}`);
  if (!url.startsWith("https://")) throw invalid("the URL must begin with https://");
  if (!URL.canParse(url)) throw invalid(url);
  const { search, hash, port } = new URL(url);
  if (search !== "" || hash !== "") throw invalid("query parameters are not allowed");
  if (port !== "") throw invalid("a port number is not allowed");
  return url.slice("https://".length).replace(/\/$/, "");
}

function checkThumbprints(thumbprints: readonly string[]): void {
  if (thumbprints.length > 5) throw limitExceeded("ThumbprintsPerOpenIdConnectProvider", 5);
  if (thumbprints.some((text) => !/^[0-9a-fA-F]{40}$/.test(text)))
    throw new AwsError("InvalidInput", "Thumbprint must be 40 hexadecimal digits.");
}

function checkClientIds(clientIds: ReadonlySet<string>): void {
  if (clientIds.size > maximumClientIds) throw limitExceeded("ClientIdsPerOpenIdConnectProvider", maximumClientIds);
}

function checkArn(arn: string): void {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/.+$/.test(arn))
    throw new AwsError("InvalidInput", `Invalid ARN: ${arn}`);
}

function existingProvider(state: IamState, arn: string): OidcProvider {
  checkArn(arn);
  const provider = state.oidcProviders.get(arn);
  if (provider === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  return provider;
}
