import { z } from "zod";

import { type CatalogItem, type ChosenBy, chooseOffers, diskSize, matches } from "../../src/backends/match-offers.ts";
import type { Answerer } from "./case.ts";
import { refused, unknownKind, value } from "./case.ts";
import { unmarked } from "./numbers.ts";
import { readConfiguration } from "./parsing.ts";

const item = z.object({
  provider: z.string(),
  instance_name: z.string(),
  location: z.string(),
  price: z.number(),
  cpu: z.number(),
  memory: z.number(),
  gpu_vendor: z.string().optional(),
  gpu_count: z.number(),
  gpu_name: z.string().optional(),
  gpu_memory: z.number().optional(),
  spot: z.boolean(),
  disk_size: z.number().nullable(),
  cpu_arch: z.enum(["x86", "arm"]),
});

/** Which offers suit a service, in which order, with which disk. */
export function offersAnswer(input: unknown, { name, file }: Parameters<Answerer>[1]): ReturnType<Answerer> {
  const [kind = ""] = name.split("/");
  if (kind === "match") return matchAnswer(input, z.array(item).parse(file["catalog_items"]));
  if (kind === "disk") return diskAnswer(unmarked(input));
  return kind === "filter_sort" ? filterAnswer(unmarked(input)) : unknownKind(kind);
}

const limits = z.object({
  spot: z.boolean().nullable().default(null),
  max_price: z.number().nullable().default(null),
});

function matchAnswer(input: unknown, items: readonly z.infer<typeof item>[]): ReturnType<Answerer> {
  const { resources } = z.object({ resources: z.unknown() }).parse(input);
  const { spot, max_price } = limits.parse(unmarked(input));
  const { spec, errors } = readConfiguration({ type: "service", port: 80, image: "x", resources });
  if (spec === null) return refused(...errors.map(({ message }) => message));
  const suited = items.filter((each) =>
    matches(catalogItem(each), { resources: spec.resources, spot, maxPrice: max_price }),
  );
  const names = suited
    .toSorted((a, b) => a.price - b.price)
    .map((each) => `${each.provider}/${each.instance_name}/${each.spot ? "spot" : "od"}`);
  return value(names);
}

function catalogItem(each: z.infer<typeof item>): CatalogItem {
  const { price, spot, cpu_arch: arch, cpu: cpus, memory, disk_size: disk } = each;
  const gpu =
    each.gpu_count === 0
      ? null
      : {
          vendor: each.gpu_vendor ?? "",
          name: each.gpu_name ?? "",
          count: each.gpu_count,
          memory: each.gpu_memory ?? 0,
        };
  return { price, spot, arch, cpus, memory, disk, gpu };
}

const bounds = z.object({ min: z.number().nullable().default(null), max: z.number().nullable().default(null) });

function diskAnswer(input: unknown): ReturnType<Answerer> {
  const { item: own, req, conf } = z.object({ item: z.number().nullable(), req: bounds, conf: bounds }).parse(input);
  const size = diskSize(own, req, conf);
  return value(size === null ? null : Math.round(size * 1024));
}

const offer = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.enum(["available", "unknown", "not_available", "no_quota", "no_balance", "idle", "busy"]),
  z.array(z.string()).nullable(),
]);

const names = z.array(z.string()).nullable().default(null);
const filters = z.object({ backends: names, regions: names, availability_zones: names, instance_types: names });

function filterAnswer(input: unknown): ReturnType<Answerer> {
  const { filters: wanted, offers } = z.object({ filters, offers: z.array(offer) }).parse(input);
  const listed = offers.map(([backend, region, instance, price, availability, zones]): ChosenBy => ({
    backend,
    region,
    instance,
    price,
    availability,
    zones,
  }));
  return value(chooseOffers(listed, wanted).map(({ backend, region, instance }) => `${backend}/${region}/${instance}`));
}
