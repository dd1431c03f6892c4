/** The random provider's resources. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { implementations } from "../conformance/plugins";
import { withoutMeta } from "../conformance/tlscases";
import { Plugin, UNKNOWN, type Wire } from "../conformance/plugin";

const LIMIT = { timeout: 120_000 };
const MARK = "4dabf18193072939515e22adb298388d";
const isSecret = (value: unknown): boolean => typeof value === "object" && value !== null && MARK in value;
const open = (value: unknown): string => (isSecret(value) ? String((value as Wire)["value"]) : String(value));
const tokenOf = (type: string): string => `random:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`;

for (const { title, executable } of implementations("random")) {
  describe(title, LIMIT, () => {
    const plugins = new Map<string, Plugin>();
    const types = ["RandomPassword", "RandomString", "RandomBytes", "RandomId", "RandomInteger", "RandomUuid"];
    before(async () => {
      for (const type of types) plugins.set(type, await Plugin.start(await executable(), tokenOf(type)));
    });
    after(async () => {
      for (const plugin of plugins.values()) await plugin.stop();
    });

    const make = async (type: string, inputs: Wire) => {
      const plugin = plugins.get(type)!;
      const { inputs: checked, failures } = await plugin.check(inputs);
      assert.deepEqual(failures, []);
      return { plugin, checked, ...(await plugin.create(checked)) };
    };

    test("a password has the characters that are asked for and is secret", async () => {
      const { state, id } = await make("RandomPassword", { length: 30, special: false, minUpper: 25, numeric: false });
      assert.match(open(state["result"]), /^[A-Za-z]{30}$/);
      assert.ok(open(state["result"]).replace(/[^A-Z]/g, "").length >= 25);
      assert.ok(isSecret(state["result"]));
      assert.equal(id, "none");
    });

    test("state of a password has every rule", async () => {
      const { state } = await make("RandomPassword", { length: 12, keepers: { a: "1" } });
      const { result, bcryptHash, ...rest } = withoutMeta(state);
      void [result, bcryptHash];
      assert.deepEqual(rest, {
        id: "none",
        keepers: { a: "1" },
        length: 12,
        lower: true,
        minLower: 0,
        minNumeric: 0,
        minSpecial: 0,
        minUpper: 0,
        number: true,
        numeric: true,
        special: true,
        upper: true,
      });
    });

    test("a string is its own id and no secret", async () => {
      const { state, id } = await make("RandomString", {
        length: 10,
        overrideSpecial: "_",
        upper: false,
        lower: false,
        numeric: false,
      });
      assert.deepEqual([state["result"], id], ["_".repeat(10), "_".repeat(10)]);
    });

    test("bytes come in both spellings, both secret", async () => {
      const { state } = await make("RandomBytes", { length: 32 });
      assert.match(open(state["hex"]), /^[0-9a-f]{64}$/);
      assert.equal(Buffer.from(open(state["hex"]), "hex").toString("base64"), open(state["base64"]));
      assert.ok(isSecret(state["hex"]) && isSecret(state["base64"]));
    });

    test("an id comes in every spelling", async () => {
      const { state, id } = await make("RandomId", { byteLength: 8, prefix: "p-" });
      const bytes = Buffer.from(id, "base64url");
      assert.deepEqual(
        [state["hex"], state["b64Url"], state["b64Std"], state["dec"]],
        [
          `p-${bytes.toString("hex")}`,
          `p-${bytes.toString("base64url")}`,
          `p-${bytes.toString("base64")}`,
          `p-${BigInt(`0x${bytes.toString("hex")}`)}`,
        ],
      );
    });

    test("an integer is between its bounds", async () => {
      const { state, id } = await make("RandomInteger", { min: 5, max: 6 });
      assert.ok(state["result"] === 5 || state["result"] === 6);
      assert.equal(id, String(state["result"]));
    });

    test("a UUID is one", async () => {
      const { state, id } = await make("RandomUuid", {});
      assert.match(id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
      assert.equal(state["result"], id);
    });

    test("the preview of a creation knows the inputs only", async () => {
      const plugin = plugins.get("RandomBytes")!;
      const { state } = await plugin.create((await plugin.check({ length: 4 })).inputs, { preview: true });
      const { base64, hex, length } = state;
      assert.deepEqual({ base64, hex, length }, { base64: UNKNOWN, hex: UNKNOWN, length: 4 });
    });

    test("no change plans nothing", async () => {
      for (const [type, inputs] of Object.entries({
        RandomPassword: { length: 9 },
        RandomBytes: { length: 4 },
        RandomId: { byteLength: 4 },
      })) {
        const { plugin, state, checked, id } = await make(type, inputs);
        assert.equal((await plugin.diff(state, checked, checked, id)).changes, "none", type);
      }
    });

    test("other keepers and another length replace", async () => {
      const { plugin, state, checked, id } = await make("RandomPassword", { length: 12, keepers: { a: "1" } });
      const plan = async (news: Wire) =>
        plugin.diff(state, checked, (await plugin.check({ ...checked, ...news }, checked)).inputs, id);
      assert.deepEqual((await plan({ keepers: { a: "2" } })).replaces, ["keepers"]);
      assert.deepEqual((await plan({ length: 13 })).replaces, ["length"]);
      assert.deepEqual((await plan({ numeric: false })).replaces, ["number", "numeric"]);
    });

    test("Check refuses a length that its minima do not fit in", async () => {
      const { failures } = await plugins.get("RandomPassword")!.check({ length: 3, minUpper: 4 });
      assert.notEqual(failures.length, 0);
      assert.notEqual((await plugins.get("RandomPassword")!.check({})).failures.length, 0);
    });
  });
}
