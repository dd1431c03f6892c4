/** The stand-ins' pure parts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LineLogger } from "./command/lines";
import { quoted } from "./command/quote";
import { failureOf } from "./command/run";
import { takenOver } from "./kubernetes/apply";
import { readiness } from "./kubernetes/await";
import { changes } from "./kubernetes/compare";
import { forcesNew } from "./kubernetes/forcenew";
import type { KubernetesObject, ManagedFields } from "./kubernetes/json";
import { kindOfToken } from "./kubernetes/kinds";
import { activeCluster, readKubeconfig } from "./kubernetes/kubeconfig";
import { sameScalar } from "./kubernetes/normalize";
import { parseOptions, shellWords } from "./language/options";
import { integer, oid, parse, sequence, setOf, tagged, time } from "./tls/der";
import { keyUsage } from "./tls/usages";
import { diff } from "./wire/diff";
import { decode, encode, equal, mark, secret, UNKNOWN, UNKNOWN_TEXT, type Value } from "./wire/values";

describe("wire values", () => {
  const values: Record<string, Value> = {
    plain: { a: [1, "x", null, true] },
    secret: { a: secret({ b: secret("c") }) },
    unknown: [UNKNOWN],
    "secret and unknown": { a: mark(UNKNOWN, { secret: true }) },
  };
  for (const [what, value] of Object.entries(values))
    test(`${what} survives the wire`, () => assert.ok(equal(decode(encode(value)), value)));

  test("a secret in a secret is one secret", () => assert.ok(equal(secret(secret("a")), secret("a"))));
  test("an unknown is spelt as the engine spells it", () => assert.equal(encode(UNKNOWN), UNKNOWN_TEXT));
});

describe("differences", () => {
  const cases: Record<string, [Record<string, Value>, Record<string, Value>, string[]]> = {
    "nested and quoted keys": [{ a: { "b.c": 1 } }, { a: { "b.c": 2 } }, ['update a["b.c"]']],
    "longer and shorter lists": [{ a: [1, 2], b: [1] }, { a: [1], b: [1, 2] }, ["delete a[1]", "add b[1]"]],
    "null and absent are the same": [{ a: null }, {}, []],
    "another type": [{ a: [1] }, { a: { b: 1 } }, ["update a"]],
    "a secret as a whole": [{ a: secret({ b: 1 }) }, { a: secret({ b: 2 }) }, ["update a"]],
    "an unknown secret is none": [{ a: 1 }, { a: mark(UNKNOWN, { secret: true }) }, []],
  };
  for (const [what, [old, next, expected]] of Object.entries(cases))
    test(what, () =>
      assert.deepEqual(
        diff(old, next).map(({ kind, path }) => `${kind} ${path}`),
        expected,
      ),
    );
});

describe("command", () => {
  test("commands are quoted as by Go", () =>
    assert.equal(quoted('a "b"\n\t\\ é \u0001'), '"a \\"b\\"\\n\\t\\\\ é \\x01"'));
  test("endings in Go's words", () => {
    assert.equal(failureOf({ code: 0, signal: undefined }), undefined);
    assert.equal(failureOf({ code: 3, signal: undefined }), "Process exited with status 3");
    assert.equal(failureOf({ code: null, signal: "SIGTERM" }), "Process exited with status 143 from signal TERM");
    assert.equal(
      failureOf({ code: null, signal: undefined }),
      "wait: remote command exited without exit status or exit signal",
    );
  });
  test("lines come whole, the last one without its end", () => {
    const lines: string[] = [];
    const logger = new LineLogger((line) => lines.push(line));
    for (const chunk of ["a\nb", "c\r\n", "d"]) logger.write(chunk);
    logger.end();
    assert.deepEqual(lines, ["a", "bc", "d"]);
    assert.equal(logger.tooLong, false);
    logger.write("x".repeat(65_536));
    assert.equal(logger.tooLong, true);
  });
});

describe("language host", () => {
  test("nodeargs are words as in a shell", () => {
    assert.deepEqual(shellWords(`--a  'b c' "d \\" e" f\\ g # h`), ["--a", "b c", 'd " e', "f g"]);
    assert.deepEqual(shellWords("''"), [""]);
    assert.throws(() => shellWords("'a"), /closing quote/);
  });
  test("options have the official defaults and types", () => {
    assert.deepEqual(parseOptions({}), { typescript: true, tsconfig: "", nodeargs: "" });
    assert.throws(() => parseOptions({ typescript: "no" }), /typescript option must be a boolean/);
    assert.throws(() => parseOptions({ nodeargs: 1 }), /nodeargs option must be a string/);
  });
});

describe("DER", () => {
  test("lengths over 127 take more bytes", () =>
    assert.equal(tagged(4, Buffer.alloc(200)).subarray(0, 3).toString("hex"), "0481c8"));
  test("integers stay positive", () => {
    assert.equal(integer(0x80).toString("hex"), "02020080");
    assert.equal(integer(Buffer.from([0, 0, 1])).toString("hex"), "020101");
  });
  test("identifiers", () => assert.equal(oid("1.2.840.113549.1.9.14").toString("hex"), "06092a864886f70d01090e"));
  test("sets are sorted", () => assert.equal(setOf(integer(2), integer(1)).toString("hex"), "3106020101020102"));
  test("times turn to four-digit years in 2050", () => {
    assert.equal(time(new Date("2049-12-31T23:59:59.999Z")).toString("latin1", 2), "491231235959Z");
    assert.equal(time(new Date("2050-01-01T00:00:00Z")).toString("latin1", 2), "20500101000000Z");
  });
  test("what is written can be read", () => {
    const [node] = parse(sequence(integer(1), integer(2)));
    assert.deepEqual(
      parse(node!.content).map(({ content }) => content[0]),
      [1, 2],
    );
    assert.throws(() => parse(Buffer.from("300500", "hex")), /ends early/);
  });
  test("key usage bits", () => {
    assert.equal(keyUsage(["cert_signing", "crl_signing", "digital_signature"])!.toString("hex"), "03020186");
    assert.equal(keyUsage(["decipher_only"])!.toString("hex"), "0303070080");
    assert.equal(keyUsage(["server_auth"]), undefined);
  });
});

describe("kubernetes", () => {
  test("tokens name kinds", () => {
    assert.deepEqual(kindOfToken("kubernetes:core/v1:ConfigMap"), {
      group: "",
      version: "v1",
      kind: "ConfigMap",
      patch: false,
    });
    assert.deepEqual(kindOfToken("kubernetes:rbac.authorization.k8s.io/v1:ClusterRolePatch"), {
      group: "rbac.authorization.k8s.io",
      version: "v1",
      kind: "ClusterRole",
      patch: true,
    });
  });
  test("amounts are the same in any spelling, other values are not", () => {
    assert.ok(sameScalar("spec.resources.requests.cpu", "0.1", "100m"));
    assert.ok(sameScalar("limits.memory", "1Gi", "1024Mi"));
    assert.ok(!sameScalar("limits.memory", "1Gi", "1G"));
    assert.ok(!sameScalar("data.cpu", "0.1", "100m"));
  });
  test("forced replacements know lists and what lies below", () => {
    const fields = ["spec.selector", "spec.containers[].image"];
    assert.ok(forcesNew("spec.selector.matchLabels.app", fields));
    assert.ok(forcesNew("spec.containers[2].image", fields));
    assert.ok(!forcesNew("spec.selectors", fields));
  });
  test("values that the server leaves out are no change, zero is one", () => {
    assert.deepEqual(changes({}, { a: false, b: "", c: [] }, []), {});
    assert.deepEqual(changes({ replicas: 0 }, {}, []), { replicas: { kind: "delete", inputDiff: true } });
  });
  test("what a creation wrote is taken over, what others wrote is not", () => {
    const entries: ManagedFields[] = [
      { manager: "pulumi-kubernetes", operation: "Update", fieldsV1: { "f:a": {} } },
      { manager: "me", operation: "Apply", fieldsV1: { "f:b": {} } },
      { manager: "kube-controller-manager", operation: "Update", subresource: "status", fieldsV1: {} },
    ];
    assert.deepEqual(takenOver(entries, "me"), [
      entries[2],
      { manager: "me", operation: "Apply", fieldsV1: { "f:a": {}, "f:b": {} } },
    ]);
    assert.equal(takenOver([entries[2]!], "me"), undefined);
  });
  test("readiness by kind", () => {
    const object = (kind: string, spec: object, status: object): KubernetesObject =>
      ({
        apiVersion: kind === "Pod" ? "v1" : kind === "Job" ? "batch/v1" : "apps/v1",
        kind,
        metadata: { generation: 2 },
        spec,
        status,
      }) as never;
    const daemon = { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
    assert.ok(readiness(object("DaemonSet", {}, { ...daemon, observedGeneration: 2 })).ready);
    assert.ok(!readiness(object("DaemonSet", {}, { ...daemon, observedGeneration: 1 })).ready);
    assert.ok(!readiness(object("DaemonSet", {}, { ...daemon, observedGeneration: 2, numberAvailable: 2 })).ready);
    const stuck = {
      observedGeneration: 2,
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }],
    };
    assert.deepEqual(readiness(object("Deployment", { replicas: 1 }, stuck)).ready, false);
    const done = { conditions: [{ type: "Complete", status: "True" }] };
    assert.ok(readiness(object("Job", {}, done)).ready);
    assert.ok(readiness({ apiVersion: "v1", kind: "ConfigMap" }).ready);
  });
  test("a kubeconfig names server, credentials and namespace", () => {
    const config = JSON.stringify({
      "current-context": "c",
      clusters: [{ name: "k", cluster: { server: "https://x:1/" } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u", namespace: "n" } }],
    });
    const { server, namespace, token } = readKubeconfig(config);
    assert.deepEqual([server, namespace, token], ["https://x:1", "n", "t"]);
    assert.deepEqual(activeCluster(config), { server: "https://x:1/" });
    assert.equal(activeCluster("nonsense"), undefined);
    assert.throws(() => readKubeconfig(config, "other"), /contexts has no entry named "other"/);
  });
});
