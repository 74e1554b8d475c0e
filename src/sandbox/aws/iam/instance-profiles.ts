import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { required } from "../shapes.ts";
import * as parameters from "./parameters.ts";
import {
  deleteConflict,
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  pageOf,
  replaceTags,
  tagList,
  untag,
  withTags,
} from "./parameters.ts";
import { existingRole, roleView } from "./roles.ts";
import type { IamState, InstanceProfile } from "./state.ts";

const maximumProfiles = 1000;
const profileName = { InstanceProfileName: required(parameters.policyName) } as const;

export function instanceProfileOperations(state: IamState, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: { ...profileName, Path: parameters.path, Tags: parameters.tags },
      handle(input) {
        const tags = withTags(new Map(), input.Tags ?? [], "TagsPerInstanceProfile");
        const name = input.InstanceProfileName;
        if (state.instanceProfiles.has(name.toLowerCase()))
          throw entityAlreadyExists(`Instance Profile ${name} already exists.`);
        if (state.instanceProfiles.size >= maximumProfiles)
          throw limitExceeded("InstanceProfilesPerAccount", maximumProfiles);
        const path = input.Path ?? "/";
        const profile: InstanceProfile = {
          name,
          path,
          instanceProfileId: `AIPA${context.ids.upper(17)}`,
          arn: state.arn(`instance-profile${path}${name}`),
          createdAt: context.clock.now(),
          roleName: undefined,
          tags,
        };
        state.instanceProfiles.set(name.toLowerCase(), profile);
        return { InstanceProfile: profileView(state, profile) };
      },
    }),
    defineOperation({
      name: "GetInstanceProfile",
      mutating: false,
      bucket: "reads",
      input: profileName,
      handle: (input) => ({ InstanceProfile: profileView(state, existingProfile(state, input.InstanceProfileName)) }),
    }),
    defineOperation({
      name: "ListInstanceProfiles",
      mutating: false,
      bucket: "reads",
      input: { ...parameters.paging, PathPrefix: parameters.pathPrefix },
      handle(input) {
        const prefix = input.PathPrefix ?? "/";
        const found = [...state.instanceProfiles.values()].filter((profile) => profile.path.startsWith(prefix));
        const page = pageOf(found, (profile) => profile.name, input);
        return { InstanceProfiles: page.items.map((profile) => profileView(state, profile)), ...page.end };
      },
    }),
    defineOperation({
      name: "ListInstanceProfilesForRole",
      mutating: false,
      bucket: "reads",
      input: { ...parameters.paging, RoleName: required(parameters.roleName) },
      handle(input) {
        const role = existingRole(state, input.RoleName);
        const found = [...state.instanceProfiles.values()].filter((profile) => profile.roleName === role.name);
        const page = pageOf(found, (profile) => profile.name, input);
        return { InstanceProfiles: page.items.map((profile) => profileView(state, profile)), ...page.end };
      },
    }),
    defineOperation({
      name: "AddRoleToInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: { ...profileName, RoleName: required(parameters.roleName) },
      handle(input) {
        const profile = existingProfile(state, input.InstanceProfileName);
        const role = existingRole(state, input.RoleName);
        if (profile.roleName !== undefined) throw limitExceeded("InstanceSessionsPerInstanceProfile", 1);
        profile.roleName = role.name;
        return undefined;
      },
    }),
    defineOperation({
      name: "RemoveRoleFromInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: { ...profileName, RoleName: required(parameters.roleName) },
      handle(input) {
        const profile = existingProfile(state, input.InstanceProfileName);
        if (profile.roleName?.toLowerCase() !== input.RoleName.toLowerCase())
          throw noSuchEntity(`Role ${input.RoleName} is not in instance profile ${profile.name}.`);
        profile.roleName = undefined;
        return undefined;
      },
    }),
    defineOperation({
      name: "DeleteInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: profileName,
      handle(input) {
        const profile = existingProfile(state, input.InstanceProfileName);
        if (profile.roleName !== undefined)
          throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
        state.instanceProfiles.delete(profile.name.toLowerCase());
        return undefined;
      },
    }),
    defineOperation({
      name: "TagInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: { ...profileName, Tags: required(parameters.tags) },
      handle(input) {
        const profile = existingProfile(state, input.InstanceProfileName);
        replaceTags(profile.tags, withTags(profile.tags, input.Tags, "TagsPerInstanceProfile"));
        return undefined;
      },
    }),
    defineOperation({
      name: "UntagInstanceProfile",
      mutating: true,
      bucket: "writes",
      input: { ...profileName, TagKeys: required(parameters.tagKeys) },
      handle(input) {
        untag(existingProfile(state, input.InstanceProfileName).tags, input.TagKeys);
        return undefined;
      },
    }),
  ];
}

function existingProfile(state: IamState, name: string): InstanceProfile {
  const profile = state.instanceProfiles.get(name.toLowerCase());
  if (profile === undefined) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  return profile;
}

export function profileView(state: IamState, profile: InstanceProfile) {
  const role = profile.roleName === undefined ? undefined : state.roles.get(profile.roleName.toLowerCase());
  return {
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.instanceProfileId,
    Arn: profile.arn,
    Path: profile.path,
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [roleView(state, role, { withTags: false })],
    Tags: tagList(profile.tags),
  };
}
