import type { Json } from "../../../json.ts";
import { AwsError, beanValidation } from "../aws-error.ts";
import { type TrustRequest, trustAllows } from "../iam/trust-evaluation.ts";
import { type AwsService, type CallContext, defineOperation, type SandboxContext } from "../service.ts";
import { integer, list, required, string, structure } from "../shapes.ts";
import type { IdentityRole } from "../surroundings-account.ts";
import { webIdentityClaims } from "./web-identity-token.ts";

const sessionName = required(string({ minLength: 2, maxLength: 64, pattern: /^[\w+=,.@-]*$/ }));
const session = {
  RoleArn: required(string({ minLength: 20, maxLength: 2048 })),
  RoleSessionName: sessionName,
  DurationSeconds: integer({ min: 900, max: 43_200 }),
  Policy: string({ minLength: 1 }),
  PolicyArns: list(structure({ arn: string() }), { max: 10 }),
} as const;

const chainedLimitSeconds = 3600;

/** STS of the sandbox's account. Temporary keys are accepted by every service until they expire. */
export function createSts(context: SandboxContext): AwsService {
  return {
    name: "sts",
    signingName: "sts",
    protocol: {
      kind: "query",
      version: "2011-06-15",
      namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
      voidResult: "none",
    },
    invalidInput: beanValidation("ValidationError"),
    throttled: () => new AwsError("Throttling", "Rate exceeded"),
    accountBucket: { capacity: 600, refillPerSecond: 600 },
    operations: [
      defineOperation({
        name: "GetCallerIdentity",
        mutating: false,
        input: {},
        handle: (_input, { principal }) => ({
          UserId: principal.userId,
          Account: principal.accountId,
          Arn: principal.arn,
        }),
      }),
      defineOperation({
        name: "AssumeRole",
        mutating: true,
        input: {
          ...session,
          ExternalId: string({ minLength: 2, maxLength: 1224 }),
          SerialNumber: string(),
          TokenCode: string(),
          SourceIdentity: string(),
          Tags: list(structure({ Key: required(string()), Value: string() }), { max: 50 }),
          TransitiveTagKeys: list(string()),
        },
        handle(input, call) {
          const role = roleByArn(context, input.RoleArn);
          const conditions = new Map<string, readonly string[]>([
            ["aws:principalarn", [call.principal.arn]],
            ...(input.ExternalId === undefined ? [] : [["sts:externalid", [input.ExternalId]] as const]),
            ...(input.Tags ?? []).map(
              ({ Key, Value }) => [`aws:requesttag/${Key.toLowerCase()}`, [Value ?? ""]] as const,
            ),
          ]);
          const request: TrustRequest = {
            action: "sts:AssumeRole",
            principal: { type: "AWS", values: namesOf(context, call) },
            context: conditions,
          };
          if (role === undefined || !trustAllows(role.trustPolicy as Json, request))
            throw new AwsError(
              "AccessDenied",
              `User: ${call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
              { status: 403 },
            );
          const chained = call.principal.userId.startsWith("AROA");
          checkDuration(input.DurationSeconds, role, chained);
          return { ...newSession(context, role, input, call), PackedPolicySize: 0 };
        },
      }),
      defineOperation({
        name: "AssumeRoleWithWebIdentity",
        mutating: true,
        anonymous: true,
        secrets: ["WebIdentityToken"],
        input: {
          ...session,
          WebIdentityToken: required(string({ minLength: 4, maxLength: 20_000 })),
          ProviderId: string(),
        },
        handle(input, call) {
          const claims = webIdentityClaims(input.WebIdentityToken);
          if (claims.expiresAt !== undefined && claims.expiresAt * 1000 <= call.now)
            throw new AwsError("ExpiredTokenException", "Token expired: the current time is after its expiration time");
          const issuer = claims.issuer.replace(/^https:\/\//, "").replace(/\/$/, "");
          const account = /^arn:[a-z-]+:iam::(\d{12}):role\/.+$/.exec(input.RoleArn)?.[1] ?? context.accountId;
          const providerArn = `arn:${context.partition}:iam::${account}:oidc-provider/${issuer}`;
          const provider = context.surroundings.identity.oidcProvider(providerArn);
          if (provider === undefined)
            throw new AwsError(
              "InvalidIdentityToken",
              `No OpenIDConnect provider found in your account for ${claims.issuer}`,
            );
          const audience = claims.audiences.find((item) => provider.clientIds.includes(item));
          if (audience === undefined) throw new AwsError("InvalidIdentityToken", "Incorrect token audience");
          const role = roleByArn(context, input.RoleArn);
          const request: TrustRequest = {
            action: "sts:AssumeRoleWithWebIdentity",
            principal: { type: "Federated", values: [providerArn] },
            context: new Map([
              [`${issuer}:sub`.toLowerCase(), [claims.subject]],
              [`${issuer}:aud`.toLowerCase(), claims.audiences],
            ]),
          };
          if (role === undefined || !trustAllows(role.trustPolicy as Json, request))
            throw new AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", {
              status: 403,
            });
          checkDuration(input.DurationSeconds, role, false);
          return {
            ...newSession(context, role, input, call),
            SubjectFromWebIdentityToken: claims.subject,
            Audience: audience,
            Provider: providerArn,
            PackedPolicySize: 0,
          };
        },
      }),
    ],
  };
}

/** A role is found by its whole ARN, path included; a missing one looks like a refusal. */
function roleByArn(context: SandboxContext, arn: string): IdentityRole | undefined {
  const role = context.surroundings.identity.roleByName(arn.slice(arn.lastIndexOf("/") + 1));
  return role?.arn === arn ? role : undefined;
}

/** The names under which a trust policy may know the caller. */
function namesOf(context: SandboxContext, { principal }: CallContext): readonly string[] {
  const role = /^arn:[a-z-]+:sts::\d{12}:assumed-role\/([^/]+)\//.exec(principal.arn)?.[1];
  const roleArn = role === undefined ? undefined : context.surroundings.identity.roleByName(role)?.arn;
  return [
    principal.arn,
    principal.accountId,
    `arn:${context.partition}:iam::${principal.accountId}:root`,
    ...(roleArn === undefined ? [] : [roleArn]),
  ];
}

function checkDuration(seconds: number | undefined, role: IdentityRole, chained: boolean): void {
  if (seconds === undefined) return;
  if (chained && seconds > chainedLimitSeconds)
    throw new AwsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  if (seconds > role.maxSessionDuration)
    throw new AwsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
}

function newSession(
  context: SandboxContext,
  role: IdentityRole,
  input: { readonly RoleSessionName: string; readonly DurationSeconds: number | undefined },
  call: CallContext,
) {
  const arn = `arn:${context.partition}:sts::${context.accountId}:assumed-role/${role.name}/${input.RoleSessionName}`;
  const userId = `${role.roleId}:${input.RoleSessionName}`;
  const expiresAt = call.now + (input.DurationSeconds ?? chainedLimitSeconds) * 1000;
  const accessKeyId = `ASIA${context.ids.upper(16)}`;
  const secretAccessKey = context.ids.hex(40);
  const sessionToken = context.ids.hex(128);
  context.credentials.add({
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiresAt,
    accountId: context.accountId,
    arn,
    userId,
  });
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt),
    },
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
  };
}
