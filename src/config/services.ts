import type { Diagnostic } from "../lib/diagnostics.ts";
import type { ChosenProfile } from "./chosen-profile.ts";
import { parseServiceFile, type ServiceSource } from "./parse.ts";
import { inOrder, type SourceBytes } from "./source.ts";

/** All service files together, each with the same profile: a name may stand in one of them only. */
export function parseServices(
  files: readonly SourceBytes[],
  profile: ChosenProfile | null = null,
): {
  readonly services: readonly ServiceSource[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const parsed = files.map((file) => parseServiceFile(file, profile));
  const services = parsed.flatMap((file) => (file.kind === "service" ? [file.service] : []));
  const diagnostics = parsed.flatMap((file) => file.diagnostics);
  return { services, diagnostics: inOrder([...diagnostics, ...duplicateNames(services)]) };
}

function duplicateNames(services: readonly ServiceSource[]): readonly Diagnostic[] {
  const first = new Map<string, ServiceSource>();
  const diagnostics: Diagnostic[] = [];
  for (const service of services) {
    const { name } = service.spec;
    const other = first.get(name);
    if (other === undefined) first.set(name, service);
    else diagnostics.push(duplicateName(service, other));
  }
  return diagnostics;
}

function duplicateName(service: ServiceSource, other: ServiceSource): Diagnostic {
  const { name } = service.spec;
  const { line = 1, column = 1 } = other.locate("name") ?? {};
  return {
    severity: "error",
    code: "duplicate-service",
    message: `the service \`${name}\` is in two files`,
    hint: "give one of them another name",
    file: service.file,
    ...service.locate("name"),
    path: "name",
    related: { file: other.file, line, column, message: `\`${name}\` is here too` },
  };
}
