import { spellings } from "../../test/config/spellings.ts";
import { type Facet, given } from "./facet.ts";

/** The secret that services refer to. */
export const secretName = "ORACLE_SECRET";
const credential = `\${{ secrets.${secretName} }}`;

/** Subjects of several properties, or with other needs than a table of one property's spellings has. */
export const subjects: readonly Facet[] = [
  {
    name: "image",
    meanings: [
      [{}, { image: null }, { docker: false, python: null }, { nvcc: "no" }],
      [{ image: "nginx:1.27" }, { image: "nginx:1.27", docker: false }],
      [{ image: "acme/app:2" }],
      [{ image: "nginx:1.27", nvcc: true }],
      [{ docker: true }, { docker: "yes" }, { docker: true, image: null }],
      [{ python: "3.9" }, { python: 3.9 }, { python: "3.9", nvcc: false }],
      [{ python: "3.10" }],
      [{ python: 3.11 }, { python: "3.11" }],
      [{ python: "3.12" }],
      [{ python: 3.13 }],
      [{ nvcc: true }, { nvcc: "on" }],
      [{ nvcc: true, python: "3.12" }],
    ],
  },
  {
    name: "commands",
    meanings: [
      [{ commands: ["a"] }, { commands: [" a "] }, { commands: ["a"], entrypoint: null }],
      [{ commands: ["a", "1"] }, { commands: ["a", 1] }, { commands: ["a && 1"] }],
      [{ commands: ["serve &", "wait"] }, { commands: ["{ serve & } && wait"] }],
      [
        { commands: ["a"], shell: "sh" },
        { commands: ["a"], shell: "/bin/sh" },
      ],
      [
        { commands: ["a"], shell: "bash" },
        { commands: ["a"], shell: "/bin/bash" },
      ],
      [
        { entrypoint: "python -m", commands: ["x y"] },
        { entrypoint: "python", commands: ["-m", "x y"] },
        { entrypoint: "'python'  -m", commands: ["x y"], shell: "sh" },
      ],
      [{ entrypoint: "python -m", commands: ["x", "y"] }],
      [{}, { commands: [] }],
    ],
  },
  {
    name: "replicas",
    meanings: [
      ...(spellings["replicas"] ?? []).map((ways) => ways.map((replicas) => given({ replicas }))),
      [
        { replicas: "1..3", scaling: { metric: "rps", target: 10 } },
        {
          replicas: { max: 3, min: "1" },
          scaling: { metric: "rps", target: "10", scale_up_delay: "5m", scale_down_delay: 600 },
        },
      ],
      [{ replicas: "..3", scaling: { metric: "rps", target: 10 } }],
      [{ replicas: "1..3", scaling: { metric: "rps", target: 0.5 } }],
      [
        { replicas: "1..3", scaling: { metric: "rps", target: 10, scale_up_delay: "1m" } },
        { replicas: "1..3", scaling: { target: 10, scale_up_delay: "60", metric: "rps" } },
      ],
    ],
  },
  {
    name: "credentials",
    meanings: [
      [{}, { registry_auth: null }],
      [
        { registry_auth: { username: "u", password: credential } },
        { registry_auth: { password: credential, username: "u" } },
      ],
      [{ registry_auth: { username: "u", password: "$oauthtoken" } }],
    ],
  },
];

/** Variables, and what refers to them. */
export const variables: Facet = {
  name: "env",
  meanings: [
    ...(spellings["env"] ?? []).map((ways) => ways.map((env) => given({ env }))),
    [
      { env: { P: "1" }, registry_auth: { username: "u", password: "${{ env.P }}" } },
      { env: ["P=1"], registry_auth: { username: "u", password: "1" } },
    ],
    [{ env: { P: "2" }, registry_auth: { username: "u", password: "${{ env.P }}" } }],
    [{ env: ["P"], registry_auth: { username: "u", password: "${{ env.P }}" } }],
    [
      { env: { P: "h" }, probes: [{ type: "http", url: "/${{ env.P }}" }] },
      { env: { P: "h" }, probes: [{ type: "http", url: "/h" }] },
    ],
    [{ env: { P: "i" }, probes: [{ type: "http", url: "/${{ env.P }}" }] }],
  ],
};
