import type { Controls } from "../../api/annotations.ts";
import type { Ingress, Service } from "../../api/builtin.ts";
import type { Clock } from "../../clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import type { AnswerOptions, EventRecorder } from "../load-balancing/ports.ts";
import type { LoadBalancerReporter } from "../load-balancing/report.ts";
import type { ClassSurroundings } from "./ingress-class.ts";
import type { IngressSettings } from "./input.ts";
import type { IngressSurroundings } from "./load.ts";

/** What the Ingress controller works with; wired by the operator. */
export interface IngressDependencies {
  readonly engine: Engine;
  readonly client: KubeClient;
  readonly reporter: LoadBalancerReporter;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** With the indexes of `ingressIndexFunctions`. */
  readonly ingresses: Lister<Ingress>;
  readonly services: Lister<Service>;
  readonly classes: ClassSurroundings;
  readonly surroundings: IngressSurroundings;
  readonly settings: IngressSettings;
  readonly requiredSecretsLabel?: AnswerOptions["requiredSecretsLabel"];
  /** What holds for objects that say nothing themselves. */
  readonly controls?: Controls;
}
