// The one text a directive produces: harness lines and log lines of the core in the order in which they arose. Log lines
// are written at once, because scripts compare where they stand; a level filters log lines alone, and at NONE the buffer
// takes nothing at all. Without that last rule a quiet set-up directive would print its Ready.

/** Names of the levels, in order. @source rafttest RedirectLogger */
export const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const;
const NONE = LEVELS.length - 1;

/** Output buffer and log level of one environment. */
export class Output {
  /** Index into LEVELS: what is below is not logged. */
  level = 0;
  private text = '';

  /** Whether nothing at all is written. */
  get quiet(): boolean {
    return this.level === NONE;
  }

  get isEmpty(): boolean {
    return this.text === '';
  }

  /** Appends text of the harness. */
  write(text: string): void {
    if (!this.quiet) this.text += text;
  }

  /** Appends a log line of the given level, 0 to 4. */
  log(level: number, text: string): void {
    if (this.level <= level) this.write(`${LEVELS[level]} ${text}\n`);
  }

  /** Takes the text written so far. */
  take(): string {
    const text = this.text;
    this.text = '';
    return text;
  }

  /** Runs `f` and indents by two spaces each line it wrote; a missing final newline is added. */
  indented<T>(f: () => T): T {
    const outer = this.text;
    this.text = '';
    const result = f();
    const inner = this.text;
    this.text = outer;
    if (inner !== '') {
      const lines = inner.split('\n');
      if (lines[lines.length - 1] === '') lines.pop();
      for (const line of lines) this.text += `  ${line}\n`;
    }
    return result;
  }

  /** The level of a name, in any case; null if there is none. */
  static levelOf(name: string): number | null {
    const level = (LEVELS as readonly string[]).indexOf(name.toUpperCase());
    return level < 0 ? null : level;
  }
}
