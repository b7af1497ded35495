import { spellings } from "../../test/config/spellings.ts";

/** Ways to write what a table of spellings has not, by property. */
export const properties: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  ...spellings,
  model: [
    ...(spellings["model"] ?? []),
    [{ name: "m", format: "openai", prefix: "/" }],
    [{ type: "chat", name: "m", format: "tgi", chat_template: "t", eos_token: "e" }],
  ],
  probes: [
    ...(spellings["probes"] ?? []),
    [[{ type: "http", method: "post", body: "{}", headers: [{ name: "X-A", value: "b" }], timeout: "1m" }]],
    [
      [
        { type: "http", ready_after: 3 },
        { type: "http", url: "/b" },
      ],
    ],
  ],
  resources: [
    ...(spellings["resources"] ?? []),
    [{ cpu: "x86:2.." }, { cpu: { arch: "X86" } }],
    [{ cpu: 4 }, { cpu: "4" }, { cpu: { min: 4, max: 4 } }],
    [{ cpu: "4..8" }, { cpu: { count: "4..8" } }],
    [{ memory: "16GB.." }, { memory: "16384MB.." }, { memory: { min: 16 } }],
    [{ gpu: null }, { gpu: "0.." }],
    [{ gpu: 0 }, { gpu: "0" }, { gpu: { count: 0 } }],
    [{ gpu: "24GB" }, { gpu: { memory: "24GB", count: "1.." } }, { gpu: { memory: 24 } }],
    [{ gpu: "nvidia:24GB" }],
    [{ gpu: "24GB..48GB:2" }, { gpu: "2:24GB..48GB" }],
    [{ gpu: "A100:80GB:2" }, { gpu: "nvidia:A100:80GB:2" }],
    [{ gpu: "H100,A100" }, { gpu: { name: ["H100", "A100"] } }, { gpu: "nvidia:H100,A100" }],
    [{ gpu: "tpu:v5p-8" }, { gpu: "v5p-8" }, { gpu: { vendor: "google", name: "tpu-v5p-8" } }],
    [{ gpu: "amd:MI300X" }, { gpu: "MI300X" }],
    [{ gpu: "GH200" }],
    [{ gpu: "GH200", cpu: "x86" }],
    [
      { gpu: { compute_capability: 7.5 } },
      { gpu: { compute_capability: "7.5" } },
      { gpu: { compute_capability: [7, 5] } },
    ],
    [{ gpu: { total_memory: "160GB.." } }, { gpu: { total_memory: { min: 160 } } }],
    [{ shm_size: "1GB" }, { shm_size: 1 }, { shm_size: "1024MB" }],
    [{ disk: "200GB" }, { disk: { size: 200 } }, { disk: { size: { min: "200GB", max: "200" } } }],
  ],
  volumes: [
    [undefined, []],
    [["/h:/c"], [{ instance_path: "/h", path: "/c", optional: false }]],
    [[{ instance_path: "/h", path: "/c", optional: true }]],
  ],
  working_dir: [...(spellings["working_dir"] ?? []), ["app", "/workflow/app", "./app/"]],
  user: [...(spellings["user"] ?? []), ["root"], ["app:app"]],
  home_dir: [[undefined, "/root"], ["/home/app"]],
  setup: [[undefined, []], [["apt-get update"]]],
  single_branch: [
    [undefined, null, true],
    [false, "no"],
  ],
  repos: [
    [undefined, []],
    [["https://github.com/acme/app"], [{ url: "https://github.com/acme/app" }]],
    [["..:/src"], [{ local_path: "..", path: "/src" }]],
  ],
  files: [
    [undefined, []],
    [["one/app.conf:/etc/app.conf"], [{ local_path: "one/app.conf", path: "/etc/app.conf" }]],
    [["two/app.conf:/etc/app.conf"]],
    [["one/other.conf:/etc/app.conf"]],
    [["one/app.conf:/etc/other.conf"]],
    [["models", "one/app.conf"]],
  ],
  backends: [[undefined, null], [["aws"]], [["aws", "gcp"]]],
  regions: [[undefined, null], [["eu-west-1"]]],
  availability_zones: [[undefined, null], [["eu-west-1a"]]],
  instance_types: [[undefined, null], [["p3.8xlarge"]]],
  reservation: [[undefined, null], ["r-1"]],
  spot_policy: [...(spellings["spot_policy"] ?? []), ["spot"], ["on-demand"]],
  retry: [
    ...(spellings["retry"] ?? []),
    [
      { on_events: ["error"], duration: "1h" },
      { duration: 3600, on_events: ["error"] },
    ],
  ],
  stop_duration: [
    [undefined, null, true],
    [300, "5m"],
    ["off", false],
  ],
  creation_policy: [[undefined, null], ["reuse-or-create"], ["reuse"]],
  utilization_policy: [
    [undefined, null],
    [
      { min_gpu_utilization: 10, time_window: "30m" },
      { min_gpu_utilization: "10", time_window: 1800 },
    ],
    [{ min_gpu_utilization: 20, time_window: "30m" }],
  ],
  startup_order: [[undefined, null], ["any"], ["workers-first"]],
  stop_criteria: [[undefined, null], ["all-done"], ["master-done"]],
  schedule: [
    [undefined, null],
    [{ cron: "0 8 * * *" }, { cron: ["0 8 * * *"] }],
    [{ cron: ["0 8 * * *", "0 9 * * *"] }],
  ],
  fleets: [[undefined, null], [["blue"]], [["blue", "green"]]],
  // The server crashes on a tag that is a number.
  tags: [
    [undefined, null],
    [
      { a: "1", b: "2" },
      { b: "2", a: "1" },
    ],
    [{ a: "1" }],
  ],
};
