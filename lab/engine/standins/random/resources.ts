/** The resource types of the random stand-in. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { bridged, type Bridged } from "../wire/bridged";
import type { CheckFailure, ResourceType } from "../wire/provider";
import { plain, type Props } from "../wire/values";
import { randomId, randomText, type TextRules } from "./text";

const MINIMA = ["minUpper", "minLower", "minNumeric", "minSpecial"] as const;

/** `number` is the old name of `numeric`: whichever is given decides both. */
function withNumeric(inputs: Props): Props {
  const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
  return { ...inputs, numeric, number: numeric };
}

function checkText(inputs: Props): CheckFailure[] {
  const rules = plain(withNumeric(inputs)) as Partial<TextRules>;
  const failures: CheckFailure[] = [];
  const least = MINIMA.reduce((sum, key) => sum + (rules[key] ?? 0), 0);
  if (rules.length !== undefined && rules.length < Math.max(1, least))
    failures.push({ property: "", reason: `length ${rules.length} must be at least 1 and the sum of the minima` });
  if ([rules.upper, rules.lower, rules.numeric, rules.special].every((allowed) => allowed === false))
    failures.push({ property: "", reason: "one of special, upper, lower, numeric must be true" });
  return failures;
}

function text(schemaVersion: string, secrets: readonly string[]): Bridged {
  return {
    inputs: ["keepers", "length", "upper", "lower", "numeric", "number", "special", "overrideSpecial", ...MINIMA],
    required: ["length"],
    defaults: {
      ...{ upper: true, lower: true, special: true },
      ...{ minUpper: 0, minLower: 0, minNumeric: 0, minSpecial: 0 },
    },
    derive: withNumeric,
    computed: ["result"],
    secrets,
    schemaVersion,
    validate: checkText,
    create(inputs) {
      const rules = {
        overrideSpecial: "",
        ...(plain(inputs) as object),
      } as TextRules;
      const result = randomText(rules);
      return { id: secrets.length > 0 ? "none" : result, outputs: { result } };
    },
  };
}

const bytes: Bridged = {
  inputs: ["keepers", "length"],
  required: ["length"],
  computed: ["base64", "hex"],
  secrets: ["base64", "hex"],
  idInState: false,
  create(inputs) {
    const value = randomBytes(plain(inputs["length"]) as number);
    const base64 = value.toString("base64");
    // The official plugin's id is the secret itself, in plain text in every state.
    return { id: base64, outputs: { base64, hex: value.toString("hex") } };
  },
};

const identifier: Bridged = {
  inputs: ["keepers", "byteLength", "prefix"],
  required: ["byteLength"],
  computed: ["b64Std", "b64Url", "dec", "hex"],
  create(inputs) {
    const { id, ...outputs } = randomId(
      plain(inputs["byteLength"]) as number,
      (plain(inputs["prefix"]) as string | undefined) ?? "",
    );
    return { id, outputs };
  },
};

const integer: Bridged = {
  inputs: ["keepers", "min", "max"],
  required: ["min", "max"],
  computed: ["result"],
  create(inputs) {
    const [min, max] = [plain(inputs["min"]) as number, plain(inputs["max"]) as number];
    if (max < min) throw new Error(`min ${min} needs to be smaller than or equal to max ${max}`);
    const result = randomInt(min, max + 1);
    return { id: String(result), outputs: { result } };
  },
};

const uuid: Bridged = {
  inputs: ["keepers"],
  computed: ["result"],
  create() {
    const result = randomUUID();
    return { id: result, outputs: { result } };
  },
};

/** Type token → resource type. `seed` of RandomInteger and `bcryptHash` of RandomPassword are not served. */
export const RESOURCES: Record<string, ResourceType> = {
  "random:index/randomPassword:RandomPassword": bridged(text("3", ["result"])),
  "random:index/randomString:RandomString": bridged(text("2", [])),
  "random:index/randomBytes:RandomBytes": bridged(bytes),
  "random:index/randomId:RandomId": bridged(identifier),
  "random:index/randomInteger:RandomInteger": bridged(integer),
  "random:index/randomUuid:RandomUuid": bridged(uuid),
};
