import { missingVars, unanswered } from "./fields/template.ts";
import { gatewayNeeds } from "./gateway-needs.ts";
import { vendorOf } from "./gpu-vendors.ts";
import { effectiveArch } from "./requirements.ts";
import type { At, Issue } from "./schema/schema.ts";
import { child, report } from "./schema/schema.ts";
import type { GpuSpec, ServiceSpec } from "./spec.ts";

/** Rules between properties of a service, with the reference's messages (facts §1). Properties with problems of their own are absent. */
export function checkRules(spec: Partial<ServiceSpec>, at: At): void {
  for (const rule of rules)
    rule(spec, (property, issue) => report(child(at, property), { code: "conflict", ...issue }));
}

type Tell = (property: keyof ServiceSpec, issue: Pick<Issue, "message"> & Partial<Issue>) => void;
type Rule = (spec: Partial<ServiceSpec>, tell: Tell) => void;

const imageOrPython: Rule = ({ image, python }, tell) => {
  if (image && python) tell("python", exclusive("image", "python"));
};

const dockerAlone: Rule = ({ docker, image, python, nvcc }, tell) => {
  if (docker !== true) return;
  if (image) tell("docker", exclusive("image", "docker"));
  if (python) tell("docker", exclusive("python", "docker"));
  if (nvcc === true) tell("docker", exclusive("nvcc", "docker"));
};

function exclusive(first: keyof ServiceSpec, second: keyof ServiceSpec): Pick<Issue, "message" | "part" | "related"> {
  return {
    message: `\`${first}\` and \`${second}\` are mutually exclusive fields`,
    part: "whole",
    related: { path: [first], message: `\`${first}\` is given here` },
  };
}

const commandsOrImage: Rule = ({ commands, image }, tell) => {
  if (commands?.length === 0 && (image === null || image === ""))
    tell("commands", { code: "missing-property", message: "Either `commands` or `image` must be set", part: "key" });
};

const rangeNeedsScaling: Rule = ({ replicas, scaling }, tell) => {
  if (replicas === undefined || scaling === undefined) return;
  const isRange = replicas.min !== replicas.max;
  if (isRange && scaling === null)
    tell("replicas", { message: "When you set `replicas` to a range, ensure to specify `scaling`." });
  if (!isRange && scaling !== null)
    tell("scaling", { message: "To use `scaling`, `replicas` must be set to a range.", part: "key" });
};

const scheduleNeedsReplicas: Rule = ({ replicas, schedule }, tell) => {
  if (replicas?.min !== 0 || !schedule) return;
  tell("schedule", {
    stage: "plan",
    message: "Scheduled services with autoscaling to zero are not supported",
    part: "key",
    related: { path: ["replicas"], message: "at least 0" },
  });
};

/** What the default image cannot do; the reference's command line checks it before planning. */
const imageForHardware: Rule = ({ image, docker, resources }, tell) => {
  if (resources === undefined || image) return;
  const vendor = vendorNeedingImage(resources.gpu);
  if (vendor !== null && docker !== true)
    tell("resources", {
      code: "image-required",
      message: `\`image\` is required if \`resources.gpu.vendor\` is \`${vendor}\``,
      part: "key",
    });
  if (effectiveArch(resources) === "arm")
    tell("resources", {
      code: "image-required",
      message: "`image` is required if `resources.cpu.arch` is `arm`",
      part: "key",
    });
};

function vendorNeedingImage(gpu: GpuSpec | null): "amd" | "tenstorrent" | null {
  if (gpu === null || gpu.count.max === 0) return null;
  if (gpu.vendor === "amd" || gpu.vendor === "tenstorrent") return gpu.vendor;
  const vendors = gpu.vendor === null ? (gpu.name ?? []).map(vendorOf) : [];
  return (["amd", "tenstorrent"] as const).find((vendor) => vendors.includes(vendor)) ?? null;
}

const noGateway: Rule = (spec, tell) => {
  if (spec.gateway !== false) return;
  for (const { property, message } of gatewayNeeds(spec)) {
    tell(property, {
      code: "gateway-required",
      message,
      part: "key",
      related: { path: ["gateway"], message: "`gateway: false` is given here" },
    });
  }
};

/** `${{ env.NAME }}` of a name that the service does not have. */
const referencesAreKnown: Rule = ({ env, probes = [], registry_auth }, tell) => {
  if (env === undefined) return;
  const check = (property: keyof ServiceSpec, templates: readonly (string | null)[]): void => {
    const missing = new Set(templates.flatMap((written) => (written === null ? [] : unanswered(written, env))));
    if (missing.size === 0) return;
    tell(property, {
      code: "unknown-reference",
      stage: "resolve",
      message: missingVars(missing),
      hint: "add the name to `env`",
      part: "key",
    });
  };
  check(
    "probes",
    probes.flatMap(({ url, headers, body }) => [url, ...headers.map(({ value }) => value), body]),
  );
  if (registry_auth) check("registry_auth", [registry_auth.username, registry_auth.password]);
};

const rules: readonly Rule[] = [
  imageOrPython,
  dockerAlone,
  commandsOrImage,
  rangeNeedsScaling,
  scheduleNeedsReplicas,
  imageForHardware,
  noGateway,
  referencesAreKnown,
];
