/** Package sources and archives: complete, and what they say they are. */
import { keyPath, show, type Problem } from "../problem";
import { patterns } from "../schema/patterns";
import { sentence } from "../sentence";
import type { AptSource } from "../types";

export const mirrorChecks = [
  sentence("apt-names-unique", "apt sources have names of their own", ["mirror"], ({ mirror }) =>
    mirror.apt.flatMap(({ name }, index): Problem[] => {
      const first = mirror.apt.findIndex((other) => other.name === name);
      if (first === index) return [];
      const reason = `is also that of mirror.apt[${first}], and each is one file`;
      return [{ key: keyPath(["mirror", "apt", index, "name"]), value: name, reason, fix: "Choose another name" }];
    }),
  ),

  sentence("apt-components", "apt sources have the components that their suite asks for", ["mirror"], ({ mirror }) =>
    mirror.apt.flatMap((source, index): Problem[] => {
      const words = componentFault(source);
      const value = `[${source.components.join(", ")}]`;
      return words === undefined ? [] : [{ key: keyPath(["mirror", "apt", index, "components"]), value, ...words }];
    }),
  ),

  sentence("apt-keys", "apt keys are armoured keys or https URLs", ["mirror"], ({ mirror }) =>
    mirror.apt.flatMap(({ key }, index): Problem[] => {
      // An empty key is a missing one, and told of when files are read.
      if (key === "" || patterns.httpsUrl.test(key) || isArmouredKey(key)) return [];
      const reason = "is neither an armoured public key (BEGIN PGP PUBLIC KEY BLOCK) nor an https URL of one";
      const fix = "Give the key's https URL, or the armoured text that `gpg --export --armor` prints";
      return [{ key: keyPath(["mirror", "apt", index, "key"]), value: show(key.split("\n")[0]), reason, fix }];
    }),
  ),

  sentence("etcd-archive-version", "etcd's archive is that of the version", ["mirror"], ({ mirror }) => {
    if (mirror.etcdUrl.includes("{version}")) return [];
    const reason = "does not hold {version}, so an upgrade would fetch the old archive";
    return [
      { key: "mirror.etcdUrl", value: show(mirror.etcdUrl), reason, fix: "Write {version} where the version stands" },
    ];
  }),
];

function componentFault(source: AptSource): Pick<Problem, "reason" | "fix"> | undefined {
  const isFlat = source.suite.endsWith("/");
  if (isFlat && source.components.length > 0) {
    return { reason: `do not go with the flat suite ${source.suite}`, fix: "Remove them" };
  }
  if (isFlat || source.components.length > 0) return undefined;
  return { reason: `are missing for suite ${source.suite}`, fix: "Name them, `[main]` is usual" };
}

function isArmouredKey(key: string): boolean {
  const block = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\x20-\x7e\r\n]*)\n-----END PGP PUBLIC KEY BLOCK-----\s*$/;
  return block.test(key.trim());
}
