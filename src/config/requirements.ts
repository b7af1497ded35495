import { vendorOf } from "./gpu-vendors.ts";
import type { GpuSpec, ResourcesSpec } from "./spec.ts";

/** The CPU architecture that a service gets: as given, or that of the GPU's module, or x86. */
export function effectiveArch({ cpu, gpu }: ResourcesSpec): "x86" | "arm" {
  return cpu.arch ?? (isSuperchip(gpu) ? "arm" : "x86");
}

/** Resources with the architecture that a service gets: unset and given are the same where it is the same. */
export function withArch(resources: ResourcesSpec): ResourcesSpec {
  return { ...resources, cpu: { ...resources.cpu, arch: effectiveArch(resources) } };
}

/** NVIDIA's modules with ARM cores of their own. */
export function isSuperchip(gpu: GpuSpec | null): boolean {
  if (gpu === null || (gpu.vendor !== null && gpu.vendor !== "nvidia")) return false;
  return (gpu.name ?? []).some((name) => /^G[BH]\d/i.test(name));
}

/**
 * The GPUs that a service gets: any number where it says nothing. The vendor is as given, or the one that makes all of the
 * models, or NVIDIA for the default image, which is made for it.
 */
export function effectiveGpu(gpu: GpuSpec | null, ownImage: boolean): GpuSpec {
  const wanted = gpu ?? anyGpus;
  if (wanted.vendor !== null || wanted.count.max === 0) return wanted;
  return { ...wanted, vendor: wanted.name === null ? (ownImage ? null : "nvidia") : onlyVendor(wanted.name) };
}

const anyGpus: GpuSpec = {
  vendor: null,
  name: null,
  count: { min: 0, max: null },
  memory: null,
  total_memory: null,
  compute_capability: null,
};

function onlyVendor(names: readonly string[]): GpuSpec["vendor"] {
  const [vendor = null, ...others] = new Set(names.map(vendorOf));
  return others.length === 0 ? vendor : null;
}
