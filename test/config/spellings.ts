import * as fc from "fast-check";

/** A service file, as a value. */
export type Configuration = Readonly<Record<string, unknown>>;

/**
 * For each property, meanings; for each meaning, ways to write it. `undefined` is leaving it out. Every combination of
 * meanings is a valid service.
 */
export const spellings: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  port: [
    [80, "80", "80:80", { local_port: 80, container_port: 80 }, { container_port: "80", local_port: 80 }],
    [8000, "80:8000"],
    ["8080:8000", { local_port: 8080, container_port: 8000 }],
  ],
  gateway: [[undefined, null], ["edge"], ["main"]],
  strip_prefix: [
    [undefined, true, "yes", 1],
    [false, "off", 0],
  ],
  model: [
    [undefined, null],
    ["m", { name: "m", format: "openai" }, { type: "chat", name: "m", format: "openai", prefix: "/v1" }],
  ],
  https: [[undefined, true], [false]],
  auth: [
    [undefined, true, "true", "on"],
    [false, "no", "f"],
  ],
  replicas: [
    [undefined, 1, "1", "1..1", { min: 1, max: 1 }],
    [2, "2", " 2 .. 2 "],
    [0, "0"],
  ],
  rate_limits: [
    [undefined, []],
    [[{ rps: 4 }], [{ prefix: "/", rps: "4", burst: 0, key: { type: "ip_address" } }]],
  ],
  probes: [
    [undefined, []],
    [[{ type: "http" }], [{ type: "http", url: "/", interval: "15s", timeout: 10, ready_after: "1", headers: [] }]],
    [[{ type: "http", url: "/h", interval: "1m" }], [{ interval: 60, url: "/h", type: "http", method: "get" }]],
  ],
  commands: [
    [["a"]],
    [
      ["a", "1"],
      ["a", 1],
    ],
  ],
  user: [[undefined, null], ["1000:1000"], [1000, "1000"]],
  privileged: [[undefined, false, "n"], [true]],
  entrypoint: [[undefined], ["python -m x"]],
  working_dir: [[undefined, null], ["/app"]],
  python: [[undefined, null], ["3.12", 3.12], ["3.9"]],
  nvcc: [[undefined], [true, "yes"]],
  env: [
    [undefined, [], {}],
    [["A=1", "B=x"], ["B=x", "A=1"], { A: 1, B: "x" }, { B: "x", A: "1" }],
    [["A"]],
    [["A="], { A: "" }],
  ],
  shell: [[undefined], ["sh"], ["/bin/bash"]],
  resources: [
    [undefined, {}, { cpu: "2.." }, { memory: "8192MB.." }, { disk: { size: "100.." }, cpu: { count: { min: 2 } } }],
    [{ memory: 16 }, { memory: "16 gb" }, { memory: { min: "16GB", max: "16384MB" } }],
    [{ gpu: "A100:80GB:2" }, { gpu: "2:80GB:A100" }, { gpu: { name: "A100", memory: 80, count: "2" } }],
    [{ gpu: "nvidia" }, { gpu: "NVIDIA:1.." }, { gpu: { vendor: "Nvidia" } }],
    [{ cpu: "x86:4" }, { cpu: "4:X86" }, { cpu: { arch: "x86", count: 4 } }],
    [{ disk: null }],
  ],
  priority: [
    [undefined, 0, "0", null],
    [50, "50"],
  ],
  volumes: [
    [undefined, []],
    [["v:/d"], [{ name: "v", path: "/d/" }], [{ name: ["v"], path: "///d" }]],
    [["/h:/c"], [{ instance_path: "/h", path: "/c" }]],
  ],
  files: [
    [undefined, []],
    [[".:app"], [{ local_path: ".", path: "app" }]],
  ],
  spot_policy: [[undefined, null], ["auto"]],
  retry: [
    [undefined, null],
    [true, {}, { duration: "1h" }, { on_events: ["no-capacity", "interruption", "error"], duration: 3600 }],
    [false],
  ],
  max_duration: [
    [undefined, null, true],
    ["off", false],
    ["2h", 7200, "7200"],
  ],
  idle_duration: [
    [undefined, null],
    ["off", -1, "-5"],
    ["5m", 300],
  ],
  max_price: [[undefined], [1.5, "1.5"]],
  schedule: [[undefined, null]],
  tags: [
    [undefined, null],
    [
      { a: "1", b: "" },
      { b: "", a: "1" },
    ],
  ],
};

const properties = Object.keys(spellings);

/** Two ways to write one service. */
export const sameMeaning: fc.Arbitrary<readonly [Configuration, Configuration]> = fc
  .record(Object.fromEntries(properties.map((property) => [property, twoOf(property)])))
  .chain((chosen) => fc.tuple(written(chosen, 0), written(chosen, 1)));

/** Two services that differ in one property. */
export const oneChange: fc.Arbitrary<{
  readonly before: Configuration;
  readonly after: Configuration;
  readonly property: string;
}> = fc
  .tuple(sameMeaning, fc.constantFrom(...properties.filter((property) => (spellings[property]?.length ?? 0) > 1)))
  .chain(([[before, after], property]) =>
    fc
      .constantFrom(
        ...(spellings[property] ?? []).filter(
          (ways) =>
            !ways.includes(before[property]) &&
            !ways.some((way) => JSON.stringify(way) === JSON.stringify(before[property])),
        ),
      )
      .chain((ways) => fc.constantFrom(...ways))
      .map((way) => ({ before, after: withProperty(after, property, way), property })),
  );

function twoOf(property: string): fc.Arbitrary<readonly [unknown, unknown]> {
  return fc
    .constantFrom(...(spellings[property] ?? []))
    .chain((ways) => fc.tuple(fc.constantFrom(...ways), fc.constantFrom(...ways)));
}

function written(
  chosen: Readonly<Record<string, readonly [unknown, unknown]>>,
  index: 0 | 1,
): fc.Arbitrary<Configuration> {
  return fc.shuffledSubarray(properties, { minLength: properties.length }).map((order) => {
    const given = order.flatMap((property): readonly (readonly [string, unknown])[] =>
      chosen[property]?.[index] === undefined ? [] : [[property, chosen[property][index]]],
    );
    return { type: "service", name: "web", ...Object.fromEntries(given) };
  });
}

function withProperty(configuration: Configuration, property: string, way: unknown): Configuration {
  const rest = Object.fromEntries(Object.entries(configuration).filter(([key]) => key !== property));
  return way === undefined ? rest : { ...rest, [property]: way };
}
