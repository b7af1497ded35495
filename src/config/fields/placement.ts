import { list, mappingOf } from "../schema/composite.ts";
import { number } from "../schema/numbers.ts";
import { child, type Field, invalid, refuse, type Schema, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { nullable, oneOf, transform } from "../schema/words.ts";
import type { ServiceSpec } from "../spec.ts";

/** Ids of every backend that the reference knows. */
export const backendIds = [
  "amddevcloud",
  "aws",
  "azure",
  "cloudrift",
  "crusoe",
  "cudo",
  "datacrunch",
  "digitalocean",
  "dstack",
  "gcp",
  "hotaisle",
  "jarvislabs",
  "kubernetes",
  "lambda",
  "local",
  "docker",
  "ssh",
  "remote",
  "nebius",
  "oci",
  "runpod",
  "slurm",
  "tensordock",
  "vastai",
  "verda",
  "vultr",
] as const;

const names = nullable(list(text()));

export const backends: Field<ServiceSpec["backends"]> = {
  schema: nullable(list(oneOf(backendIds))),
  default: null,
  description: "The backends to use; by default all that are configured.",
  example: ["aws", "gcp"],
};

export const regions: Field<ServiceSpec["regions"]> = {
  schema: names,
  default: null,
  description: "The regions to use; by default all.",
  example: ["eu-west-1"],
};

export const availability_zones: Field<ServiceSpec["availability_zones"]> = {
  schema: names,
  default: null,
  description: "The availability zones to use; by default all.",
  example: ["eu-west-1a"],
};

export const instance_types: Field<ServiceSpec["instance_types"]> = {
  schema: names,
  default: null,
  description: "The cloud's instance types to use; by default all.",
  example: ["p3.8xlarge"],
};

export const reservation: Field<ServiceSpec["reservation"]> = {
  schema: nullable(text()),
  default: null,
  description: "An existing reservation to use.",
  example: "cr-0123456789abcdef0",
};

export const spot_policy: Field<ServiceSpec["spot_policy"]> = {
  schema: nullable(oneOf(["spot", "on-demand", "auto"])),
  default: null,
  description: "Whether to use spot instances: `spot`, `on-demand` (the default) or `auto`.",
  example: "auto",
};

export const max_price: Field<ServiceSpec["max_price"]> = {
  schema: nullable(number({ above: 0 })),
  default: null,
  description: "The most that an instance may cost, in dollars per hour.",
  example: 1.5,
};

export const creation_policy: Field<ServiceSpec["creation_policy"]> = {
  schema: nullable(oneOf(["reuse", "reuse-or-create"])),
  default: null,
  description: "Whether instances may be created (`reuse-or-create`, the default) or only reused (`reuse`).",
  example: "reuse",
};

export const fleets: Field<ServiceSpec["fleets"]> = {
  schema: names,
  default: null,
  description: "The fleets to use; by default any.",
  example: ["my-fleet"],
};

const tagKey = /^[_\-a-zA-Z0-9]{1,60}$/;
const tagValue = /^[a-zA-Z0-9 .:/=_\-+@]{0,256}$/;

/** Tags are checked before numbers become text. */
const tagText: Schema<string> = {
  ...text(),
  json: () => ({ type: "string", pattern: tagValue.source }),
  read: (value, at) => (typeof value === "string" ? value : unexpected("text", value, at)),
};

export const tags: Field<ServiceSpec["tags"]> = {
  schema: nullable(
    transform(
      mappingOf(tagText),
      (read, at) => {
        const wrong = Object.entries(read).map(([key, value]) => {
          if (!tagKey.test(key))
            return refuse(child(at, key), `Invalid tag key ${key}. The key must match regex '${tagKey.source}'`, {
              part: "key",
            });
          return tagValue.test(value)
            ? null
            : refuse(child(at, key), `Invalid tag value ${value}. The value must match regex '${tagValue.source}'`);
        });
        return wrong.includes(invalid) ? invalid : read;
      },
      {
        propertyNames: { pattern: tagKey.source },
        additionalProperties: { type: "string", pattern: tagValue.source },
      },
    ),
  ),
  default: null,
  description: "Tags of the cloud's resources.",
  example: { team: "search" },
};
