// Bundles src/**/*.test.ts, which Node.js 20 can't read, and runs them with its test runner.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const out = join(root, '.cache/test');
const tests = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.test.ts'));
rmSync(out, { recursive: true, force: true });
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: true,
    outDir: out,
    rollupOptions: {
      input: Object.fromEntries(
        tests.map((name) => [name.replaceAll('/', '-').replace('.ts', ''), join(root, 'src', name)]),
      ),
      output: { entryFileNames: '[name].mjs' },
    },
  },
});
const made = readdirSync(out).filter((name) => name.endsWith('.test.mjs'));
const { status } = spawnSync(process.execPath, ['--test', ...made.map((name) => join(out, name))], {
  stdio: 'inherit',
  env: { ...process.env, TZ: 'Pacific/Kiritimati' },
});
process.exit(status ?? 1);
