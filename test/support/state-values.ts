import { digest } from "../../src/lib/digest.ts";
import type { Lease, LeaseOwner } from "../../src/state/lease-record.ts";
import type { Intent, ServiceRecord } from "../../src/state/record.ts";
import { specOf } from "./specs.ts";

const at = "2026-01-02T03:04:05.000Z";

/** A record as a settled service has it, with what a case is about on top. */
export function recordOf(name: string, overrides: Partial<ServiceRecord> = {}): ServiceRecord {
  const spec = specOf({ name });
  const fingerprint = digest(spec);
  return {
    name,
    born: 1,
    target: {
      deployment: 0,
      fingerprint,
      acceptance: 1,
      commit: null,
      planId: "plan",
      by: "test",
      acceptedAt: at,
      floor: 0,
    },
    current: 0,
    run: 0,
    deployments: [
      {
        num: 0,
        run: 0,
        spec,
        fingerprint,
        acceptance: 1,
        files: [],
        job: digest("job"),
        restarts: 0,
        file: `${name}.dstack.yml`,
        commit: null,
        acceptedAt: at,
        settledAt: at,
        bakedAt: at,
      },
    ],
    replicas: [
      {
        num: 0,
        deployment: 0,
        token: `${name}-1-1`,
        status: "running",
        backend: "local",
        region: "local",
        price: 0,
        instance: "4711",
        address: { kind: "unix", path: `/run/${name}.sock` },
        submittedAt: at,
        runningAt: at,
        readyAt: at,
        termination: null,
        error: null,
        failures: 0,
      },
    ],
    attempts: 1,
    quarantined: [],
    verdict: null,
    scaled: null,
    window: null,
    paused: null,
    ...overrides,
  };
}

export function intentOf(service: string, attempt: number): Intent {
  return {
    kind: "provision",
    service,
    replica: 0,
    deployment: 0,
    token: `${service}-1-${attempt}`,
    backend: "local",
    instance: null,
    openedAt: at,
  };
}

export function ownerOf(nonce: string, overrides: Partial<LeaseOwner> = {}): LeaseOwner {
  return { run: "run", attempt: 1, nonce, host: "host", boot: "boot", pid: 1, pidStart: "1", ...overrides };
}

export function leaseOf(nonce: string, fence: number): Lease {
  return { owner: ownerOf(nonce), acquiredAt: at, deadline: "2026-01-02T03:19:05.000Z", fence, handOver: false };
}
