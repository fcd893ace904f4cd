// The merged round: mutators stay unwired until the applier exists, path or not. The path gates only the answer to the
// capability probe, as it should.
import { scenario, start } from '../../src/index.ts';
import { NO_FLAGS, PATH_ONLY, stage } from '../../src/subjects/encryption.ts';
import { bootstrapThenRestart, oneGroup, promises, refused, service, storm } from './_shared.ts';

export default scenario.each(
  [
    { name: 'pr760/final/path on all', build: stage('298df0c9', PATH_ONLY) },
    { name: 'pr760/final/no flag', build: stage('298df0c9', NO_FLAGS) },
  ],
  ({ build }) => ({
    about: 'No flag and no call reaches the log with an entry that no replica can apply.',
    refs: ['bootjp/elastickv#760'],
    cluster: oneGroup,
    plan: bootstrapThenRestart(start(build)),
    faults: storm,
    properties: [...promises, ...service, refused],
    explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
  }),
);
