import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; from a cached read to a load balancer that takes its time. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/**
 * Every metric that Fairlead exports. Names that dashboards for the AWS Load Balancer Controller and for
 * controller-runtime already use are kept where the meaning is the same; all others start with `fairlead_`.
 * Durations are in seconds.
 */
export const metricTable = {
  controller_runtime_reconcile_total: {
    type: "counter",
    help: "Reconciles by result: success, error, requeue (conflict or retry asked for), requeue_after (waiting).",
    labels: ["controller", "result"],
  },
  controller_runtime_reconcile_errors_total: {
    type: "counter",
    help: "Reconciles that failed; waiting and throttling are not failures.",
    labels: ["controller"],
  },
  controller_runtime_reconcile_time_seconds: {
    type: "histogram",
    help: "Time of one reconcile.",
    labels: ["controller"],
    buckets: secondsBuckets,
  },
  controller_runtime_active_workers: {
    type: "gauge",
    help: "Reconciles in progress.",
    labels: ["controller"],
  },
  controller_runtime_max_concurrent_reconciles: {
    type: "gauge",
    help: "The largest number of reconciles at the same time.",
    labels: ["controller"],
  },
  awslbc_controller_reconcile_errors_total: {
    type: "counter",
    help: "Failed reconciles by stable error code; requeues are excluded.",
    labels: ["controller", "error_category"],
  },
  awslbc_controller_reconcile_stage_duration: {
    type: "histogram",
    help: "Time of one stage of a reconcile, in seconds.",
    labels: ["controller", "reconcile_stage"],
    buckets: secondsBuckets,
  },
  awslbc_readiness_gate_ready_seconds: {
    type: "histogram",
    help: "Time until the readiness condition of a pod turned True.",
    labels: ["namespace", "name"],
    buckets: [10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600],
  },
  awslbc_webhook_validation_failure_total: {
    type: "counter",
    help: "Objects that a validating webhook refused.",
    labels: ["webhook_name", "error_category"],
  },
  awslbc_webhook_mutation_failure_total: {
    type: "counter",
    help: "Objects that a mutating webhook could not change.",
    labels: ["webhook_name", "error_category"],
  },
  awslbc_controller_cache_object_total: {
    type: "gauge",
    help: "Objects in the cache.",
    labels: ["resource"],
  },
  fairlead_object_ready: {
    type: "gauge",
    help: "1 when the object is ready, 0 when it is not, with the reason.",
    labels: ["kind", "namespace", "name", "reason"],
  },

  workqueue_depth: {
    type: "gauge",
    help: "Keys that wait for a worker: urgent, edit, retry, resync.",
    labels: ["name", "priority"],
  },
  workqueue_adds_total: { type: "counter", help: "Keys added.", labels: ["name"] },
  workqueue_retries_total: { type: "counter", help: "Keys queued again after a failure.", labels: ["name"] },
  workqueue_queue_duration_seconds: {
    type: "histogram",
    help: "Time from being due to the start of work.",
    labels: ["name", "priority"],
    buckets: secondsBuckets,
  },
  workqueue_work_duration_seconds: {
    type: "histogram",
    help: "Time of work on one key.",
    labels: ["name"],
    buckets: secondsBuckets,
  },
  workqueue_oldest_age_seconds: {
    type: "gauge",
    help: "How long the oldest waiting key has waited.",
    labels: ["name"],
  },
  workqueue_longest_running_processor_seconds: {
    type: "gauge",
    help: "How long the longest running work has run.",
    labels: ["name"],
  },

  rest_client_requests_total: {
    type: "counter",
    help: "Requests to the Kubernetes API by status code (or <error> without an answer) and method.",
    labels: ["code", "method"],
  },
  fairlead_kube_request_retries_total: {
    type: "counter",
    help: "Requests to the Kubernetes API that were repeated after 429, 5xx or a lost connection.",
    labels: ["code", "method"],
  },
  fairlead_kube_watch_restarts_total: {
    type: "counter",
    help: "Watches opened again, by the reason that the last one ended.",
    labels: ["kind", "reason"],
  },
  fairlead_kube_relists_total: {
    type: "counter",
    help: "Complete lists read, by reason: initial, expired, periodic, corrupt, requested.",
    labels: ["kind", "reason"],
  },
  fairlead_kube_missed_events_total: {
    type: "counter",
    help: "Differences that a relist found although the watch looked healthy.",
    labels: ["kind"],
  },
  fairlead_kube_events_total: {
    type: "counter",
    help: "Watch events received.",
    labels: ["kind", "type"],
  },
  fairlead_kube_handler_failures_total: {
    type: "counter",
    help: "Event handlers that threw.",
    labels: ["kind"],
  },
  fairlead_kube_watch_age_seconds: {
    type: "gauge",
    help: "Age of the open watch of a kind.",
    labels: ["kind"],
  },
  fairlead_kube_last_event_age_seconds: {
    type: "gauge",
    help: "Time since anything, bookmarks included, came over the watch of a kind.",
    labels: ["kind"],
  },
  fairlead_events_recorded_total: {
    type: "counter",
    help: "Events by what became of them: written, repeated, throttled, failed.",
    labels: ["result"],
  },
  leader_election_master_status: {
    type: "gauge",
    help: "1 while this process is the leader.",
    labels: ["name"],
  },

  aws_api_calls_total: {
    type: "counter",
    help: "AWS API calls, retries not counted; error_code is empty on success.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  aws_api_call_duration_seconds: {
    type: "histogram",
    help: "Time of an AWS API call, retries included.",
    labels: ["service", "operation"],
    buckets: secondsBuckets,
  },
  aws_api_call_retries: {
    type: "histogram",
    help: "Retries of an AWS API call.",
    labels: ["service", "operation"],
    buckets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  },
  aws_api_requests_total: {
    type: "counter",
    help: "HTTP requests to AWS.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  aws_api_request_duration_seconds: {
    type: "histogram",
    help: "Time of one HTTP request to AWS.",
    labels: ["service", "operation"],
    buckets: secondsBuckets,
  },
  aws_api_call_permission_errors_total: {
    type: "counter",
    help: "AWS API calls refused for lack of permission.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  aws_api_call_service_limit_exceeded_errors_total: {
    type: "counter",
    help: "AWS API calls refused by a quota.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  aws_api_call_throttled_errors_total: {
    type: "counter",
    help: "AWS API calls that were throttled.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  aws_api_call_validation_errors_total: {
    type: "counter",
    help: "AWS API calls whose input AWS refused.",
    labels: ["service", "operation", "status_code", "error_code"],
  },
  fairlead_aws_queue_wait_seconds: {
    type: "histogram",
    help: "Time that AWS API calls waited for their token bucket, by lane.",
    labels: ["bucket", "lane"],
    buckets: secondsBuckets,
  },
  fairlead_changes_total: {
    type: "counter",
    help: "Changes made to AWS resources.",
    labels: ["type", "action"],
  },
  fairlead_drift_total: {
    type: "counter",
    help: "Changes found in AWS that no Kubernetes change explains.",
    labels: ["type"],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

type Table = typeof metricTable;
export type MetricName = keyof Table;
type NamesOf<Type extends MetricRow["type"]> = {
  [N in MetricName]: Table[N]["type"] extends Type ? N : never;
}[MetricName];
export type CounterName = NamesOf<"counter">;
export type GaugeName = NamesOf<"gauge">;
export type HistogramName = NamesOf<"histogram">;
/** Exactly the labels that the table gives the metric. */
export type LabelsOf<N extends MetricName> = { readonly [L in Table[N]["labels"][number]]: string };

/** Records what happened. Each operator has its own registry; there is no global one. */
export interface Metrics {
  add<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Drops a series, so that an object that is gone leaves nothing behind. Missing labels match every value. */
  remove<N extends MetricName>(name: N, labels: Partial<LabelsOf<N>>): void;
  /** Called before each exposition, for gauges that are cheaper to measure than to keep. Returns how to end it. */
  onCollect(collect: () => void): () => void;
  /** The value of one series, for tests and status pages; a histogram gives its count. */
  value<N extends MetricName>(name: N, labels: LabelsOf<N>): Promise<number | undefined>;
  /** The Prometheus text exposition format. */
  text(): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const collectors = new Set<() => void>();
  /** The label sets in use of each metric: the library can only remove a series whose labels are all known. */
  const used = new Map<string, Map<string, Record<string, string>>>();
  for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
    const common = { name, help: row.help, labelNames: [...row.labels], registers: [registry] };
    if (row.type === "counter") counters.set(name, new Counter(common));
    else if (row.type === "gauge") gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...(row.buckets ?? secondsBuckets)] }));
  }

  async function series(name: string): Promise<readonly { labels: Record<string, unknown>; value: number }[]> {
    const metric = counters.get(name) ?? gauges.get(name) ?? histograms.get(name);
    const { values } = (await metric?.get()) ?? { values: [] };
    const count = histograms.has(name) ? `${name}_count` : undefined;
    return values.filter((value) => count === undefined || ("metricName" in value && value.metricName === count));
  }

  function use(name: string, labels: Readonly<Record<string, string>>): Record<string, string> {
    let sets = used.get(name);
    if (sets === undefined) used.set(name, (sets = new Map()));
    const key = Object.keys(labels)
      .sort()
      .map((label) => labels[label])
      .join("\n");
    let set = sets.get(key);
    if (set === undefined) sets.set(key, (set = { ...labels }));
    return set;
  }

  return {
    add: (name, labels, by = 1) => counters.get(name)?.inc(use(name, labels), by),
    set: (name, labels, value) => gauges.get(name)?.set(use(name, labels), value),
    observe: (name, labels, value) => histograms.get(name)?.observe(use(name, labels), value),
    remove(name, labels) {
      const metric = counters.get(name) ?? gauges.get(name) ?? histograms.get(name);
      if (metric === undefined) return;
      const sets = used.get(name);
      for (const [key, set] of sets ?? []) {
        if (!Object.entries(labels).every(([label, value]) => set[label] === value)) continue;
        metric.remove(set);
        sets?.delete(key);
      }
    },
    onCollect(collect) {
      collectors.add(collect);
      return () => void collectors.delete(collect);
    },
    async value(name, labels) {
      for (const collect of collectors) collect();
      const wanted = Object.entries(labels);
      return (await series(name)).find((entry) => wanted.every(([label, value]) => entry.labels[label] === value))
        ?.value;
    },
    text() {
      for (const collect of collectors) collect();
      return registry.metrics();
    },
  };
}
