import assert from "node:assert/strict";
import { decodeProtobuf } from "../../../src/sandbox/kube/builtin/protobuf.ts";

/** A message as pairs of field number and value: text, number, or a nested message. */
type Message = readonly (readonly [number: number, value: string | number | Message])[];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

function encode(message: Message): number[] {
  return message.flatMap(([number, value]) => {
    if (typeof value === "number") return [...varint(number << 3), ...varint(value)];
    const bytes = typeof value === "string" ? [...Buffer.from(value)] : encode(value);
    return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
  });
}

function body(apiVersion: string, kind: string, message: Message): Uint8Array {
  const unknown = encode([
    [
      1,
      [
        [1, apiVersion],
        [2, kind],
      ],
    ],
    [2, message],
    [3, ""],
    [4, ""],
  ]);
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, ...unknown]);
}

describe("protobuf bodies", () => {
  it("become the JSON that the client meant", () => {
    const container: Message = [
      [1, "c"],
      [2, "nginx"],
      [
        6,
        [
          [1, ""],
          [2, 0],
          [3, 80],
          [4, ""],
          [5, ""],
        ],
      ],
      [8, []],
      [16, 0],
    ];
    const spec: Message = [
      [1, 0],
      [
        2,
        [
          [
            1,
            [
              [1, "app"],
              [2, "web"],
            ],
          ],
        ],
      ],
      [
        3,
        [
          [
            1,
            [
              [1, ""],
              [8, []],
              [
                11,
                [
                  [1, "app"],
                  [2, "web"],
                ],
              ],
            ],
          ],
          [
            2,
            [
              [2, container],
              [3, ""],
            ],
          ],
        ],
      ],
      [4, [[1, ""]]],
      [5, 0],
    ];
    assert.deepEqual(
      decodeProtobuf(
        body("apps/v1", "Deployment", [
          [
            1,
            [
              [1, "web"],
              [8, []],
            ],
          ],
          [2, spec],
          [3, [[1, 0]]],
        ]),
      ),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: { containers: [{ name: "c", image: "nginx", ports: [{ containerPort: 80 }], resources: {} }] },
          },
          strategy: {},
        },
      },
    );
  });

  it("keep encoded data, ports of both types and inline messages", () => {
    const secret = decodeProtobuf(
      body("v1", "Secret", [
        [1, [[1, "s"]]],
        [
          2,
          [
            [1, "key"],
            [2, "text"],
          ],
        ],
      ]),
    );
    assert.deepEqual(secret["data"], { key: "dGV4dA==" });
    const port = (target: Message): unknown =>
      (
        decodeProtobuf(
          body("v1", "Service", [
            [
              2,
              [
                [
                  1,
                  [
                    [3, 80],
                    [4, target],
                  ],
                ],
              ],
            ],
          ]),
        )["spec"] as { ports: unknown }
      ).ports;
    assert.deepEqual(
      port([
        [1, 0],
        [2, 8080],
        [3, ""],
      ]),
      [{ port: 80, targetPort: 8080 }],
    );
    assert.deepEqual(
      port([
        [1, 1],
        [2, 0],
        [3, "http"],
      ]),
      [{ port: 80, targetPort: "http" }],
    );
    const rule: Message = [
      [1, "a.example.com"],
      [
        2,
        [
          [
            1,
            [
              [
                1,
                [
                  [1, "/"],
                  [3, "Prefix"],
                ],
              ],
            ],
          ],
        ],
      ],
    ];
    assert.deepEqual(decodeProtobuf(body("networking.k8s.io/v1", "Ingress", [[2, [[3, rule]]]]))["spec"], {
      rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Prefix" }] } }],
    });
  });

  const refusals: readonly { readonly name: string; readonly bytes: Uint8Array; readonly message: RegExp }[] = [
    { name: "of another form", bytes: Buffer.from("{}"), message: /not the form of Kubernetes protobuf/ },
    {
      name: "of an unknown kind",
      bytes: body("example.com/v1", "Lake", []),
      message: /Lake of example\.com\/v1 cannot be read/,
    },
    { name: "with an unknown field", bytes: body("v1", "Namespace", [[9, "x"]]), message: /field 9 of V1Namespace/ },
    {
      name: "that end too early",
      bytes: body("v1", "Namespace", [[1, [[1, "abc"]]]]).subarray(0, -5),
      message: /ends too early/,
    },
  ];
  for (const { name, bytes, message } of refusals) {
    it(`are refused ${name}`, () => assert.throws(() => decodeProtobuf(bytes), message));
  }
});
