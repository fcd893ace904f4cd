// The properties the encryption feature brings, by name. A scenario asks for one with `builtin(name)`.
import type { MakeWatch } from '../../../scenario/watch.ts';
import { BarrierReleased } from './barrier.ts';
import { OkMeansApplied, RefusedMeansUnchanged } from './calls.ts';
import { TruthfulCapability } from './capability.ts';
import { NoCleartext } from './cleartext.ts';
import { FreshAnswers } from './fresh-answers.ts';
import { NonceUniqueness } from './nonces.ts';
import { Readable } from './readable.ts';
import { Restartable } from './restartable.ts';
import { SidecarInStep } from './sidecar.ts';

/** Every property of the feature. */
export const ENCRYPTION_PROPERTIES = {
  'nonce-uniqueness': (ctx) => new NonceUniqueness(ctx),
  'no-cleartext-after-cutover': (ctx) => new NoCleartext(ctx),
  readable: (ctx) => new Readable(ctx),
  restartable: (ctx) => new Restartable(ctx),
  'truthful-capability': (ctx) => new TruthfulCapability(ctx),
  'ok-means-applied': (ctx) => new OkMeansApplied(ctx),
  'refused-means-unchanged': (ctx) => new RefusedMeansUnchanged(ctx),
  'barrier-released': (ctx) => new BarrierReleased(ctx),
  'sidecar-in-step': (ctx) => new SidecarInStep(ctx),
  'fresh-answers': (ctx) => new FreshAnswers(ctx),
} as const satisfies Record<string, MakeWatch>;

/** Name of a property of the feature. */
export type EncryptionProperty = keyof typeof ENCRYPTION_PROPERTIES;

/** Their names, in the order in which they are told of an event. */
export const ENCRYPTION_PROPERTY_NAMES = Object.keys(ENCRYPTION_PROPERTIES) as readonly EncryptionProperty[];
