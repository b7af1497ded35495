import { describe, expect, it } from "vitest";

import { argvOf, readInputs, secretsOf, splitWords } from "../../src/github/inputs.ts";

const defaults = { command: "plan", paths: "", settings: "", "working-directory": ".", args: "", token: "" };

function read(inputs: Readonly<Partial<typeof defaults>>) {
  const given = new Map(Object.entries({ ...defaults, ...inputs }));
  return readInputs((name) => given.get(name) ?? "");
}

describe("inputs", () => {
  it.each([
    { inputs: {}, argv: ["plan", "--json", "-C", "."] },
    { inputs: { command: "tick" }, argv: ["tick", "--json", "-C", "."] },
    {
      inputs: {
        command: "apply",
        paths: "\n a/.dstack.yml \n\nb c\n",
        settings: "staging.yml",
        "working-directory": "sub",
      },
      argv: ["apply", "--json", "--yes", "-C", "sub", "--settings", "staging.yml", "--", "a/.dstack.yml", "b c"],
    },
    {
      inputs: { command: "apply", args: `--allow-destroy 2 -e "GREETING=Hello World"` },
      argv: ["apply", "--json", "--yes", "-C", ".", "--allow-destroy", "2", "-e", "GREETING=Hello World"],
    },
    { inputs: { "working-directory": "", paths: "--help" }, argv: ["plan", "--json", "-C", ".", "--", "--help"] },
  ])("$inputs become $argv", ({ inputs, argv }) => {
    const answer = read(inputs);
    expect(answer.ok && argvOf(answer.options)).toEqual(argv);
  });

  it.each([
    { inputs: { command: "destroy" }, message: 'expected `command` to be one of plan, apply, tick, got "destroy"' },
    { inputs: { command: "" }, message: 'expected `command` to be one of plan, apply, tick, got ""' },
    { inputs: { command: "tick", paths: "a" }, message: "`tick` works on everything recorded: it takes no `paths`" },
    { inputs: { args: "-e 'A=b" }, message: "`args` has a quote that is not closed" },
  ])("$inputs are refused", ({ inputs, message }) => {
    expect(read(inputs)).toEqual({ ok: false, message });
  });
});

describe("splitWords()", () => {
  it.each([
    ["", []],
    ["  \n ", []],
    ["a", ["a"]],
    [" a\tb\n c ", ["a", "b", "c"]],
    [`'a b' "c d"`, ["a b", "c d"]],
    [`a'b c'd"e f"g`, ["ab cde fg"]],
    [`a\\ b`, ["a b"]],
    [`"a\\"b\\\\c\\d"`, [`a"b\\c\\d`]],
    [`'a\\b'`, [`a\\b`]],
    [`''`, [""]],
    [`'a`, null],
    [`a "b`, null],
    [`a\\`, null],
  ])("splits %j", (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe("secretsOf()", () => {
  it("names the token, as given and as sent, values of --env, and the environment's secrets", () => {
    const answer = read({
      token: "ghs_token",
      args: "-e PASS=hunter22 --env=OTHER=swordfish -eTHIRD=correct-horse -e SHORT=abc -e BARE",
    });
    if (!answer.ok) throw new Error(answer.message);
    const env = {
      HF_TOKEN: "hf_value",
      DB_PASSWORD: "battery",
      PATH: "/usr/bin",
      API_KEY: "key",
      UNSET_SECRET: undefined,
    };
    expect(secretsOf(answer.options, env)).toEqual([
      "ghs_token",
      Buffer.from("x-access-token:ghs_token").toString("base64"),
      "hunter22",
      "swordfish",
      "correct-horse",
      "hf_value",
      "battery",
    ]);
  });
});
