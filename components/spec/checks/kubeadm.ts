/** kubeadm's own settings. */
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";

export const kubeadmChecks = [
  sentence("preflight-by-name", "preflight checks are ignored by name", ["kubeadm"], ({ kubeadm }) =>
    kubeadm.ignorePreflightErrors.flatMap((check, index): Problem[] => {
      if (check.toLowerCase() !== "all") return [];
      const key = keyPath(["kubeadm", "ignorePreflightErrors", index]);
      const reason = "would also ignore errors that nobody has thought of";
      return [{ key, value: check, reason, fix: "Name the checks to ignore" }];
    }),
  ),
];
