// The linter holds the import table and the determinism rules of the architecture: what it lets through is
// deterministic as far as text can show it; `raftgate doctor` looks at the rest.
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';
import {
  FREE,
  HOST_FACING,
  LAYERS,
  MAY_IMPORT,
  MAY_IMPORT_OF_OTHERS,
  MAY_IMPORT_TYPES,
  PURE,
} from './tools/lint/layers.js';
import { orderedIteration } from './tools/lint/ordered-iteration.js';

const pureFiles = PURE.map((layer) => `src/${layer}/**/*.ts`);

/** The import table as policies: everything is forbidden but what a layer's row allows. */
const importPolicies = LAYERS.filter((layer) => !FREE.includes(layer)).flatMap(({ type }) => {
  const from = { element: { type } };
  const others = MAY_IMPORT_OF_OTHERS[type];
  const module = (source) => ({ to: { module: { origin: ['external', 'core'], source } } });
  const ofOurs = [type, ...MAY_IMPORT[type]];
  return [
    { from, allow: { to: { element: { types: { anyOf: ofOurs } } } } },
    ...(MAY_IMPORT_TYPES[type] ?? []).map((layer) => ({
      from,
      allow: { to: { element: { type: layer } }, dependency: { kind: 'type' } },
    })),
    ...(others === null ? [{ from, allow: module('**') }] : others.map((name) => ({ from, allow: module(name) }))),
  ];
});

const CLOCKS = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const INEXACT =
  'exp expm1 log log1p log2 log10 pow sqrt cbrt hypot sin cos tan asin acos atan atan2 sinh cosh tanh'.split(' ');
const say = (selector, message) => ({ selector, message });

/** The determinism bans that are a matter of syntax, each by the name the architecture gives it. */
const syntaxBans = [
  say(':function[async=true]', 'no-async: the queue of the host is not our schedule'),
  say('AwaitExpression', 'no-async: the queue of the host is not our schedule'),
  say('ForOfStatement[await=true]', 'no-async: the queue of the host is not our schedule'),
  say(
    'Identifier[name="Promise"]:not(TSTypeReference > Identifier)',
    'no-async: the queue of the host is not our schedule',
  ),
  say('ForInStatement', 'ordered-iteration: iterate arrays kept in ascending id'),
  say(
    'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]',
    'ordered-iteration: the default sort is lexical; give a comparator',
  ),
  say('MemberExpression[property.name=/^(localeCompare|toLocale.*)$/]', "ordered-iteration: the locale is the host's"),
  say('MemberExpression[object.name="Intl"]', "ordered-iteration: the locale is the host's"),
  say('BinaryExpression[operator="**"]:not(:has(Literal[bigint]))', 'exact-math: engines may round it differently'),
  say('Program > VariableDeclaration[kind=/^(let|var)$/]', 'no-ambient: no module-level let'),
  say('Program > ExportNamedDeclaration > VariableDeclaration[kind=/^(let|var)$/]', 'no-ambient: no module-level let'),
  say(
    'ImportDeclaration[source.value="seedrandom"] ~ * CallExpression[callee.name="seedrandom"]',
    'one-prng: alea only',
  ),
  say(
    'CallExpression[callee.object.name="fnv"][callee.property.name!="fast1a64utf"]',
    'no-ambient: fnv-plus only as fast1a64utf',
  ),
];

const noEnum = say('TSEnumDeclaration', 'style: a const object and a union instead of an enum');

/** What holds in all of src/. */
const houseStyle = [
  noEnum,
  say('ThrowStatement > NewExpression[callee.name="Error"]', 'errors: InputError, StatusError or InvariantError'),
  say('ExportDefaultDeclaration', 'style: named exports; only a scenario is a default export'),
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.raftgate/', 'test/fixtures/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries, raftgate: { rules: { 'ordered-iteration': orderedIteration } } },
    settings: {
      'boundaries/elements': LAYERS,
      'boundaries/root-path': import.meta.dirname,
      'boundaries/legacy-warnings': false,
      'import/resolver': { node: { extensions: ['.ts', '.js'] } },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', noEnum],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: FREE.map(({ pattern, mode }) => (mode === 'full' ? pattern : `${pattern}/**`)),
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          checkAllOrigins: true,
          policies: importPolicies,
          message: 'imports: {{from.element.type}} may not import {{dependency.source}} (see tools/lint/layers.js)',
        },
      ],
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...houseStyle] } },
  {
    files: pureFiles,
    ignores: HOST_FACING,
    rules: {
      'raftgate/ordered-iteration': 'error',
      'no-restricted-globals': [
        'error',
        ...CLOCKS,
        'process',
        'navigator',
        'crypto',
        'WeakRef',
        'FinalizationRegistry',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'one-prng: every draw comes from a named stream' },
        { object: 'globalThis', message: 'no-ambient' },
        ...INEXACT.map((property) => ({
          object: 'Math',
          property,
          message: 'exact-math: engines may round it differently',
        })),
      ],
      'no-restricted-syntax': ['error', ...houseStyle, ...syntaxBans],
    },
  },
);
