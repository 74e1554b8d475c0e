import { type KubeObject, objectKey } from "../../api/object.ts";
import type { Reason } from "../../api/reasons.ts";

/** Where the lines that people see with `kubectl describe` go; repeated ones are counted, not listed. */
export interface EventSink {
  event(
    object: KubeObject,
    event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
  ): void;
}

/** Tells each Problem once for every generation of an object. */
export class ProblemEvents {
  readonly #sink: EventSink;
  readonly #told = new Map<string, string>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  tell(object: KubeObject, verdict: { readonly reason: Reason; readonly message: string } | undefined): void {
    const key = `${object.kind} ${objectKey(object.metadata)}`;
    if (verdict === undefined) {
      this.#told.delete(key);
      return;
    }
    const text = `${object.metadata.generation ?? 0} ${verdict.reason} ${verdict.message}`;
    if (this.#told.get(key) === text) return;
    this.#told.set(key, text);
    this.#sink.event(object, { type: "Warning", reason: verdict.reason, message: verdict.message });
  }

  forget(kind: string, key: string): void {
    this.#told.delete(`${kind} ${key}`);
  }
}
