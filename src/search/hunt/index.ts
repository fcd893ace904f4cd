// The hunt's public surface.
export { hunt, TERMINATION, type HuntResult, type HuntTask, type Prey } from './hunt.ts';
