/** Rules that the compiler does not have: promises are awaited, and the house's layers are kept apart. */
import tseslint from "typescript-eslint";

/** `new pulumi.Config` or `new Config`. */
const readsConfig = {
  selector: "NewExpression[callee.property.name='Config'], NewExpression[callee.name='Config']",
  message: "Only components/spec reads the configuration: take what you need from the spec.",
};
const makesCommand = {
  selector:
    "NewExpression[callee.object.name='remote'][callee.property.name='Command'], NewExpression[callee.object.property.name='remote'][callee.property.name='Command'], NewExpression[callee.object.name='local'][callee.property.name='Command'], NewExpression[callee.property.name='CopyToRemote']",
  message:
    "Every command on a host is made by remoteScript in components/host/remote.ts, or by reachScript in reach.ts beside it.",
};
const triggers = {
  selector: "Property[key.name='triggers'], Property[key.value='triggers']",
  message: "Triggers replace a command, and its old delete then runs after the new create: change an input instead.",
};
const imports = (...patterns) => ["error", { patterns }];
const lab = {
  group: ["**/lab/*", "**/lab/**", "**/test/*", "**/test/**"],
  message: "Product code knows neither the lab nor the tests.",
};

export default tseslint.config(
  { ignores: ["node_modules/", "labs/", ".lab/"] },
  {
    files: ["**/*.ts"],
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": [
        "error",
        // node:test's own promises are awaited by its runner.
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["test", "describe", "it", "suite"], package: "node:test" },
          ],
        },
      ],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
      "max-lines": ["error", 300],
    },
  },
  {
    files: ["index.ts", "components/**/*.ts"],
    rules: {
      "no-restricted-imports": imports(lab),
      "no-restricted-syntax": ["error", readsConfig, makesCommand, triggers],
    },
  },
  {
    files: ["components/spec/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", makesCommand, triggers] },
  },
  {
    files: ["components/host/reach.ts", "components/host/remote.ts"],
    rules: { "no-restricted-syntax": ["error", readsConfig, triggers] },
  },
  {
    // Tests of components may use the fixtures and the lab's binaries.
    files: ["components/**/*.test.ts"],
    rules: { "no-restricted-imports": "off" },
  },
);
