/** Scripts as they reach a host: composed, quoted, and run by real shells. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import fc from "fast-check";

import { judge, scratch } from "../../test/scratch";
import { run } from "../../lab/sh";
import { codeOf, commandText, inputHash, inputText, shellQuote, type Script } from "./script";

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
  input?: string;
}

async function execute({ script, secrets = [], shell = "bash", root = newRoot(), input }: Run) {
  await run("mkdir", ["-p", `${root}/run`, `${root}/state`]);
  const whole: Script = { concern: "test", variables: {}, files: [], parts: [], limitSeconds: 30, ...script };
  const code = below(root, codeOf(whole));
  const command = below(root, commandText(whole, "root", code));
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

describe("a complete run of a resource's script", () => {
  const install = (name: string) =>
    `printf x >"$STAGE/${name}"; install_file ${name} "$STATE/at/${name}" 0640 daemon:daemon`;
  const whole = (change: Partial<Script> = {}): Script => {
    const script = { concern: "test", files: [], parts: ["true"], limitSeconds: 30, ...change };
    return { ...script, variables: { RESOURCE: "dev-h-vip", ...change.variables } };
  };
  const records = (root: string) =>
    readdirSync(`${root}/state/files`).map((name) => readFileSync(`${root}/state/files/${name}`, "utf8"));
  const done = (root: string) => readFileSync(`${root}/state/done/dev-h-vip`, "utf8").split("\n");

  test("leaves the hash that the program expects, whatever the text holds and whatever it repairs", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (value, content) => {
        const script = whole({
          variables: { VALUE: value },
          files: [{ name: "f", content: `${content}\nREPAIR=no\n` }],
        });
        const repair = "1: /etc/x was changed; it's 'so'";
        const { ok, said, root } = await execute({
          script: { ...script, variables: { REPAIR: repair, ...script.variables } },
        });
        assert.ok(ok, said);
        // The host's script stands below another root, and so does its code.
        assert.deepEqual(done(root), [inputHash(script, below(root, codeOf(script))), repair, ""]);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  test("leaves content, mode and owner of every file that it manages, whether it wrote it or found it", async () => {
    const root = newRoot();
    const script = whole({
      parts: [
        install("one"),
        install("two"),
        'touch "$STATE/found"; chmod 600 "$STATE/found"; manages "$STATE/found" "$STATE/never-there"',
      ],
    });
    const sum = createHash("sha256").update("x").digest("hex");
    const empty = createHash("sha256").update("").digest("hex");
    const expected = [
      `dev-h-vip ${sum} 640 daemon:daemon ${root}/state/at/one\n`,
      `dev-h-vip ${sum} 640 daemon:daemon ${root}/state/at/two\n`,
      `dev-h-vip ${empty} 600 root:root ${root}/state/found\n`,
    ];
    for (const run of ["first", "second"]) {
      const { ok, said } = await execute({ script, root });
      assert.ok(ok, said);
      assert.deepEqual(records(root).sort(), expected, run);
    }
    await execute({ script: whole({ parts: [install("two")] }), root });
    assert.deepEqual(records(root), [expected[1]], "a file that it no longer manages is forgotten");
  });

  test("and no other run leaves any of it", async () => {
    for (const script of [whole({ parts: [install("one"), "exit 3"] }), { parts: [install("one")] }]) {
      const { root } = await execute({ script });
      assert.ok(existsSync(`${root}/state/at/one`) && !existsSync(`${root}/state/done`));
    }
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
