import { isAbsolute, relative, resolve, sep } from "node:path";

import type { Project } from "./app.ts";

/** A project whose plan, kept in a file of the work tree, is no part of what it plans: else writing it would change it. */
export function withoutPlan(project: Project, file: string | null): Project {
  if (file === null) return project;
  const path = relative(project.repository.root, resolve(file));
  if (path.startsWith("..") || isAbsolute(path)) return project;
  return { ...project, without: [path.split(sep).join("/")] };
}
