import { integer } from "../schema/numbers.ts";
import { type Field, refuseToPlan } from "../schema/schema.ts";
import { text } from "../schema/text.ts";
import { nullMeans, oneOf, transform } from "../schema/words.ts";
import type { ServiceSpec } from "../spec.ts";

/** The reference's rule for names of services, as a full match. */
export const namePattern = /^[a-z][a-z0-9-]{1,40}$/;

export const type: Field<ServiceSpec["type"]> = {
  schema: oneOf(["service"]),
  description: "The type of configuration.",
  example: "service",
};

export const name: Field<ServiceSpec["name"]> = {
  schema: transform(
    text(),
    (value, at) => {
      if (!namePattern.test(value))
        refuseToPlan(at, `Resource name should match regex '^[a-z][a-z0-9-]{1,40}$'`, {
          hint: "2 to 41 lower-case letters, digits and dashes, a letter first",
        });
      return value;
    },
    {
      title: "2 to 41 lower-case letters, digits and dashes, a letter first",
      type: "string",
      pattern: namePattern.source,
    },
  ),
  description: "The name of the service: the identity by which it is deployed, updated and removed.",
  example: "llama31",
};

export const priority: Field<ServiceSpec["priority"]> = {
  schema: nullMeans(integer({ min: 0, max: 100 }), 0),
  default: 0,
  description: "Services of higher priority get capacity first.",
  example: 50,
};
