import { intersectRanges } from "../config/fields/range.ts";
import type { Job } from "../config/job.ts";
import { effectiveGpu, withArch } from "../config/requirements.ts";
import type { GpuSpec, Range, ResourcesSpec, ServiceSpec } from "../config/spec.ts";
import { computeCapabilities } from "./gpu-models.ts";

/** An instance that a provider sells, as its catalog lists it. Memory and disk in GB. */
export interface CatalogItem {
  readonly price: number;
  readonly spot: boolean;
  readonly arch: "x86" | "arm" | null;
  readonly cpus: number;
  readonly memory: number;
  readonly gpu: {
    readonly vendor: string;
    readonly name: string;
    readonly count: number;
    readonly memory: number;
  } | null;
  /** `null`: any size may be asked for. */
  readonly disk: number | null;
}

/** What a job asks of an instance. */
export interface Requirements {
  readonly resources: ResourcesSpec;
  /** `null`: either will do. */
  readonly spot: boolean | null;
  readonly maxPrice: number | null;
}

/** What a job asks of an instance, with what it leaves open settled as it would be run (facts §1.7). */
export function requirementsOf({ resources, image, docker, spotPolicy, maxPrice }: Asking): Requirements {
  const policy = spotPolicy ?? "on-demand";
  const gpu = resources.gpu === null ? null : effectiveGpu(resources.gpu, image !== null || docker);
  return {
    resources: { ...withArch(resources), gpu },
    spot: policy === "auto" ? null : policy === "spot",
    maxPrice,
  };
}

type Asking = Pick<Job, "resources" | "image" | "docker" | "spotPolicy" | "maxPrice">;

/** Whether an instance can run the job (facts §11.1). Every bound belongs to its range. */
export function matches(item: CatalogItem, { resources, spot, maxPrice }: Requirements): boolean {
  const { cpu, memory, gpu, disk } = resources;
  if (maxPrice !== null && item.price > maxPrice) return false;
  if (spot !== null && item.spot !== spot) return false;
  if (cpu.arch !== null && item.arch !== cpu.arch) return false;
  if (!within(item.cpus, cpu.count) || !within(item.memory, memory)) return false;
  if (disk !== null && item.disk !== null && !within(item.disk, disk.size)) return false;
  return gpu === null || matchesGpu(item.gpu, gpu);
}

function matchesGpu(offered: CatalogItem["gpu"], wanted: GpuSpec): boolean {
  const { vendor, name, count, memory, total_memory, compute_capability } = wanted;
  const has = offered ?? { vendor: null, name: null, count: 0, memory: 0 };
  // Whoever can do with no GPU says nothing of an instance that has none.
  if (has.count === 0 && count.min === 0) return true;
  if (vendor !== null && has.vendor !== vendor) return false;
  if (!within(has.count, count)) return false;
  if (name !== null && (has.name === null || !includesIgnoringCase(name, has.name))) return false;
  if (memory !== null && !within(has.memory, memory)) return false;
  if (total_memory !== null && !within(has.count * has.memory, total_memory)) return false;
  return compute_capability === null || (offered !== null && isCapable(offered, compute_capability));
}

function isCapable(
  { vendor, name }: NonNullable<CatalogItem["gpu"]>,
  [major, minor]: readonly [number, number],
): boolean {
  const known = vendor === "nvidia" ? computeCapabilities.get(name.toLowerCase()) : undefined;
  if (known === undefined) return false;
  return known[0] > major || (known[0] === major && known[1] >= minor);
}

/** The disk that an instance gets, in GB: its own, or the smallest that suits the job and the backend; `null` when none does. */
export function diskSize(own: number | null, wanted: Range, configurable: Range): number | null {
  return own || (intersectRanges(wanted, configurable)?.min ?? null);
}

/** What of an offer a service may choose by. */
export interface ChosenBy {
  readonly backend: string;
  readonly region: string;
  readonly instance: string;
  readonly price: number;
  readonly availability: "available" | "unknown" | "not_available" | "no_quota" | "no_balance" | "idle" | "busy";
  /** Absent: not known. */
  readonly zones?: readonly string[] | null;
}

export type OfferFilters = Pick<ServiceSpec, "backends" | "regions" | "availability_zones" | "instance_types">;

/** The offers that a service allows, cheapest first, those that are not available last (facts §11.2). */
export function chooseOffers<Offer extends ChosenBy>(
  offers: readonly Offer[],
  filters: OfferFilters,
): readonly Offer[] {
  const { backends, regions, availability_zones: zones, instance_types: types } = filters;
  return offers
    .filter((offer) => backends === null || backends.includes(offer.backend))
    .filter((offer) => regions === null || includesIgnoringCase(regions, offer.region))
    .filter((offer) => types === null || includesIgnoringCase(types, offer.instance))
    .filter((offer) => zones === null || offer.zones?.some((zone) => zones.includes(zone)) === true)
    .toSorted((a, b) => a.price - b.price)
    .toSorted((a, b) => Number(isAvailable(b)) - Number(isAvailable(a)));
}

/** Whether a replica can be started on it now, as far as is known. */
export function isAvailable({ availability }: Pick<ChosenBy, "availability">): boolean {
  return availability === "available" || availability === "unknown" || availability === "idle";
}

function includesIgnoringCase(names: readonly string[], name: string): boolean {
  return names.some((candidate) => candidate.toLowerCase() === name.toLowerCase());
}

function within(amount: number, { min, max }: Range): boolean {
  return (min === null || amount >= min) && (max === null || amount <= max);
}
