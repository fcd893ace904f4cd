// The outputs shown in the documents are what the commands print now. After a change that is meant: `npm run docs`.
import test from 'ava';
import { checked, DOCUMENTS } from '../../tools/docs/outputs.ts';

for (const document of DOCUMENTS) {
  test(`${document} shows what its commands print`, (t) => {
    const { is, should } = checked(document);
    t.is(is, should, 'run `npm run docs` and read the difference');
  });
}
