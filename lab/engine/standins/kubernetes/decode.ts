/** `kubernetes:yaml:decode`: manifests as a list of objects. */
import { parseAllDocuments } from "yaml";
import { plain, type Props, type Value } from "../wire/values";
import { Kinds, kindOfObject } from "./kinds";
import { metadataOf, put, type KubernetesObject } from "./json";

/** Empty documents and those without a kind are left out. */
export function decodeYaml(args: Props): Props {
  const text = String(plain(args["text"]) ?? "");
  const namespace = plain(args["defaultNamespace"]) as string | undefined;
  const found: KubernetesObject[] = [];
  for (const document of parseAllDocuments(text)) {
    if ("errors" in document && document.errors.length > 0) throw document.errors[0]!;
    const object = document.toJS() as KubernetesObject | null;
    if (typeof object !== "object" || !object?.apiVersion || !object.kind) continue;
    const namespaced = Kinds.known(kindOfObject(object))?.namespaced ?? true;
    if (namespace && namespaced && !metadataOf(object).namespace) put(object, ["metadata", "namespace"], namespace);
    found.push(object);
  }
  return { result: found as unknown as Value };
}
