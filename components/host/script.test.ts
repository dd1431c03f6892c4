/** Scripts as they reach a host: composed, quoted, and run by real shells. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import fc from "fast-check";

import { judge, scratch } from "../../test/scratch";
import { run } from "../../lab/sh";
import { codeOf, commandText, inputText, shellQuote, type Script } from "./script";

/** Login shells that a host may have: the command has to mean the same in each. */
const shells = ["bash", "dash"];

/** Text as a configuration may hold it: anything but NUL, and all that means something to a shell more often. */
const special = fc.constantFrom(..."'\"\\$`!*?[]{}()<>|&;# \n\t~=%-", "\n\n", "$(id)", "${HOME}", "é", "😀");
const text = fc
  .array(fc.oneof(special, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join("").replaceAll("\0", ""))
  .filter((value) => value.isWellFormed());

const folder = scratch();
let number = 0;

/** A root of its own for one run: the script's folders stand below it. */
function newRoot(): string {
  number += 1;
  return join(folder, String(number));
}

/** The script with the folders of the real host moved below a root. */
function below(root: string, value: string): string {
  return value.replaceAll("/run/kubeadm-ha", `${root}/run`).replaceAll("/var/lib/kubeadm-ha", `${root}/state`);
}

interface Run {
  script: Partial<Script>;
  secrets?: string[];
  shell?: string;
  root?: string;
  entry?: string;
  removal?: Script;
  input?: string;
}

async function execute({ script, secrets = [], shell = "bash", root = newRoot(), entry, removal, input }: Run) {
  await run("mkdir", ["-p", `${root}/run`, `${root}/state`]);
  const whole: Script = { concern: "test", variables: {}, files: [], parts: [], limitSeconds: 30, ...script };
  const code = below(root, codeOf(whole, removal));
  const command = below(root, commandText(whole, "root", code, entry));
  return { root, ...(await judge(shell, ["-c", command], { input: input ?? inputText(code, secrets) })) };
}

describe("shellQuote", () => {
  for (const shell of shells) {
    test(`${shell} gives back any text`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (values) => {
          const { stdout } = await run(shell, ["-c", `printf '%s\\0' ${values.map(shellQuote).join(" ")}`]);
          assert.deepEqual(stdout.split("\0").slice(0, -1), values);
        }),
        { numRuns: 25, endOnFailure: true },
      );
    });
  }
});

