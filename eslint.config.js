// The linter holds the import table and the determinism rules of the architecture: what it lets through is deterministic.
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

const PURE = ['raft', 'fsm', 'gate', 'scenario', 'sim', 'search', 'base', 'subjects'].map((d) => `src/${d}/**/*.ts`);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.raftgate/', 'test/fixtures/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'prefer-const': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-globals': ['error', 'Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process'],
      'no-restricted-properties': [
        'error',
        ...['random', 'exp', 'log', 'pow', 'sin', 'cos', 'log2', 'log10', 'sqrt'].map((property) => ({ object: 'Math', property })),
      ],
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'no-async: the host microtask queue is not our schedule' },
        { selector: 'AwaitExpression', message: 'no-async: the host microtask queue is not our schedule' },
        { selector: 'ForInStatement', message: 'ordered-iteration: iterate arrays kept in ascending id' },
        { selector: 'CallExpression[callee.property.name="sort"][arguments.length=0]', message: 'ordered-iteration: the default sort is lexical; give a comparator' },
        { selector: 'MemberExpression[property.name="localeCompare"]', message: 'ordered-iteration: localeCompare depends on the host locale' },
        { selector: 'Program > VariableDeclaration[kind="let"]', message: 'no-ambient: no module-level let' },
        { selector: 'Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]', message: 'no-ambient: no module-level let' },
      ],
    },
  },
);
