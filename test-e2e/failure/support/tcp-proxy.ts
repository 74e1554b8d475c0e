import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that a test can break without the server's knowledge. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Cuts all connections with a reset. */
  reset(): void;
  /**
   * The connections that are open now, and with `also: "new"` those to come, stay open and carry nothing any more; what is sent
   * on them is acknowledged and lost.
   */
  blackhole(also?: "new"): void;
  /** New connections work again; what was swallowed stays so until its owner gives up. */
  heal(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  swallowed: boolean;
}

/** Opens a port on loopback that leads to another one. */
export async function openTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let swallowing = false;
  const listener = createServer((client) => {
    const server = connect(target.port, target.host);
    const pair: Pair = { client, server, swallowed: swallowing };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const join = (from: Socket, to: Socket): void => {
      from.on("data", (chunk) => {
        if (!pair.swallowed) to.write(chunk);
      });
      from.on("end", () => {
        if (!pair.swallowed) to.end();
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        // A client that gives up is gone for good; a server that ends is not heard of through a hole.
        if (from === client || !pair.swallowed) {
          to.destroy();
          pairs.delete(pair);
        }
      });
    };
    join(client, server);
    join(server, client);
  });
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    reset() {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    blackhole(also) {
      swallowing = also === "new";
      for (const pair of pairs) pair.swallowed = true;
    },
    heal() {
      swallowing = false;
    },
    close: () =>
      new Promise<void>((resolve) => {
        listener.close(() => resolve());
        for (const { client, server } of pairs) {
          client.destroy();
          server.destroy();
        }
      }),
  };
}
