/** All keys of a cluster as they were at one time, to bring it back to that. */
export interface EtcdSnapshot {
  restore(): Promise<void>;
}

interface KeyValue {
  readonly key: string;
  readonly mod_revision: string;
  readonly value?: string;
}

const prefix = "/registry/";
/** What an API server writes about itself from time to time. */
const ofServers = ["/registry/masterleases/", "/registry/leases/kube-system/apiserver-", "/registry/peerserverleases/"];
/** etcd takes 128 operations at once. */
const batch = 100;

/**
 * Through etcd's JSON gateway. A cluster that is emptied this way is as new at once, where deletions through the API server
 * would take a request for each object, and would leave what the server keeps beside the objects.
 */
export async function takeSnapshot(etcdUrl: string): Promise<EtcdSnapshot> {
  const saved = new Map((await range(etcdUrl, false)).map((entry) => [entry.key, entry]));
  return {
    async restore() {
      const present = await range(etcdUrl, true);
      const keys = new Set(present.map(({ key }) => key));
      const operations: object[] = [];
      for (const { key, mod_revision } of present) {
        const base = saved.get(key);
        if (base === undefined) operations.push({ request_delete_range: { key } });
        else if (base.mod_revision !== mod_revision) operations.push({ request_put: { key, value: base.value } });
      }
      for (const { key, value } of saved.values()) if (!keys.has(key)) operations.push({ request_put: { key, value } });
      for (let from = 0; from < operations.length; from += batch) {
        const success = operations.slice(from, from + batch);
        const { header } = (await post(etcdUrl, "txn", { success })) as { readonly header: { revision: string } };
        for (const operation of success) {
          const key = (operation as { request_put?: { key: string } }).request_put?.key;
          const base = key === undefined ? undefined : saved.get(key);
          if (base !== undefined) saved.set(base.key, { ...base, mod_revision: header.revision });
        }
      }
    },
  };
}

async function range(etcdUrl: string, keysOnly: boolean): Promise<readonly KeyValue[]> {
  const end = `${prefix.slice(0, -1)}0`;
  const body = { key: base64(prefix), range_end: base64(end), keys_only: keysOnly };
  const { kvs = [] } = (await post(etcdUrl, "range", body)) as { readonly kvs?: readonly KeyValue[] };
  return kvs.filter(({ key }) => {
    const text = Buffer.from(key, "base64").toString("utf8");
    return !ofServers.some((start) => text.startsWith(start));
  });
}

async function post(etcdUrl: string, operation: string, body: object): Promise<unknown> {
  const response = await fetch(`${etcdUrl}/v3/kv/${operation}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd answered ${response.status}: ${await response.text()}`);
  return response.json();
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
