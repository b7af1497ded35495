import type { Fields } from "../schema/object.ts";
import type { ServiceSpec } from "../spec.ts";
import {
  idle_duration,
  max_duration,
  retry,
  schedule,
  startup_order,
  stop_criteria,
  stop_duration,
  utilization_policy,
} from "./lifetime.ts";
import {
  availability_zones,
  backends,
  creation_policy,
  fleets,
  instance_types,
  max_price,
  regions,
  reservation,
  spot_policy,
  tags,
} from "./placement.ts";

/** The properties that a profile may give to services that do not set them. */
export type ProfileSpec = Pick<
  ServiceSpec,
  | "backends"
  | "regions"
  | "availability_zones"
  | "instance_types"
  | "reservation"
  | "spot_policy"
  | "retry"
  | "max_duration"
  | "stop_duration"
  | "max_price"
  | "creation_policy"
  | "idle_duration"
  | "utilization_policy"
  | "startup_order"
  | "stop_criteria"
  | "schedule"
  | "fleets"
  | "tags"
>;

/** One entry for each, the same as in service files. */
export const profileFields: Fields<ProfileSpec> = {
  backends,
  regions,
  availability_zones,
  instance_types,
  reservation,
  spot_policy,
  retry,
  max_duration,
  stop_duration,
  max_price,
  creation_policy,
  idle_duration,
  utilization_policy,
  startup_order,
  stop_criteria,
  schedule,
  fleets,
  tags,
};

/** Their names, in declaration order. */
export const profileProperties: readonly (keyof ProfileSpec)[] = Object.keys(profileFields).filter(isProfileProperty);

/** Whether a profile may give a property. */
export function isProfileProperty(property: string): property is keyof ProfileSpec {
  return property in profileFields;
}