describe("a script on a host", () => {
  for (const shell of shells) {
    test(`gets every variable and every file as it was given, by ${shell}`, async () => {
      await fc.assert(
        fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), text, async (one, list, content) => {
          const script = {
            variables: { ONE: one, LIST: list, NUMBER: 7, YES: true },
            files: [{ name: "a file.cfg", content }],
            parts: ['printf "%s\\0" "$ONE" "$NUMBER" "$YES" "${LIST[@]}" && cat "$STAGE/a file.cfg"'],
          };
          const { ok, said } = await execute({ script, shell });
          assert.ok(ok, said);
          const newline = content === "" || content.endsWith("\n") ? "" : "\n";
          const printed = [one, "7", "true", ...list].map((value) => `${value}\0`).join("");
          // Without values printf prints one empty one for its format; `judge` trims the ends.
          assert.equal(said, `${printed}${content}${newline}`.trim());
        }),
        { numRuns: 15, endOnFailure: true },
      );
    });

    test(`puts secret files in place with their modes and owners, by ${shell}`, async () => {
      const root = newRoot();
      const secrets = ["-----BEGIN KEY-----\nwith 'quotes' and $(things)\n", "no newline at its end"];
      const SECRET_FILES = [`${root}/state/a/key 0600 root:root`, `${root}/state/b.crt 0644 daemon:daemon`];
      const script = {
        variables: { SECRET_FILES },
        parts: ["stage_secrets", "install_secrets", 'printf "%s\\n" "${CHANGED[@]}"'],
      };
      const first = await execute({ script, secrets, shell, root });
      assert.ok(first.ok, first.said);
      const paths = [`${root}/state/a/key`, `${root}/state/b.crt`];
      assert.deepEqual(first.said.split("\n"), paths);
      assert.deepEqual(
        paths.map((path) => readFileSync(path, "utf8")),
        secrets,
      );
      assert.deepEqual(
        paths.map((path) => (statSync(path).mode & 0o777).toString(8)),
        ["600", "644"],
      );
      assert.deepEqual(
        paths.map((path) => statSync(path).uid),
        [0, 1],
      );
      const second = await execute({ script, secrets, shell, root });
      assert.equal(second.said, "", "a second run finds nothing to do");
    });
  }

  test("leaves nothing of its staging folder behind, whether it ends well or not", async () => {
    const stay = ['printf secret >"$STAGE/secret"', "exit 3"];
    for (const parts of [stay.slice(0, 1), stay]) {
      const { ok, root } = await execute({ script: { parts } });
      assert.equal(ok, parts.length === 1);
      assert.ok(!existsSync(`${root}/run/test`), parts.join("; "));
    }
  });

  test("runs nothing when its code did not arrive whole", async () => {
    const root = newRoot();
    const code = codeOf({ concern: "test", variables: {}, files: [], parts: [`touch ${root}/ran`], limitSeconds: 9 });
    for (const input of ["", `${Buffer.from(code.slice(0, -5)).toString("base64")}\n`, "not base64!\n"]) {
      const { ok, said } = await execute({ script: { parts: [`touch ${root}/ran`] }, root, input });
      assert.ok(!ok, said);
      assert.ok(!existsSync(`${root}/ran`), "it ran");
    }
  });

  test("says which secret did not arrive, and does nothing", async () => {
    const root = newRoot();
    const SECRET_FILES = [`${root}/state/one 0600 root:root`, `${root}/state/two 0600 root:root`];
    const script = { variables: { SECRET_FILES }, parts: ["stage_secrets", "install_secrets"] };
    const { ok, said } = await execute({ script, secrets: ["only one"], root });
    assert.ok(!ok);
    assert.match(said, /error: the secret file \S+\/two did not arrive/);
    assert.ok(!existsSync(`${root}/state/one`), "nothing is installed");
  });

  test("stops at the first command that fails, an unset variable among them", async () => {
    for (const line of ["false", 'echo "$NEVER_SET"', "false | true"]) {
      const { ok, said } = await execute({ script: { parts: [line, "echo went on"] } });
      assert.ok(!ok && !said.includes("went on"), `${line}: ${said}`);
    }
  });

  test("is ended when its time is over", async () => {
    const { ok } = await execute({ script: { parts: ["sleep 60"], limitSeconds: 1 } });
    assert.ok(!ok);
  });

  test("runs its removal from the same code, with the removal's own settings", async () => {
    const removal: Script = {
      concern: "removal",
      variables: { WHO: "w1" },
      files: [],
      parts: ['say "gone: $WHO"'],
      limitSeconds: 30,
    };
    const script = { parts: ["say here"] };
    assert.equal((await execute({ script, removal })).said, "here");
    const root = newRoot();
    await run("mkdir", ["-p", `${root}/run`, `${root}/state`]);
    const code = below(root, codeOf({ ...removal, ...script }, removal));
    const command = below(root, commandText(removal, "root", code, "removal"));
    assert.equal((await judge("dash", ["-c", command], { input: inputText(code, []) })).said, "gone: w1");
  });

  test("waits for a run of the same concern, and not for others", async () => {
    const root = newRoot();
    const note = (word: string) => `echo ${word} >>${root}/notes`;
    await run("mkdir", ["-p", root]);
    const slow = execute({ script: { parts: [note("first"), "sleep 2", note("last")] }, root });
    while (!existsSync(`${root}/notes`)) await new Promise((done) => setTimeout(done, 20));
    const other = execute({ script: { concern: "other", parts: [note("other")] }, root });
    const same = execute({ script: { parts: [note("same")] }, root });
    for (const { ok, said } of await Promise.all([slow, other, same])) assert.ok(ok, said);
    assert.deepEqual(readFileSync(`${root}/notes`, "utf8").trim().split("\n"), ["first", "other", "last", "same"]);
  });
});

describe("composing", () => {
  const script: Script = { concern: "test", variables: {}, files: [], parts: [], limitSeconds: 30 };

  test("another user than root becomes root without a password prompt, root does not", () => {
    assert.match(commandText(script, "ops", ""), /^sudo -n timeout -k 15 30 bash -c /);
    assert.match(commandText(script, "root", ""), /^timeout -k 15 30 bash -c /);
  });

  test("text that would end the program or a file early is refused", () => {
    const file = (content: string) => ({ ...script, files: [{ name: "f", content }] });
    assert.throws(() => commandText(file("a\nKUBEADM_HA_FILE\nb"), "root", ""), /f holds the line/);
    assert.throws(() => commandText(file("a\nKUBEADM_HA_PROGRAM\nb"), "root", ""), /test holds the line/);
  });

  test("a program that no kernel would take as one argument is refused", () => {
    const content = "x".repeat(121 * 1024);
    assert.throws(() => commandText({ ...script, files: [{ name: "f", content }] }, "root", ""), /over 120 KiB/);
  });

  test("a change of the code shows in the command, by its hash", () => {
    assert.notEqual(
      commandText(script, "root", codeOf(script)),
      commandText(script, "root", codeOf({ ...script, parts: ["true"] })),
    );
  });
});
