// The server's time: the `date` of the last answer plus the time elapsed since. The clock of
// the device is believed only in how fast it runs, so that a wrong one changes no date here.
const storageKey = 'console.clock';
let offset = readOffset();

function readOffset(): number {
  try {
    return Number(localStorage.getItem(storageKey)) || 0;
  } catch {
    return 0;
  }
}

/** The device's clock, which a test may replace. */
export const device = { now: () => Date.now() };

/** Takes the header `date` of an answer. Its resolution is a second, so less is no news. */
export function noteServerTime(date: string | null): void {
  const server = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(server)) return;
  const found = server - device.now();
  if (Math.abs(found - offset) < 2000) return;
  offset = found;
  try {
    localStorage.setItem(storageKey, String(offset));
  } catch {
    // without storage it is learnt again
  }
}

/** Milliseconds since 1970, by the server's clock. */
export function serverNow(): number {
  return device.now() + offset;
}

/** A UUID of version 7 of the server's time. */
export function newKey(at: number = serverNow()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = Math.floor(at);
  for (let n = 5; n >= 0; n--) {
    bytes[n] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
