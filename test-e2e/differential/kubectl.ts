import { execFile } from "node:child_process";
import type { HttpHandler } from "../../src/http.ts";
import { type ProxiedRequest, startRecordingProxy } from "./recording-proxy.ts";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kubectl whose requests are noted. */
export interface Kubectl {
  run(
    args: readonly string[],
    input?: string,
  ): Promise<{ readonly result: KubectlResult; readonly requests: readonly ProxiedRequest[] }>;
  close(): Promise<void>;
}

export async function startKubectl(http: HttpHandler, namespace: string): Promise<Kubectl> {
  const proxy = await startRecordingProxy(http);
  const standard = [`--kubeconfig=${proxy.kubeconfig}`, `--cache-dir=${proxy.cacheDir}`, `--namespace=${namespace}`];
  return {
    async run(args, input) {
      proxy.taken();
      const result = await new Promise<KubectlResult>((resolve) => {
        const options = { timeout: 60_000, maxBuffer: 64 << 20 };
        const child = execFile("kubectl", [...standard, ...args], options, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
        });
        child.stdin?.end(input ?? "");
      });
      return { result, requests: proxy.taken() };
    },
    close: () => proxy.close(),
  };
}

/** The lines of an output, without ages, times of day, ports of servers and the widths of columns. */
export function kubectlLines(text: string): readonly string[] {
  return text
    .replace(/^([EIW])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\]/gm, "$1:")
    .replace(/https?:\/\/127\.0\.0\.1:\d+/g, "<server>")
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+\d{4}/g, "<time>")
    .replace(/\b\d+(ms|s|m\d*s?)\b(?! timeout)/g, "<age>")
    .replace(/\/tmp\/(LIVE|MERGED)-\d+/g, "/tmp/$1")
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+\d{4}/g, "<time>")
    .replace(/^(\s*(?:"resourceVersion"|resourceVersion|Resource Version): +)"?\d+"?/gm, "$1<version>")
    .split("\n")
    .map((line) => line.trimEnd().replace(/ {2,}/g, "  "));
}
