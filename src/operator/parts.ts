import type { Clock, Random } from "../clock.ts";
import type { Engine } from "../engine/engine.ts";
import type { KubeClient } from "../kube/client.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { Logger } from "../log.ts";
import type { Caches } from "./caches.ts";
import type { WatchedSecrets } from "./facts/watched-secrets.ts";
import type { Settings } from "./settings.ts";

/** What every controller of one process is made with. */
export interface OperatorParts {
  readonly settings: Settings;
  readonly caches: Caches;
  readonly kube: KubeClient;
  readonly secrets: WatchedSecrets;
  readonly events: EventRecorder;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}
