import type { CallOptions, Operation, ServiceName } from "./operation.ts";

export interface Call {
  readonly service: ServiceName;
  readonly name: string;
  readonly operation: Operation;
  readonly input: object;
  readonly options: CallOptions;
  send(signal: AbortSignal): Promise<unknown>;
}

export interface Caller {
  call(call: Call): Promise<unknown>;
}
