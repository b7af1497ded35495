/** What runs in a replica, and in which container: one entry a property. */

import { shellWords } from "../../lib/shell-words.ts";
import { list } from "../schema/composite.ts";
import { object } from "../schema/object.ts";
import { type Field, refuse, type Schema, trap, unexpected } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { boolean, nullable, transform } from "../schema/words.ts";
import type { ServiceSpec } from "../spec.ts";
import { parseUser } from "../user.ts";
import { isOddScalar } from "../yaml/value.ts";
import { command, template } from "./template.ts";

export const commands: Field<ServiceSpec["commands"]> = {
  schema: list(command),
  default: [],
  description:
    "Shell commands that start the service, joined by `&&`. Required unless `image` is set. `$$` stands for `$`, as it does wherever `${{ }}` may stand.",
  example: ["python3 -m http.server"],
};

export const image: Field<ServiceSpec["image"]> = {
  schema: nullable(text()),
  default: null,
  description: "The container image. Excludes `python` and `docker`.",
  example: "nginx:latest",
};

export const user: Field<ServiceSpec["user"]> = {
  schema: nullable(
    transform(
      text(),
      (value, at) => {
        const parsed = parseUser(value);
        return parsed.ok ? value : refuse(at, parsed.message);
      },
      { title: "`user` or `user:group`", pattern: "^[^:]+(?::[^:]+)?$" },
    ),
  ),
  default: null,
  description:
    "The user, and optionally the group, of the container's processes, by name or id: `user[:group]`. By default the image's.",
  example: "1000:1000",
};

export const privileged: Field<ServiceSpec["privileged"]> = {
  schema: boolean,
  default: false,
  description: "Run the container in privileged mode.",
  example: true,
};

export const entrypoint: Field<ServiceSpec["entrypoint"]> = {
  schema: nullable(
    transform(text(), (value, at) =>
      shellWords(value) === null ? refuse(at, "a quote is never closed, or a backslash has nothing after it") : value,
    ),
  ),
  default: null,
  description: "Replaces the image's entry point. Split as a POSIX shell does; `commands` become its arguments.",
  example: "python -m app",
};

export const working_dir: Field<ServiceSpec["working_dir"]> = {
  schema: nullable(text()),
  default: null,
  description: "The working directory; a relative path is below `/workflow`.",
  example: "/workflow/app",
};

export const home_dir: Field<ServiceSpec["home_dir"]> = {
  schema: text(),
  default: "/root",
  description: "Has no effect.",
  example: "/root",
  deprecated: true,
};

export const setup: Field<ServiceSpec["setup"]> = {
  schema: list(text()),
  default: [],
  description: "Has no effect.",
  example: ["pip install -r requirements.txt"],
  deprecated: true,
};

const interpolated = "May refer to `${{ env.NAME }}` and `${{ secrets.NAME }}`.";

export const registry_auth: Field<ServiceSpec["registry_auth"]> = {
  schema: nullable(
    object<NonNullable<ServiceSpec["registry_auth"]>>({
      username: { schema: template(), description: `The user name. ${interpolated}`, example: "$oauthtoken" },
      password: {
        schema: template(),
        description: `The password or token. ${interpolated}`,
        example: "${{ env.NGC_API_KEY }}",
      },
    }),
  ),
  default: null,
  description: "Credentials for the image's registry.",
  example: { username: "$oauthtoken", password: "${{ env.NGC_API_KEY }}" },
};

const versions = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
const pythonExpects = `a Python version: ${versions.join(", ")}`;

/** `3.10` is the number 3.1 in YAML; the reference reads that as 3.10, as there is no Python 3.1 to mean. */
const pythonVersion: Schema<string> = {
  expects: pythonExpects,
  json: () => ({ title: pythonExpects, enum: [...versions, ...versions.map(Number)] }),
  read: (value, at) => {
    const float = isOddScalar(value) && value.kind === "float" ? value : null;
    const written = float === null ? value : float.text;
    const version = written === "3.1" && float !== null ? "3.10" : versions.find((known) => known === written);
    if (version === undefined) return unexpected(pythonExpects, value, at);
    if (version === "3.10" && float !== null)
      trap(at, `\`${float.source}\` is the number 3.1 in YAML, which is read as Python 3.10`, 'write "3.10" in quotes');
    return version;
  },
};

export const python: Field<ServiceSpec["python"]> = {
  schema: nullable(pythonVersion),
  default: null,
  description: "The Python version of the default image. Excludes `image` and `docker`.",
  example: "3.12",
};

export const nvcc: Field<ServiceSpec["nvcc"]> = {
  schema: nullable(boolean),
  default: null,
  description: "Use the default image with `nvcc`. Excludes `docker`.",
  example: true,
};

export const docker: Field<ServiceSpec["docker"]> = {
  schema: nullable(boolean),
  default: null,
  description: "Make the `docker` command work inside. Excludes `image`, `python` and `nvcc`.",
  example: true,
};

export const shell: Field<ServiceSpec["shell"]> = {
  schema: nullable(
    transform(
      text({ expects: "`sh`, `bash` or an absolute path" }),
      (value, at) =>
        value === "sh" || value === "bash" || value.startsWith("/")
          ? value
          : refuse(at, "The value must be `sh`, `bash`, or an absolute path"),
      { type: "string", pattern: "^(?:sh|bash|/.*)$" },
    ),
  ),
  default: null,
  description:
    "The shell that runs `commands`: `sh`, `bash` or an absolute path. By default `sh` with an `image`, else `bash`.",
  example: "bash",
};
