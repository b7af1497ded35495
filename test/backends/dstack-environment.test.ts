import { expect, it } from "vitest";

import { dstackEnvironment } from "../../src/backends/dstack-environment.ts";
import { matching } from "../support/expecting.ts";
import { owner } from "./request.ts";

const place = { repoDir: "/workflow", workingDir: "/workflow/app", ip: "10.0.0.7", gpus: 2 };

it("tells a replica who it is, that it is alone, and what it has", () => {
  const variables = dstackEnvironment({ owner, service: "web", token: "web-1-4", replica: 3 }, place);
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(variables).toEqual({
    DSTACK_RUN_NAME: "web",
    DSTACK_RUN_ID: matching(uuid),
    DSTACK_JOB_ID: matching(uuid),
    DSTACK_REPLICA_NUM: "3",
    DSTACK_REPO_ID: owner.repository,
    DSTACK_REPO_DIR: "/workflow",
    DSTACK_WORKING_DIR: "/workflow/app",
    DSTACK_NODES_IPS: "10.0.0.7",
    DSTACK_MASTER_NODE_IP: "10.0.0.7",
    DSTACK_NODE_RANK: "0",
    DSTACK_NODES_NUM: "1",
    DSTACK_GPUS_PER_NODE: "2",
    DSTACK_GPUS_NUM: "2",
  });
});

it("gives the replicas of a service one run, and each attempt a job of its own", () => {
  const [first, again, other] = ["web-1-1", "web-1-1", "web-1-2"].map((token) =>
    dstackEnvironment({ owner, service: "web", token, replica: 0 }, place),
  );
  expect(again).toEqual(first);
  expect(other?.["DSTACK_RUN_ID"]).toBe(first?.["DSTACK_RUN_ID"]);
  expect(other?.["DSTACK_JOB_ID"]).not.toBe(first?.["DSTACK_JOB_ID"]);
});
