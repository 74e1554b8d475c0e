import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, list, string } from "../shapes.ts";
import { selected } from "./describe-network.ts";
import { applyFilters, filters, pageOf, paging, tagSet } from "./parameters.ts";
import type { Address, Ec2State, PrefixList } from "./state.ts";

/** Elastic IPs, prefix lists, customer-owned pools and images: read only here. */
export function smallDescribeOperations(state: Ec2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeAddresses",
      mutating: false,
      bucket: "reads",
      input: { ...filters, AllocationId: list(string()), PublicIp: list(string()) },
      handle(input) {
        const wantedIps = input.PublicIp ?? [];
        const found = [
          ...selected(input.AllocationId, state.addresses, {
            prefix: "eipalloc-",
            malformed: "InvalidAllocationID.Malformed",
            notFound: "InvalidAllocationID.NotFound",
            message: (ids) => `The allocation ID '${ids}' does not exist`,
          }),
        ];
        for (const ip of wantedIps) {
          if (!found.some((address) => address.publicIp === ip))
            throw new AwsError("InvalidAddress.NotFound", `Address '${ip}' not found.`);
        }
        const wanted = found.filter((address) => wantedIps.length === 0 || wantedIps.includes(address.publicIp));
        const items = applyFilters(wanted, input.Filter, {
          "allocation-id": (address: Address) => [address.allocationId],
          "association-id": (address) => [address.associationId],
          "public-ip": (address) => [address.publicIp],
          "network-interface-id": (address) => [address.networkInterfaceId],
          domain: () => ["vpc"],
        });
        return {
          addressesSet: items.map((address) => ({
            allocationId: address.allocationId,
            publicIp: address.publicIp,
            associationId: address.associationId,
            networkInterfaceId: address.networkInterfaceId,
            domain: "vpc",
            publicIpv4Pool: "amazon",
            networkBorderGroup: state.region,
            tagSet: tagSet(address.tags),
          })),
        };
      },
    }),
    defineOperation({
      name: "DescribeManagedPrefixLists",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(1, 100), PrefixListId: list(string()) },
      handle(input) {
        const found = selected(input.PrefixListId, state.prefixLists, {
          prefix: "pl-",
          malformed: "InvalidPrefixListID.Malformed",
          notFound: "InvalidPrefixListID.NotFound",
          message: (ids) => `The prefix list ID '${ids}' does not exist`,
        });
        const items = applyFilters(found, input.Filter, {
          "prefix-list-id": (item: PrefixList) => [item.prefixListId],
          "prefix-list-name": (item) => [item.prefixListName],
          "owner-id": (item) => [item.ownerId],
        });
        const page = pageOf(items, (item) => item.prefixListId, input);
        return {
          prefixListSet: page.items.map((item) => ({
            prefixListId: item.prefixListId,
            prefixListName: item.prefixListName,
            prefixListArn: state.arn(`prefix-list/${item.prefixListId}`),
            addressFamily: item.addressFamily,
            state: "create-complete",
            maxEntries: item.maxEntries,
            version: 1,
            ownerId: item.ownerId,
            tagSet: tagSet(item.tags),
          })),
          nextToken: page.nextToken,
        };
      },
    }),
    defineOperation({
      name: "DescribeCoipPools",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 1000), PoolId: list(string()) },
      handle(input) {
        const [wanted] = input.PoolId ?? [];
        if (wanted !== undefined)
          throw new AwsError("InvalidPoolID.NotFound", `The coipPool ID '${wanted}' does not exist`);
        return { coipPoolSet: [] };
      },
    }),
    defineOperation({
      name: "DescribeImages",
      mutating: false,
      bucket: "reads",
      input: {
        ...filters,
        ImageId: list(string()),
        Owner: list(string()),
        ExecutableBy: list(string()),
        IncludeDeprecated: boolean(),
        IncludeDisabled: boolean(),
        MaxResults: string(),
        NextToken: string(),
      },
      handle(input) {
        for (const id of input.ImageId ?? []) {
          if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
            throw new AwsError("InvalidAMIID.Malformed", `Invalid id: "${id}" (expecting "ami-...")`);
        }
        return {
          imagesSet: (input.ImageId ?? []).map((imageId) => ({
            imageId,
            imageState: "available",
            imageType: "machine",
            architecture: "x86_64",
            rootDeviceName: "/dev/xvda",
            rootDeviceType: "ebs",
            virtualizationType: "hvm",
            imageOwnerId: state.accountId,
            isPublic: false,
          })),
        };
      },
    }),
  ];
}
