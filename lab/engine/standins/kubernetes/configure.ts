/** Changes of the provider's own settings. */
import { diff } from "../wire/diff";
import type { DiffResult } from "../wire/provider";
import { isDeepStrictEqual } from "node:util";
import { isUnknown, plain, type Props } from "../wire/values";
import { activeCluster } from "./kubeconfig";

const LOCATION = ["kubeconfig", "context", "cluster"];

const clusterOf = (props: Props): unknown =>
  activeCluster(
    String(plain(props["kubeconfig"]) ?? ""),
    plain(props["context"]) as string | undefined,
    plain(props["cluster"]) as string | undefined,
  );

/** Another cluster replaces the provider, and with it all that it manages; a new certificate for the same one does not. */
export function diffConfig({ olds, news }: { olds: Props; news: Props }): DiffResult {
  const strip = (props: Props): Props =>
    Object.fromEntries(
      Object.entries(props).map(([key, value]) => [key, isUnknown(value) ? value : (plain(value) as never)]),
    );
  const changed = diff(strip(olds), strip(news));
  if (changed.length === 0) return { changed: false };
  const roots = [...new Set(changed.map((change) => change.root))];
  const identified = "clusterIdentifier" in news && plain(news["clusterIdentifier"]) !== undefined;
  const kept = identified && !roots.includes("clusterIdentifier");

  const unknownKey = LOCATION.find((key) => isUnknown(news[key]));
  if (unknownKey) return { changed: true, diffs: [unknownKey], replaces: kept ? [] : [unknownKey] };

  const replaces = roots.filter((root) => root === "clusterIdentifier" && "clusterIdentifier" in olds && identified);
  const [was, is] = [clusterOf(olds), clusterOf(news)];
  if (was !== undefined && is !== undefined && !isDeepStrictEqual(was, is))
    replaces.push(...LOCATION.filter((key) => roots.includes(key)));
  return { changed: true, diffs: roots, replaces: kept ? [] : replaces };
}
