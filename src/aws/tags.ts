export type Tags = Readonly<Record<string, string>>;

interface SdkTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function fromTagList(list: readonly SdkTag[] | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ""]])));
}

/** Sorted by key: the same tags always make the same request. */
export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

/** Whether `tags` has all of `wanted`. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}
