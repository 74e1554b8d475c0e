import type { Controls } from "../../api/annotations.ts";
import type { Service } from "../../api/builtin.ts";
import type { Clock } from "../../clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import type { EventRecorder } from "../load-balancing/ports.ts";
import type { LoadBalancerReporter } from "../load-balancing/report.ts";
import type { ServiceSettings } from "./input.ts";
import type { ServiceSurroundings } from "./load.ts";

/** What the Service controller works with; wired by the operator. */
export interface ServiceDependencies {
  readonly engine: Engine;
  readonly client: KubeClient;
  readonly reporter: LoadBalancerReporter;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly services: Lister<Service>;
  readonly surroundings: ServiceSurroundings;
  readonly settings: ServiceSettings;
  /** What holds for objects that say nothing themselves. */
  readonly controls?: Controls;
}
