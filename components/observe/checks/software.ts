/** Packages: nothing there that ours would throw out, and all that ours are to be had. */
import { isNode } from "../../spec/topology";
import { everyHost, onHost, pasteable, Severity, Weight, type Check, type Finding } from "./check";
import { gravity } from "./running";

/** Packages that containerd.io replaces: installing it removes them, and what runs on them ends. */
const replaced = ["containerd", "runc", "docker.io"];

/** Runtimes that can stay beside it, and better would not. */
const beside = ["docker-ce", "cri-o", "podman"];

export const softwareChecks: Check[] = [
  everyHost("runtime-free", "new nodes have no container runtime of somebody else", Weight.Both, (each) => {
    if (!isNode(each.host) || each.host.settled || each.facts.packages["containerd.io"] !== undefined) return [];
    const found = (names: string[]) => names.filter((name) => each.facts.packages[name] !== undefined);
    return [
      ...found(replaced).map((name): Finding => {
        const reason = "is installed, and installing containerd.io removes it and ends its containers";
        return onHost(
          each,
          name,
          { reason, fix: `Run \`apt-get remove ${name}\` there when nothing needs it any more` },
          Severity.Error,
        );
      }),
      ...found(beside).map((name): Finding => {
        const reason = "is installed: its containers would share the node without Kubernetes knowing of them";
        return onHost(each, name, { reason, fix: "Remove it, or use a host that has no other work" }, Severity.Warning);
      }),
    ];
  }),

  everyHost("packages-available", "every wanted package is to be had", Weight.ByHost, (each, context) =>
    each.facts.unavailable.map((wanted): Finding => {
      const [name = "", pattern = ""] = wanted.split("=");
      const reason = `is in none of the package sources (mirror.apt) as this host reads them`;
      const fix = `See \`apt-cache madison ${pasteable(name)}\`: choose a release that is there, or bring ${pattern === "" ? "it" : pattern} to the mirror`;
      return onHost(each, wanted, { reason, fix }, gravity(context, each.host));
    }),
  ),

  everyHost("package-sources", "every host can ask the package sources", Weight.Warning, (each) => {
    if (each.facts.sourcesError === "") return [];
    const reason = `could not be asked: ${each.facts.sourcesError.slice(0, 200)}`;
    const fix = "Open the way from the host to them, or set mirror.apt to sources that it reaches";
    return [onHost(each, "package sources", { reason, fix }, Severity.Warning)];
  }),
];
