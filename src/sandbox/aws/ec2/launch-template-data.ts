import { AwsError } from "../aws-error.ts";
import type { WireTree } from "./state.ts";

type Data = { readonly [name: string]: WireTree };

const maximumUserDataBytes = 16_384;

/** Where the answer's element is not called like the request's plus `Set`. */
const answerNames: Readonly<Record<string, string>> = {
  "NetworkInterface.SecurityGroupId": "groupSet",
  "NetworkInterface.Ipv6Addresses": "ipv6AddressesSet",
  "NetworkInterface.PrivateIpAddresses": "privateIpAddressesSet",
  LicenseSpecification: "licenseSet",
  ElasticInferenceAccelerator: "elasticInferenceAcceleratorSet",
};

/**
 * Launch template data as it came, after the few checks that EC2 makes at this point: whether images, groups and
 * types exist shows only when instances are launched.
 */
export function newData(given: unknown): Data {
  if (!isTree(given) || typeof given === "string" || Array.isArray(given) || Object.keys(given).length === 0)
    throw new AwsError("MissingParameter", "The request must contain the parameter LaunchTemplateData");
  const data = given as Data;
  const userData = data["UserData"];
  if (typeof userData === "string" && userData !== "") {
    if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData))
      throw new AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    if (Buffer.from(userData, "base64").length > maximumUserDataBytes)
      throw new AwsError("InvalidUserData.Malformed", "User data is limited to 16384 bytes");
  }
  return data;
}

/** A version made from another one: what is given replaces, a list as a whole. */
export function mergedData(source: Data, given: Data): Data {
  return { ...source, ...given };
}

/** The data in the names of the answer: lower camel case, lists as `…Set`. */
export function dataView(data: Data): Readonly<Record<string, unknown>> {
  return objectView(data, "");
}

function objectView(value: Data, parent: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [answerName(parent, name, inner), treeView(inner, name)]),
  );
}

function treeView(value: WireTree, name: string): unknown {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return (value as readonly WireTree[]).map((item) => treeView(item, name));
  return objectView(value as Data, name);
}

function answerName(parent: string, name: string, value: WireTree): string {
  const special = answerNames[parent === "" ? name : `${parent}.${name}`];
  if (special !== undefined) return special;
  const camel = name.charAt(0).toLowerCase() + name.slice(1);
  return Array.isArray(value) ? `${camel}Set` : camel;
}

function isTree(value: unknown): value is WireTree {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}
