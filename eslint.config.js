/**
 * Lint rules: typed rules everywhere, and what each zone may not touch. test/tidy says the zone rules again, by their
 * rule ids and without types; here they show while one types.
 */
import tseslint from "typescript-eslint";

const coreRooms = [
  "kernel",
  "pattern",
  "roster",
  "policy",
  "census",
  "turn",
  "admissions",
  "gossip",
  "fleet",
  "query",
  "license",
  "standby",
  "envoy",
  "bolt",
  "wire",
  "host",
];
const coreFiles = coreRooms.map((room) => `src/${room}/**/*.ts`);

/** Files of the simulator that run worker processes or measure how long something took; sim/real plays in real time. */
const wallClockFiles = ["sim/main.ts", "sim/bench/**", "sim/cli/**", "sim/real/**"];

const timers = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
const clock = "time is an argument (TI-2)";
const chance = "randomness comes from the seeded generator (TI-3)";
const order = "the order would depend on the machine (TI-5)";

const exact = new Set([
  "abs",
  "ceil",
  "clz32",
  "floor",
  "fround",
  "imul",
  "max",
  "min",
  "round",
  "sign",
  "sqrt",
  "trunc",
]);
const inexactMath = Object.getOwnPropertyNames(Math)
  .filter((name) => typeof Math[name] === "function" && !exact.has(name) && name !== "random")
  .map((property) => ({ object: "Math", property, message: "engines differ in the last bit (TI-6)" }));

const localeProperties = ["localeCompare", "toLocaleString", "toLocaleLowerCase", "toLocaleUpperCase"].map(
  (property) => ({
    property,
    message: order,
  }),
);

const nodeGlobals = ["process", "console", "URL", "Buffer", "setTimeout", "setInterval", "clearInterval"];

const noDefaultExport = { selector: "ExportDefaultDeclaration", message: "name what you export" };

/** What no compiler option says; the rest of the usual list is the compiler's job. */
const plainRules = Object.fromEntries(
  [
    "eqeqeq",
    "no-case-declarations",
    "no-cond-assign",
    "no-constant-binary-expression",
    "no-constant-condition",
    "no-control-regex",
    "no-debugger",
    "no-dupe-else-if",
    "no-duplicate-case",
    "no-empty",
    "no-empty-pattern",
    "no-eval",
    "no-fallthrough",
    "no-irregular-whitespace",
    "no-loss-of-precision",
    "no-misleading-character-class",
    "no-prototype-builtins",
    "no-self-assign",
    "no-self-compare",
    "no-sparse-arrays",
    "no-template-curly-in-string",
    "no-unmodified-loop-condition",
    "no-unsafe-finally",
    "no-useless-catch",
    "no-useless-escape",
    "no-var",
    "prefer-const",
    "use-isnan",
    "valid-typeof",
  ].map((name) => [name, "error"]),
);

export default tseslint.config(
  { ignores: [".build/", ".ready/", "node_modules/", "src/wire/gen/", "coverage/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { rules: plainRules },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-syntax": ["error", noDefaultExport],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "error",
      // A function that fits an asynchronous port may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
      // Tests and adapters name the type they mean; the assertion costs nothing and documents.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
    },
  },
  {
    files: coreFiles,
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "Date", message: clock },
        ...timers.map((name) => ({ name, message: "deadlines are asked for (TI-2)" })),
        { name: "performance", message: clock },
        { name: "Promise", message: "a machine never waits (TI-4)" },
        { name: "Intl", message: order },
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: chance },
        ...inexactMath,
        ...localeProperties,
      ],
      "no-restricted-syntax": [
        "error",
        noDefaultExport,
        { selector: "ForInStatement", message: order },
        { selector: ":function[async=true]", message: "a machine never waits (TI-4)" },
        { selector: "AwaitExpression", message: "a machine never waits (TI-4)" },
        {
          selector: "BinaryExpression[operator='**'][left.type!='Literal']",
          message: "engines differ in the last bit (TI-6)",
        },
      ],
    },
  },
  {
    files: ["sim/**/*.ts"],
    ignores: wallClockFiles,
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "Date", message: "simulated time has no wall clock (TI-8)" },
        { name: "performance", message: "simulated time has no wall clock (TI-8)" },
        ...timers.map((name) => ({ name, message: "simulated time has no timers (TI-8)" })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: chance },
        ...localeProperties,
      ],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])),
    },
  },
  // Two tools read their settings from a default export.
  { files: ["eslint.config.js", "vitest.config.ts"], rules: { "no-restricted-syntax": "off" } },
);
