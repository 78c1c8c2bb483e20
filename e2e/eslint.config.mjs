// What is checked in the browser tests and in the scripts that Node.js runs: `scripts/test lint` in the project's root.

import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import playwright from 'eslint-plugin-playwright';
import tseslint from 'typescript-eslint';

// What Node.js offers without an import, as far as the scripts use it.
const node = ['AbortSignal', 'Buffer', 'btoa', 'console', 'crypto', 'fetch', 'process', 'setTimeout', 'URL', 'URLSearchParams'];

export default defineConfig(
  { ignores: ['**/node_modules/', '**/test-results/', '**/playwright-report/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: Object.fromEntries(node.map((name) => [name, 'readonly'])) },
    // A member is named to leave it out of the rest.
    rules: { 'no-unused-vars': ['error', { ignoreRestSiblings: true }] },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, playwright.configs['flat/recommended']],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A fixture such as `asleep` is named for what it does; a member, to leave it out of the rest.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^(asleep|_.*)$', ignoreRestSiblings: true }],
      // Bodies of responses, and what a page evaluates, are `any` in Playwright's types; to assert what is in them is what a
      // spec is for.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // Tests that are made from a table differ by its columns.
      'playwright/no-conditional-expect': 'off',
      'playwright/no-conditional-in-test': 'off',
      // By these methods, page objects assert.
      'playwright/expect-expect': [
        'error',
        { assertFunctionNames: ['answered', 'everywhere', 'here', 'isOpen', 'narrow', 'says', 'shows'] },
      ],
      // Where a provider lacks what is tested, or a tool is not installed.
      'playwright/no-skipped-test': ['error', { allowConditional: true }],
    },
  },
);
