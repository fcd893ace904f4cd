// One line that says how far a long command has come. Only a terminal sees it, and nothing of it stays behind.
import type { Cli } from './cli.ts';

const EVERY_MS = 100;

/** A line that is written over. */
export class Progress {
  readonly #cli: Cli;
  #lastMs = 0;
  #shown = false;

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  /** Shows a text, at most ten times a second. */
  show(text: () => string): void {
    if (!this.#cli.watched || Date.now() - this.#lastMs < EVERY_MS) return;
    this.#lastMs = Date.now();
    this.#shown = true;
    this.#cli.err(`\r\u001b[K${text().slice(0, this.#cli.terminalColumns - 1)}`);
  }

  /** Takes the line away, so that others may print. */
  clear(): void {
    if (this.#shown) this.#cli.err('\r\u001b[K');
    this.#shown = false;
  }
}
