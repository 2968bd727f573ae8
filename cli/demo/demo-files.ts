/** The demo repository: a small TypeScript library with a failing test, made on the spot. */

/** Path → content. The test program needs nothing but the compiler. */
export const demoFiles: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify(
    {
      name: 'slug-demo',
      version: '1.0.0',
      private: true,
      type: 'module',
      scripts: { test: 'tsc && node build/test/slugify.test.js' },
    },
    null,
    2,
  )}\n`,
  'tsconfig.json': `${JSON.stringify(
    {
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        lib: ['es2022', 'dom'],
        types: [],
        strict: true,
        outDir: 'build',
        rootDir: '.',
      },
      include: ['src', 'test'],
    },
    null,
    2,
  )}\n`,
  '.gitignore': 'build/\nnode_modules/\n',
  'README.md': `# slug-demo

\`slugify(text)\` turns a title into the last part of an address: "Hello, World" becomes "hello-world".

Run the tests with \`npm test\`.
`,
  'src/slugify.ts': `/** Turns a title into the last part of an address. */
export function slugify(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
`,
  'test/slugify.test.ts': `import { slugify } from '../src/slugify.js';

const cases: readonly (readonly [input: string, expected: string])[] = [
  ['Hello', 'hello'],
  ['Hello World', 'hello-world'],
  ['Hello, World', 'hello-world'],
  ['  Spaces around  ', 'spaces-around'],
  ['Ends with a dot.', 'ends-with-a-dot'],
];

let failures = 0;
for (const [input, expected] of cases) {
  const actual = slugify(input);
  const passed = actual === expected;
  if (!passed) failures += 1;
  console.log(\`\${passed ? 'ok    ' : 'not ok'} \${JSON.stringify(input)} -> \${JSON.stringify(actual)}\`);
}
if (failures > 0) throw new Error(\`\${failures} of \${cases.length} cases failed\`);
`,
};

/** What the webhook of the demo reports: an issue, as a tracker would send it. */
export const demoIssue = {
  action: 'opened',
  issue: {
    number: 1,
    title: 'slugify leaves double and trailing dashes',
    body: '"Hello, World" becomes "hello--world", and spaces or dots at the ends leave dashes. The tests show it.',
  },
} as const;

/** What the reviewer of the demo asks for. */
export const demoReview = {
  author: 'reviewer',
  body: 'Good. What about a text without a single letter or digit, like "!!!"? An empty slug gives an address that leads nowhere: return "untitled" there, and add a case for it.',
} as const;
