import { expect, it } from "vitest";

import { envOf } from "../../src/reconciler/replica-env.ts";
import { service } from "../config/parsing.ts";

it("envOf() takes any name for a name", () => {
  const names = ["__proto__", "constructor=a", "__proto__x", "toString"];
  const { spec } = service(
    `type: service\nname: web\nport: 80\nimage: x\nenv: [${names.map((name) => `"${name}"`).join(", ")}]\n`,
  );
  const { values, missing } = envOf(spec, (name) => (name === "toString" ? undefined : `of ${name}`));
  expect(Object.entries(values)).toEqual([
    ["__proto__", "of __proto__"],
    ["constructor", "a"],
    ["__proto__x", "of __proto__x"],
  ]);
  expect(missing).toEqual(["toString"]);
});
