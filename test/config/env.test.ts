import { describe, expect, it } from "vitest";

import { envLookup, resolveValues, unknownHere, withGiven } from "../../src/config/env.ts";
import { jobOf } from "../../src/config/job.ts";
import { like } from "../support/expecting.ts";
import { parseLines, service, shorts } from "./parsing.ts";

const web = "type: service\nname: web\nport: 80\nimage: x\n";

/** What a replica is given where `-e` gives some values and the environment has others. */
function resolved(text: string, given: readonly string[], environment: Readonly<Record<string, string>>) {
  const source = withGiven(service(`${web}${text}\n`), given);
  return resolveValues(source.spec, envLookup(given, environment));
}

describe("resolveValues()", () => {
  it.each([
    [
      "a bare name takes the environment's value",
      "env: [T, A=1]",
      { given: [], around: { T: "t" } },
      { T: "t", A: "1" },
    ],
    ["a given value wins over the environment", "env: [T]", { given: ["T=c"], around: { T: "p" } }, { T: "c" }],
    ["a given value wins over the file", "env: [A=1]", { given: ["A=2"], around: { A: "3" } }, { A: "2" }],
    ["the environment does not win over the file", "env: [A=1]", { given: [], around: { A: "3" } }, { A: "1" }],
    ["a given name takes the environment's value", "env: [A=1]", { given: ["A"], around: { A: "3" } }, { A: "3" }],
    ["a given name may be new", "env: []", { given: ["B=x=y"], around: {} }, { B: "x=y" }],
    ["the last value given for a name counts", "env: [A]", { given: ["A=1", "A=2"], around: {} }, { A: "2" }],
    ["an empty value is a value", "env: [A]", { given: [], around: { A: "" } }, { A: "" }],
    [
      "secrets are replaced",
      "env: ['A=${{ secrets.K }}/${{secrets.K}}']",
      { given: [], around: { K: "k" } },
      { A: "k/k" },
    ],
    [
      "two dollars are one",
      "env: ['A=$${{ secrets.K }}', B=$$5]",
      { given: [], around: {} },
      { A: "${{ secrets.K }}", B: "$5" },
    ],
    [
      "other dollars stay",
      "env: [A=$HOME, 'B=${X}', C=5$]",
      { given: [], around: {} },
      { A: "$HOME", B: "${X}", C: "5$" },
    ],
    [
      "what is looked up is taken as it is",
      "env: [A]",
      { given: ["A=$$ ${{ secrets.K }}"], around: {} },
      { A: "$$ ${{ secrets.K }}" },
    ],
    [
      "a secret's value is not looked into",
      "env: ['A=${{ secrets.K }}']",
      { given: [], around: { K: "$$${{" } },
      { A: "$$${{" },
    ],
    ["any name is a name", "env: {__proto__: x}", { given: [], around: {} }, Object.fromEntries([["__proto__", "x"]])],
  ])("%s", (_, text, { given, around }, env) => {
    const { env: values, ...rest } = resolved(text, given, around);
    expect([Object.entries(values), rest]).toEqual([Object.entries(env), like({ missing: [], registryAuth: null })]);
  });

  it("takes any name for a name", () => {
    const text = 'env: ["__proto__", "constructor=a", "__proto__x", "toString"]';
    const { spec } = service(`${web}${text}\n`);
    const { env, missing } = resolveValues(spec, (name) => (name === "toString" ? undefined : `of ${name}`));
    expect(Object.entries(env)).toEqual([
      ["__proto__", "of __proto__"],
      ["constructor", "a"],
      ["__proto__x", "of __proto__x"],
    ]);
    expect(missing).toEqual([{ kind: "variable", name: "toString", path: "env.toString" }]);
    expect(resolved(text, [], {}).missing.map(({ name }) => name)).toEqual(["__proto__", "__proto__x", "toString"]);
  });

  it("fills in the credentials of the registry, with variables and secrets", () => {
    const text =
      "env: ['USER=${{ secrets.NAME }}', TOKEN]\nregistry_auth: {username: '$oauth-${{ env.USER }}', password: '${{ secrets.P }}${{ env.TOKEN }}'}";
    expect(resolved(text, [], { NAME: "me", P: "p-", TOKEN: "${{ t" })).toEqual({
      env: { USER: "me", TOKEN: "${{ t" },
      registryAuth: { username: "$oauth-me", password: "p-${{ t" },
      secrets: ["me", "${{ t", "p-"],
      lookedUp: { NAME: "me", TOKEN: "${{ t", P: "p-" },
      missing: [],
    });
  });

  it("names what is missing, each name once, and gives no half-filled value", () => {
    const text =
      "env: [A, 'B=${{ secrets.S }}:${{ secrets.S }}', 'C=${{ secrets.A }}', D=1]\nregistry_auth: {username: u, password: '${{ env.A }}${{ secrets.T }}'}";
    expect(resolved(text, [], {})).toEqual({
      env: { D: "1" },
      registryAuth: null,
      secrets: [],
      lookedUp: {},
      missing: [
        { kind: "variable", name: "A", path: "env.A" },
        { kind: "secret", name: "S", path: "env.B" },
        { kind: "secret", name: "T", path: "registry_auth.password" },
      ],
    });
  });

  it("leaves alone what was recorded before such references were refused", () => {
    const { spec } = service(web);
    const env = { A: "${{ github.sha }}", B: "${{ open" };
    expect(resolveValues({ ...spec, env }, () => undefined)).toMatchObject({ env, missing: [] });
  });
});

