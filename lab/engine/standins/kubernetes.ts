/** Stand-in for the provider plugin `pulumi-resource-kubernetes`. Only the lab uses it. */
import { serveProvider } from "./wire/service";

serveProvider({ name: "kubernetes", version: "4.34.2", resource: () => undefined });
