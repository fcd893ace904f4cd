// What a change has to pass before its tests are worth running: types, lint rules and format, each in a process of its own and
// all at once, since each uses one core. Every one is heard to its end, so that a change with two mistakes is mended once.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The checks by name; in order of what they take. */
const CHECKS = [
  ['lint', 'eslint', '.'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['types', 'tsc', '--noEmit'],
];

/** Runs one check; what it printed and whether it passed. */
function run([name, tool, ...args]) {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', tool, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
    child.on('error', (error) => resolve({ name, passed: false, out: String(error) }));
    child.on('close', (code) => resolve({ name, passed: code === 0, out }));
  });
}

for (const { name, passed, out } of await Promise.all(CHECKS.map(run))) {
  process.stdout.write(`${passed ? '✔' : '✘'} ${name}\n${out}`);
  if (!passed) process.exitCode = 1;
}