describe("unknownHere()", () => {
  it("warns of every name without a value, at its place", () => {
    const source = service(`${web}env:\n- A\n- B=1\n- C=\${{ secrets.S }}\n`, "a.yml");
    expect(unknownHere(source, envLookup([], { B: "" }))).toEqual([
      {
        severity: "warning",
        code: "missing-env",
        message: "Environment variable A is not set",
        hint: "unknown here: set it, or pass -e A=VALUE, before `apply`",
        file: "a.yml",
        line: 6,
        column: 3,
        endLine: 6,
        endColumn: 4,
        path: "env.A",
      },
      {
        severity: "warning",
        code: "missing-env",
        message: "Secret S is not set",
        hint: "unknown here: set the environment variable S before `apply`",
        file: "a.yml",
        line: 8,
        column: 3,
        endLine: 8,
        endColumn: 21,
        path: "env.C",
      },
    ]);
  });
});

describe("withGiven()", () => {
  it("records names alone", () => {
    const source = withGiven(service(`${web}env: [A=1]\n`), ["A=secret-a", "B=secret-b", "C"]);
    expect(source.spec.env).toEqual({ A: null, B: null, C: null });
    expect(source.fingerprint).toBe(service(`${web}env: [A, B, C]\n`).fingerprint);
  });
});

describe("references", () => {
  it.each([
    ["env: ['A=${{ env.B }}']", ["error unknown-reference 5:7 env[0]"]],
    ["env: {A: '${{ github.sha }}'}", ["error unknown-reference 5:10 env.A"]],
    ["env: ['A=${{ secrets.a-b }}']", ["error invalid-value 5:7 env[0]"]],
    ["env: {A: '${{ secrets.B'}", ["error invalid-value 5:10 env.A"]],
    ["env: ['A=$${{ github.sha }}', 'B=${{secrets.B_2}}']", []],
    [
      "registry_auth: {username: '${{ secrets.U }}', password: '${{ secrets.1 }}'}",
      ["error invalid-value 5:57 registry_auth.password"],
    ],
    ["registry_auth: {username: u, password: '${{ env.P }}'}", ["error unknown-reference 5:1 registry_auth"]],
    ["commands: [a, 'b ${{ env.B }}']", ["error unknown-reference 5:15 commands[1]"]],
    ["commands: ['${{ run.argz }} ${{ x.y }}']", ["error unknown-reference 5:12 commands[0]"]],
    ["commands: ['${{ run args }}']", ["error invalid-value 5:12 commands[0]"]],
    ["commands: ['${{ secrets.A }}']", ["warning secret-not-replaced 5:12 commands[0]"]],
    ["commands: ['$${{ secrets.A }}', 'echo ${HOME} $1']", []],
    [
      "env: [A]\nprobes: [{type: http, url: '/${{ env.A }}?k=${{ secrets.A }}'}]",
      ["warning secret-not-replaced 6:28 probes[0].url"],
    ],
  ])("%s", (line, problems) => {
    expect(shorts(parseLines(line))).toEqual(problems);
  });

  it("of commands are filled in as the reference does, for the job", () => {
    const { spec } = service(`${web}commands: ['serve \${{ run.args }}', 'echo $$ $x $$', 'echo $\${HOME}']\n`);
    expect(jobOf(spec, []).commands).toEqual(["serve ", "echo $ $x $$", "echo ${HOME}"]);
  });
});
