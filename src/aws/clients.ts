import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Clock, Random } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AcmPort } from "./acm.ts";
import { createAcm } from "./acm.ts";
import type { CallRecord } from "./caller.ts";
import { createCaller } from "./caller.ts";
import type { CredentialSource } from "./credentials.ts";
import { keepCredentials, standardChain } from "./credentials.ts";
import type { Ec2Port } from "./ec2.ts";
import { createEc2 } from "./ec2.ts";
import type { EksPort } from "./eks.ts";
import { createEks } from "./eks.ts";
import type { Elbv2Port } from "./elbv2.ts";
import { createElbv2 } from "./elbv2.ts";
import type { IamPort } from "./iam.ts";
import { createIam } from "./iam.ts";
import type { ServiceName } from "./operation.ts";
import type { AwsRequestHandler } from "./port.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { Rates } from "./rates.ts";
import { ownRates } from "./rates.ts";
import type { ShieldPort } from "./shield.ts";
import { createShield } from "./shield.ts";
import type { StsPort } from "./sts.ts";
import { createSts } from "./sts.ts";
import type { Wafv2Port } from "./wafv2.ts";
import { createWafv2 } from "./wafv2.ts";

/** Base URLs that replace AWS's own; a service's own one wins over the common one. */
export interface Endpoints {
  readonly common?: string;
  readonly byService?: Readonly<Partial<Record<ServiceName, string>>>;
}

export interface AwsOptions {
  readonly region: string;
  readonly endpoints?: Endpoints;
  /** Default: the standard chain. */
  readonly credentials?: CredentialSource;
  /** Default: HTTP with one connection pool for all services. */
  readonly requestHandler?: AwsRequestHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Default: AWS's published rates, less the share of others. */
  readonly rates?: Rates;
  /** Hears of every request that was sent. */
  readonly onCall?: (record: CallRecord) => void;
}

/** AWS, as the rest of the program sees it. */
export interface Aws {
  readonly region: string;
  readonly elbv2: Elbv2Port;
  readonly ec2: Ec2Port;
  readonly iam: IamPort;
  readonly eks: EksPort;
  readonly sts: StsPort;
  readonly acm: AcmPort;
  readonly wafv2: Wafv2Port;
  readonly shield: ShieldPort;
  /** From now on `check` is called right before each write leaves, each repetition included; what it throws keeps it back. */
  guardWrites(check: () => void): void;
  /** Closes the connections that `createAws` opened. */
  close(): void;
}

/** The SDK reference's "Service-specific endpoints": the part of the variable's name behind `AWS_ENDPOINT_URL_`. */
const endpointVariables: Readonly<Record<ServiceName, string>> = {
  elbv2: "ELASTIC_LOAD_BALANCING_V2",
  ec2: "EC2",
  iam: "IAM",
  eks: "EKS",
  sts: "STS",
  acm: "ACM",
  wafv2: "WAFV2",
  shield: "SHIELD",
};

/** Reads `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`. */
export function endpointsFrom(environment: Readonly<Record<string, string | undefined>>): Endpoints {
  if (environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true") return {};
  const common = environment["AWS_ENDPOINT_URL"];
  const byService = Object.fromEntries(
    Object.entries(endpointVariables).flatMap(([service, suffix]) => {
      const url = environment[`AWS_ENDPOINT_URL_${suffix}`];
      return url === undefined || url === "" ? [] : [[service, url]];
    }),
  );
  return { ...(common === undefined || common === "" ? {} : { common }), byService };
}

const connectMs = 3000;
// Above the caller's own limits, which end a call first: a second net for a socket that never ends.
const socketMs = 65_000;
const mostSockets = 64;

/** Ports to all services over one connection pool, one set of credentials and one set of rates. */
export function createAws(options: AwsOptions): Aws {
  const { region, clock, random, log } = options;
  const agent = { keepAlive: true, maxSockets: mostSockets };
  const ownHandler =
    options.requestHandler === undefined
      ? new NodeHttpHandler({
          connectionTimeout: connectMs,
          socketTimeout: socketMs,
          requestTimeout: socketMs,
          httpAgent: agent,
          httpsAgent: agent,
        })
      : undefined;
  const requestHandler = options.requestHandler ?? ownHandler ?? {};
  const credentials = keepCredentials({ source: options.credentials ?? standardChain(region), clock, random, log });
  const caller = createCaller({
    clock,
    random,
    limiter: new RateLimiter(clock, options.rates ?? ownRates()),
    onCredentialsRejected: () => credentials.reject(),
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
  });
  let beforeWrite = (): void => undefined;
  const factory = {
    caller,
    beforeWrite: () => beforeWrite(),
    settings: (service: ServiceName) => {
      const endpoint = options.endpoints?.byService?.[service] ?? options.endpoints?.common;
      return {
        region,
        ...(endpoint === undefined ? {} : { endpoint }),
        credentials: () => credentials.provide(),
        maxAttempts: 1 as const,
        requestHandler,
      };
    },
  };
  return {
    region,
    elbv2: createElbv2(factory),
    ec2: createEc2(factory),
    iam: createIam(factory),
    eks: createEks(factory),
    sts: createSts(factory),
    acm: createAcm(factory),
    wafv2: createWafv2(factory),
    shield: createShield(factory),
    guardWrites(check) {
      beforeWrite = check;
    },
    close: () => ownHandler?.destroy(),
  };
}
