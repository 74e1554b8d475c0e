import type { Session } from "../../session.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const group = "objects.differential.test";
export const widgetVersion = `${group}/v1`;

const status = {
  type: "object",
  properties: { phase: { type: "string" }, replicas: { type: "integer" }, selector: { type: "string" } },
};
const spec = {
  type: "object",
  properties: {
    title: { type: "string", maxLength: 20 },
    size: { type: "integer", minimum: 0, maximum: 100 },
    replicas: { type: "integer" },
    mode: { type: "string", enum: ["Slow", "Fast"] },
    note: { type: "string", nullable: true },
    colours: { type: "array", items: { type: "string" } },
    parts: {
      type: "array",
      items: { type: "object", properties: { name: { type: "string" }, count: { type: "integer" } } },
    },
  },
};

/** Namespaced, with status and scale. */
const widgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec, status } } },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.replicas",
            statusReplicasPath: ".status.replicas",
            labelSelectorPath: ".status.selector",
          },
        },
      },
    ],
  },
};

/** Of the cluster, without subresources. */
const gadgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `gadgets.${group}` },
  spec: {
    group,
    scope: "Cluster",
    names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec, status } } },
      },
    ],
  },
};

/** Sees to it that the custom kinds of this area are served; the area's last scenario removes them. */
export async function serveCustomKinds(session: Session): Promise<void> {
  for (const crd of [widgets, gadgets]) await session.silently("POST", crds, crd);
  for (const plural of ["widgets", "gadgets"]) {
    await session.until(`/apis/${widgetVersion}/${plural}`, ({ status: code }) => code === 200);
  }
}

export async function removeCustomKinds(session: Session): Promise<void> {
  for (const { metadata } of [widgets, gadgets]) {
    await session.silently("DELETE", `${crds}/${metadata.name}`);
    await session.until(`${crds}/${metadata.name}`, ({ status: code }) => code === 404);
  }
}

export function widget(name: string, more: object = {}): object {
  return { apiVersion: widgetVersion, kind: "Widget", metadata: { name }, ...more };
}
