import { describe, expect, it } from "vitest";

import type { Offer } from "../../src/backends/backend.ts";
import { place } from "../../src/backends/placement.ts";
import { service } from "../config/parsing.ts";

const onDemand: Offer = {
  backend: "aws",
  region: "eu-west-1",
  instance: "g5.xlarge",
  resources: "cpu=4",
  spot: false,
  price: 1,
  availability: "available",
  zones: ["eu-west-1a", "eu-west-1b"],
};
const spot: Offer = { ...onDemand, spot: true, price: 0.3 };
const elsewhere: Offer = {
  ...onDemand,
  backend: "runpod",
  region: "CA-MTL-1",
  instance: "A40",
  price: 0.5,
  zones: null,
};
const pooled: Offer = { ...onDemand, availability: "idle", price: 2 };
const full: Offer = { ...onDemand, availability: "no_quota", price: 0.1 };
const offered = [onDemand, spot, elsewhere, pooled, full];

function placed(lines: string): { offers: readonly string[]; lack: string | null } {
  const { spec } = service(`type: service\nname: web\nport: 80\nimage: x\n${lines}\n`);
  const { offers, lack } = place(offered, spec);
  return { offers: offers.map(({ backend, price }) => `${backend} ${price}`), lack };
}

describe("place()", () => {
  it.each([
    ["", ["runpod 0.5", "aws 1", "aws 2"]],
    ["spot_policy: on-demand", ["runpod 0.5", "aws 1", "aws 2"]],
    ["spot_policy: auto", ["aws 0.3", "runpod 0.5", "aws 1", "aws 2"]],
    ["spot_policy: spot", ["aws 0.3"]],
    ["backends: [aws]", ["aws 1", "aws 2"]],
    ["regions: [ca-mtl-1]", ["runpod 0.5"]],
    ["instance_types: [G5.xlarge]", ["aws 1", "aws 2"]],
    ["availability_zones: [eu-west-1b]", ["aws 1", "aws 2"]],
    ["max_price: 1", ["runpod 0.5", "aws 1"]],
    ["creation_policy: reuse", ["aws 2"]],
    ["fleets: [mine]", ["aws 2"]],
  ])("%s leaves the cheapest first", (lines, offers) => {
    expect(placed(lines)).toEqual({ offers, lack: null });
  });

  it.each([
    ["max_price: 0.05", "every offer is turned down by `max_price: 0.05`"],
    ["regions: [mars]\nbackends: [gcp]", "every offer is turned down by `backends: [gcp]` and by `regions: [mars]`"],
    [
      "regions: [CA-MTL-1]\ninstance_types: [g5.xlarge]",
      "every offer is turned down by `regions: [CA-MTL-1]` together with `instance_types: [g5.xlarge]` together with the default `spot_policy: on-demand`",
    ],
    ["reservation: cr-1", "every offer is turned down by `reservation: cr-1`, since no backend has reservations"],
  ])("%s leaves nothing, and says why", (lines, lack) => {
    expect(placed(lines)).toEqual({ offers: [], lack });
  });

  it("lacks nothing where nothing was offered", () => {
    expect(place([], service("type: service\nname: web\nport: 80\nimage: x\n").spec)).toEqual({
      offers: [],
      taken: [],
      lack: null,
    });
  });

  it.each([
    ["a quota that is used up", { availability: "no_quota" }],
    ["what is in use", { availability: "busy" }],
    ["a host without room", { headroom: 0 }],
  ] as const)("keeps %s apart: one that is given back can be had again", (_, overrides) => {
    const { spec } = service("type: service\nname: web\nport: 80\nimage: x\n");
    const offer = { ...onDemand, ...overrides };
    expect(place([offer, elsewhere, { ...spot, availability: "busy" }], spec)).toEqual({
      offers: [elsewhere],
      taken: [offer],
      lack: null,
    });
    expect(place([{ ...onDemand, availability: "not_available" }], spec)).toMatchObject({ offers: [], taken: [] });
  });
});
