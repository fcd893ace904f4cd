// The version of this package, read where it is kept.
import { readFileSync } from 'node:fs';

/** The version in package.json. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
