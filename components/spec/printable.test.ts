import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printable, uncoloured } from "./printable";

/** Anything, and much of what Pulumi's marks are made of. */
const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.oneof(fc.constantFrom("<{%", "%}>", "<", "{", "%", "}", ">", "reset", "fg 99"), fc.string()))
    .map((parts) => parts.join("")),
);

test("no text gives Pulumi a colour to begin or to end, wherever it is cut", () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 60 }), (text, longest) => {
      for (const shown of [printable(text), printable(text, longest), uncoloured(text)])
        assert.doesNotMatch(shown, /<\{%|%\}>/);
    }),
  );
});

test("colours are spelt out, and all other text stays as it is", () => {
  assert.equal(printable("<{%fg 99%}>red<{%reset%}>"), "\\u{3c}{%fg 99%}\\u{3e}red\\u{3c}{%reset%}\\u{3e}");
  assert.equal(uncoloured("<{%}>"), "\\u{3c}{%}\\u{3e}");
  const plain = "<p> {{% x %}} >\n100 %";
  assert.equal(uncoloured(plain), plain);
});
