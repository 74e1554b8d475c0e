import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, required, string } from "../shapes.ts";
import { tooMany, trustStoreNotFound, validationError } from "./errors.ts";
import type { TrustStore } from "./model.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList } from "./tags.ts";

/** CreateTrustStore, DescribeTrustStores, DeleteTrustStore: what mutual authentication of listeners refers to. */
export function trustStoreOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateTrustStore",
      mutating: true,
      bucket: "trustStoreWrites",
      input: {
        Name: required(string({ minLength: 1, maxLength: 32, pattern: /^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$/ })),
        CaCertificatesBundleS3Bucket: required(string()),
        CaCertificatesBundleS3Key: required(string()),
        CaCertificatesBundleS3ObjectVersion: string(),
        Tags: tagList,
      },
      handle(input) {
        const { Name: name } = input;
        const bundle = `${input.CaCertificatesBundleS3Bucket}/${input.CaCertificatesBundleS3Key}`;
        const existing = [...state.trustStores.values()].find((store) => store.name === name);
        if (existing !== undefined && existing.bundle !== bundle)
          throw new AwsError("DuplicateTrustStoreName", `A trust store with the same name '${name}' exists`);
        if (existing !== undefined) return { TrustStores: [trustStoreToWire(existing)] };
        const limit = state.context.quotas.trustStores;
        if (state.trustStores.size >= limit)
          throw tooMany("TooManyTrustStores", `The maximum number of trust stores has been reached: '${limit}'`);
        const store: TrustStore = {
          arn: state.arn(`truststore/${name}/${state.context.ids.hex(16)}`),
          createdAt: state.context.clock.now(),
          name,
          bundle,
          tags: mergedTags(new Map(), input.Tags),
        };
        state.trustStores.set(store.arn, store);
        return { TrustStores: [trustStoreToWire(store)] };
      },
    }),
    defineOperation({
      name: "DescribeTrustStores",
      mutating: false,
      bucket: "trustStoreReads",
      input: { TrustStoreArns: list(string()), Names: list(string()), ...pageMembers },
      handle(input) {
        const { TrustStoreArns: arns = [], Names: names = [] } = input;
        if (arns.length > 0 && names.length > 0)
          throw validationError("Trust store names and trust store ARNs cannot be specified at the same time");
        const stores = [...state.trustStores.values()];
        for (const wanted of [...arns, ...names]) {
          if (!stores.some(({ arn, name }) => arn === wanted || name === wanted)) throw trustStoreNotFound(wanted);
        }
        const chosen = stores.filter(
          ({ arn, name }) => arns.length + names.length === 0 || arns.includes(arn) || names.includes(name),
        );
        const page = onePage(chosen, ({ arn }) => arn, input, { state, scope: [arns, names] });
        return { TrustStores: page.items.map(trustStoreToWire), NextMarker: page.NextMarker };
      },
    }),
    defineOperation({
      name: "DeleteTrustStore",
      mutating: true,
      bucket: "trustStoreWrites",
      input: { TrustStoreArn: required(string()) },
      handle(input) {
        const store = state.getTrustStore(input.TrustStoreArn);
        for (const { mutualAuthentication } of state.listeners.values()) {
          if (mutualAuthentication?.TrustStoreArn === store.arn)
            throw new AwsError("TrustStoreInUse", `Trust store '${store.arn}' is currently in use by a listener`);
        }
        state.trustStores.delete(store.arn);
        return {};
      },
    }),
  ];
}

function trustStoreToWire(store: TrustStore): Record<string, unknown> {
  return {
    Name: store.name,
    TrustStoreArn: store.arn,
    Status: "ACTIVE",
    NumberOfCaCertificates: 1,
    TotalRevokedEntries: 0,
  };
}
