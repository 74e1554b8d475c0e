import { CelError, type OpaqueValue } from "../values.ts";
import { declare } from "./declare.ts";

const PREFIX = "kubernetes.authorization";
const AUTHORIZER = `${PREFIX}.Authorizer`;
const PATH = `${PREFIX}.PathCheck`;
const GROUP = `${PREFIX}.GroupCheck`;
const RESOURCE = `${PREFIX}.ResourceCheck`;
const DECISION = `${PREFIX}.Decision`;

/** A step on the way to asking whether a user may do something. */
class Authorization implements OpaqueValue {
  readonly celType: string;
  readonly identity: string;

  constructor(celType: string, identity: string) {
    this.celType = celType;
    this.identity = identity;
  }
}

/** The value of `authorizer`. In the sandbox everyone may do everything, as access reviews tell too. */
export const authorizer: OpaqueValue = new Authorization(AUTHORIZER, "");
/** The value of `authorizer.requestResource`. */
export const requestResource: OpaqueValue = new Authorization(RESOURCE, "request");

function step(celType: string) {
  return (before: Authorization, ...texts: readonly string[]): Authorization =>
    new Authorization(celType, `${before.identity}/${texts.join("/")}`);
}

const decide = step(DECISION);

export const authorizationFunctions = declare([
  [
    `${AUTHORIZER}.path(string): ${PATH}`,
    (before: Authorization, path: string) => {
      if (path === "") throw new CelError("path must not be empty");
      return step(PATH)(before, path);
    },
  ],
  [`${AUTHORIZER}.group(string): ${GROUP}`, step(GROUP)],
  [`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`, step(AUTHORIZER)],
  [
    `${GROUP}.resource(string): ${RESOURCE}`,
    (before: Authorization, resource: string) => {
      if (resource === "") throw new CelError("resource must not be empty");
      return step(RESOURCE)(before, resource);
    },
  ],
  ...["subresource", "namespace", "name", "fieldSelector", "labelSelector"].map(
    (name) => [`${RESOURCE}.${name}(string): ${RESOURCE}`, step(RESOURCE)] as const,
  ),
  [`${PATH}.check(string): ${DECISION};${RESOURCE}.check(string): ${DECISION}`, decide],
  [`${DECISION}.allowed(): bool`, () => true],
  [`${DECISION}.errored(): bool`, () => false],
  [`${DECISION}.error(): string;${DECISION}.reason(): string`, () => ""],
]);
