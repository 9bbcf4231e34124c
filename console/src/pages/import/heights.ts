// How high a long list is of which only some can be seen: its rows come in chunks, and each
// chunk is as high as it was when it was shown, or as high as the first one was.

export interface Near {
  first: number; // the chunks that are within reach
  last: number;
  order: number[]; // those nearest to the middle of the window first
  above: number; // px, of what is not in the page
  below: number;
}

const guess = 84; // px, of a row before any was shown

export class Heights {
  readonly #count: number;
  readonly #size: number;
  #shown: number[] = [];
  #row: number | undefined;

  constructor(count: number, size: number) {
    this.#count = count;
    this.#size = size;
  }

  get #chunks(): number {
    return Math.ceil(this.#count / this.#size);
  }

  #rows(n: number): number {
    return Math.min(this.#size, this.#count - n * this.#size);
  }

  of(n: number): number {
    return this.#shown[n] ?? this.#rows(n) * (this.#row ?? guess);
  }

  /** A chunk was shown, this high. Only the first one says how high others are, so that nothing moves. */
  show(n: number, height: number): void {
    this.#shown[n] = height;
    this.#row ??= height / this.#rows(n);
  }

  /** Rows break elsewhere now. */
  forget(): void {
    this.#shown = [];
    this.#row = undefined;
  }

  /** The chunks within reach of a window whose upper edge is so far down the list. */
  near(from: number, window: number, margin: number): Near {
    const chunks = this.#chunks;
    let [n, top] = [0, 0];
    while (n < chunks - 1 && top + this.of(n) < from - margin) top += this.of(n++);
    const [first, above] = [n, top];
    const away: [number, number][] = [];
    for (; ; n++) {
      const height = this.of(n);
      away.push([n, Math.abs(top + height / 2 - from - window / 2)]);
      top += height;
      if (n >= chunks - 1 || top >= from + window + margin) break;
    }
    const last = n;
    let below = 0;
    while (++n < chunks) below += this.of(n);
    return { first, last, order: away.sort(([, a], [, b]) => a - b).map(([at]) => at), above, below };
  }
}
