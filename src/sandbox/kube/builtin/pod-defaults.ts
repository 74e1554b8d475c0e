import { ensureFields, type Fields, isFields, objectsAt, setDefault, stringAt, valueAt } from "./fields.ts";

const probes = ["livenessProbe", "readinessProbe", "startupProbe"];

/** Fills in what the API server fills in for a pod template (`SetDefaults_PodSpec` and those for its parts). */
export function defaultPodTemplate(template: unknown): void {
  if (isFields(template) && isFields(template["spec"])) defaultPodSpec(template["spec"]);
}

export function defaultPodSpec(spec: Fields): void {
  setDefault(spec, "restartPolicy", "Always");
  setDefault(spec, "terminationGracePeriodSeconds", 30);
  setDefault(spec, "dnsPolicy", "ClusterFirst");
  setDefault(spec, "securityContext", {});
  setDefault(spec, "schedulerName", "default-scheduler");
  if (typeof spec["serviceAccountName"] === "string") spec["serviceAccount"] = spec["serviceAccountName"];
  else if (typeof spec["serviceAccount"] === "string") spec["serviceAccountName"] = spec["serviceAccount"];
  const containers = [
    ...objectsAt(spec, "containers"),
    ...objectsAt(spec, "initContainers"),
    ...objectsAt(spec, "ephemeralContainers"),
  ];
  for (const container of containers) defaultContainer(container, spec["hostNetwork"] === true);
  for (const volume of objectsAt(spec, "volumes")) defaultVolume(volume);
}

function defaultContainer(container: Fields, hostNetwork: boolean): void {
  setDefault(container, "resources", {});
  setDefault(container, "terminationMessagePath", "/dev/termination-log");
  setDefault(container, "terminationMessagePolicy", "File");
  setDefault(container, "imagePullPolicy", pullPolicy(stringAt(container, "image") ?? ""));
  for (const port of objectsAt(container, "ports")) {
    setDefault(port, "protocol", "TCP");
    if (hostNetwork) setDefault(port, "hostPort", port["containerPort"]);
  }
  for (const variable of objectsAt(container, "env")) {
    const source = variable["valueFrom"];
    if (isFields(source) && isFields(source["fieldRef"])) setDefault(source["fieldRef"], "apiVersion", "v1");
  }
  for (const name of probes) {
    const probe = container[name];
    if (isFields(probe)) defaultProbe(probe);
  }
  const lifecycle = container["lifecycle"];
  if (isFields(lifecycle)) for (const hook of Object.values(lifecycle)) if (isFields(hook)) defaultHttpGet(hook);
}

function defaultProbe(probe: Fields): void {
  setDefault(probe, "timeoutSeconds", 1);
  setDefault(probe, "periodSeconds", 10);
  setDefault(probe, "successThreshold", 1);
  setDefault(probe, "failureThreshold", 3);
  defaultHttpGet(probe);
  const grpc = probe["grpc"];
  if (isFields(grpc)) setDefault(grpc, "service", "");
}

function defaultHttpGet(handler: Fields): void {
  const get = handler["httpGet"];
  if (!isFields(get)) return;
  setDefault(get, "path", "/");
  setDefault(get, "scheme", "HTTP");
}

/** `Always` for the tag `latest`, given or implied; a digest or another tag needs no second pull. */
function pullPolicy(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).every((key) => key === "name")) volume["emptyDir"] = {};
  for (const name of ["secret", "configMap", "projected", "downwardAPI"]) {
    const source = volume[name];
    if (isFields(source)) setDefault(source, "defaultMode", 0o644);
  }
  const claim = valueAt(volume, "ephemeral", "volumeClaimTemplate", "spec");
  if (isFields(claim)) setDefault(claim, "volumeMode", "Filesystem");
  const hostPath = volume["hostPath"];
  if (isFields(hostPath)) setDefault(hostPath, "type", "");
  for (const source of objectsAt(volume, "projected", "sources")) {
    const token = source["serviceAccountToken"];
    if (isFields(token)) setDefault(token, "expirationSeconds", 3600);
  }
  for (const item of objectsAt(volume, "downwardAPI", "items")) {
    if (isFields(item["fieldRef"])) setDefault(ensureFields(item, "fieldRef"), "apiVersion", "v1");
  }
}
