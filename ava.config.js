export default {
  extensions: { ts: 'module' },
  require: ['./test/_tsx.js'],
  files: ['test/**/*.test.ts'],
  workerThreads: true,
  concurrency: 2,
  timeout: '10m',
};
