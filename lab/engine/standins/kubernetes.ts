/** Stand-in for the provider plugin `pulumi-resource-kubernetes`. Only the lab uses it. */
import { diffConfig } from "./kubernetes/configure";
import { decodeYaml } from "./kubernetes/decode";
import { objects } from "./kubernetes/resource";
import { Session } from "./kubernetes/session";
import { serveProvider } from "./wire/service";

const session = new Session();
const anyObject = objects(session);
/** Components and charts that the official plugin builds itself. */
const OWN = /^kubernetes:(yaml|helm\.sh|kustomize)(\/v\d+)?:/;

serveProvider({
  name: "kubernetes",
  version: "4.34.2",
  autonaming: true,
  resource: (type) => (OWN.test(type) ? undefined : anyObject),
  checkConfig: (inputs) => ({ inputs }),
  diffConfig,
  configure: (args) => session.configure(args),
  cancel: () => session.abort.abort(),
  invoke(token, args) {
    if (token !== "kubernetes:yaml:decode") throw new Error(`the kubernetes stand-in has no function ${token}`);
    return decodeYaml(args);
  },
});
