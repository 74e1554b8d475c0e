/** Kinds whose DELETE answers with the object deleted rather than with a Status (`ReturnDeletedObject`). */
export const RETURNS_DELETED: ReadonlySet<string> = new Set([
  "/pods",
  "/services",
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);
