import type { STSClientConfig } from "@aws-sdk/client-sts";
import type { AwsCredentialIdentityProvider, MiddlewareStack } from "@smithy/types";
import type { Caller } from "./caller.ts";
import type { CallOptions, OperationTable, Port, ServiceName } from "./operation.ts";

/** What carries the HTTP requests of all SDK clients: a handler object, as the SDK defines it. */
export type AwsRequestHandler = NonNullable<STSClientConfig["requestHandler"]>;

/** What every SDK client is made with. The SDK makes one attempt: retries are the caller's. */
export interface ClientSettings {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials: AwsCredentialIdentityProvider;
  readonly maxAttempts: 1;
  readonly requestHandler: AwsRequestHandler;
}

/** What ports of all services are made with. */
export interface PortFactory {
  readonly caller: Caller;
  settings(service: ServiceName): ClientSettings;
  /** Called when a write is about to be handed to its connection; what it throws keeps the write back. */
  beforeWrite(): void;
}

interface SdkCommand {
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, "add">;
}

interface SdkClient {
  send(command: never, options: { abortSignal: AbortSignal }): Promise<unknown>;
}

/** Runs `check` as the last of the SDK's steps: after credentials have been fetched and the request has been signed. */
function checkLast(command: SdkCommand, check: () => void): void {
  command.middlewareStack.add(
    (next) => (args) => {
      check();
      return next(args);
    },
    { step: "deserialize", priority: "low", name: "checkLast" },
  );
}

/**
 * Turns a table of operations into a typed port. The SDK of the service is loaded at the first call: a process that
 * needs no EKS never pays for its client.
 */
export function createPort<Sdk extends object, Table extends OperationTable>(
  factory: PortFactory,
  definition: {
    readonly service: ServiceName;
    readonly operations: Table;
    readonly load: () => Promise<Sdk>;
    readonly client: (sdk: Sdk, settings: ClientSettings) => SdkClient;
  },
): Port<Sdk, Table> {
  const { service } = definition;
  let loading: Promise<{ sdk: Sdk; client: SdkClient }> | undefined;
  const loaded = (): Promise<{ sdk: Sdk; client: SdkClient }> => {
    loading ??= definition.load().then((sdk) => ({ sdk, client: definition.client(sdk, factory.settings(service)) }));
    return loading;
  };

  const methods = Object.entries(definition.operations).map(([name, operation]) => {
    const method = (input: object, options: CallOptions = {}): Promise<unknown> =>
      factory.caller.call({
        service,
        name,
        operation,
        input,
        options,
        async send(signal) {
          const { sdk, client } = await loaded();
          const Command = (sdk as Record<string, new (input: object) => SdkCommand>)[`${name}Command`];
          if (Command === undefined) throw new TypeError(`the SDK of ${service} has no ${name}Command`);
          const command = new Command(input);
          if (operation.mutating) checkLast(command, () => factory.beforeWrite());
          return client.send(command as never, { abortSignal: signal });
        },
      });
    return [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, method];
  });
  return Object.fromEntries(methods) as Port<Sdk, Table>;
}
