/**
 * Runs a script as root on this machine as if it had other files under /etc, /var and /usr/local, and tells whatever the
 * script left: in a mount namespace, over a layer that takes all writes. Tests only.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface SandboxFile {
  /** Under /etc, /var or /usr/local. */
  path: string;
  content: string | Buffer;
  /** Default 0644. */
  mode?: number;
}

export interface Outcome {
  code: number;
  output: string;
  errors: string;
  /** Files and folders that were written and are still there. */
  left: string[];
}

const FOLDERS = ["etc", "var", "usr/local"];

const ENTER = `set -e
cd "$1"
mkdir -p writes
mount -t tmpfs none writes
for folder in ${FOLDERS.join(" ")}; do
  mkdir -p "writes/$folder" "writes/.work/$folder" "files/$folder"
  mount -t overlay -o "lowerdir=$1/files/$folder:/$folder,upperdir=$1/writes/$folder,workdir=$1/writes/.work/$folder" none "/$folder"
done
mount -t tmpfs none /tmp
mount -t tmpfs none /run
set +e
eval "$2"
code=$?
find /tmp /run ${FOLDERS.map((folder) => `writes/${folder}`).join(" ")} -mindepth 1 ! -path writes/usr/local >&3
exit $code`;

/** `program` goes to the standard input of `command`. */
export function runInSandbox(files: SandboxFile[], program: string, command = "bash -s"): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-sandbox-"));
  try {
    for (const { path, content, mode } of files) {
      const target = join(folder, "files", path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chmodSync(target, mode ?? 0o644);
    }
    const { status, output } = spawnSync("unshare", ["-m", "bash", "-c", ENTER, "bash", folder, command], {
      input: program,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      encoding: "utf8",
      maxBuffer: 2 ** 24,
    });
    const [, printed, errors, left] = output;
    return {
      code: status ?? -1,
      output: printed ?? "",
      errors: errors ?? "",
      left: (left ?? "").split("\n").filter((line) => line !== ""),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
