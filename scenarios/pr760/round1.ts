// Round 1: identities are right, and the mutators are always wired. Nothing on any node can apply what they propose.
import { scenario, start } from '../../src/index.ts';
import { NO_FLAGS, PATH_ONLY, stage } from '../../src/subjects/encryption.ts';
import { admitted, answered, bootstrapThenRestart, oneGroup, promises, storm } from './_shared.ts';

export default scenario.each(
  [
    { name: 'pr760/round1/no flag', build: stage('33d1db54', NO_FLAGS) },
    { name: 'pr760/round1/path on all', build: stage('33d1db54', PATH_ONLY) },
  ],
  ({ build }) => ({
    about: 'May an operator reach a mutator before any replica can apply what it proposes?',
    refs: ['bootjp/elastickv#760'],
    cluster: oneGroup,
    plan: bootstrapThenRestart(start(build)),
    faults: storm,
    properties: [...promises, answered, admitted],
    explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: {
      violates: 'no-apply-halt',
      blames: { atom: 'applierWired' },
      witness: { maxEvents: 5 },
      blast: { groups: ['g1'], replicas: 3 },
    },
  }),
);
