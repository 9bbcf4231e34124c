// Builds the console into functions/console/dist: the page, its service worker, and each
// file's compressed forms. The same sources make the same bytes in any folder.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const out = join(root, 'dist');
const embedded = join(root, '../functions/console/dist');

async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

// The design system's components import all of its custom elements, a third of all code.
// These are those of the components that are in use here.
const elements = ['dialog', 'ds-error-summary', 'ds-field', 'fieldset', 'invokers'];
const lean = {
  name: 'lean',
  enforce: 'pre',
  resolveId: (id) => (id === '@digdir/designsystemet-web' ? '\0elements' : null),
  load: (id) =>
    id === '\0elements'
      ? `${elements.map((name) => `import '@digdir/designsystemet-web/${name}';`).join('\n')}
         export const pagination = undefined;`
      : null,
};

const { output } = await build({
  root,
  configFile: false,
  logLevel: 'warn',
  plugins: [lean, react()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Their packages don't say that a component that nobody imports may be left out.
    rollupOptions: { treeshake: { moduleSideEffects: (id) => !/designsystemet-react|aksel-icons/.test(id) } },
  },
});

// What a coordinator's first roster needs: the page's script, and what that imports at once.
// The other pages come when they are opened. JavaScript for it may weigh 170 KB; it weighed
// 142.4 KB before the pages of administrators were there, which may add 10 KB.
const budget = Math.min(170_000, 142_400 + 10_000); // bytes, gzip
const chunks = new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
const first = new Set([...chunks.keys()].filter((name) => chunks.get(name).isEntry));
for (const name of first) for (const imported of chunks.get(name).imports) first.add(imported);
const later = /\/src\/pages\/(account|followup|import|inbox|mentor|outbox|pause|people|privacy|report|settings)\//;
const early = [...first].flatMap((name) => chunks.get(name).moduleIds.filter((id) => later.test(id)));
const weight = [...first].reduce((sum, name) => sum + gzipSync(chunks.get(name).code, { level: 9 }).length, 0);
if (first.size === 0) throw new Error('the build has no first script');
if (early.length > 0) throw new Error(`the first roster loads pages that nobody has opened: ${early.join(', ')}`);
if (weight > budget) throw new Error(`the first roster loads ${weight} bytes of JavaScript, more than ${budget}`);

const hash = createHash('sha256');
const names = await files(out);
for (const name of names) hash.update(name).update(await readFile(join(out, name)));
const version = hash.digest('hex').slice(0, 12);

await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  define: {
    VERSION: JSON.stringify(version),
    FILES: JSON.stringify(['/', ...names.filter((name) => name !== 'index.html').map((name) => `/${name}`)]),
  },
  build: {
    outDir: out,
    emptyOutDir: false,
    target: 'es2022',
    reportCompressedSize: false,
    lib: { entry: join(root, 'src/worker/sw.ts'), formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
  },
});
const release = (await readFile(join(root, '../shared/version/VERSION'), 'utf8')).trim();
await writeFile(join(out, 'version.json'), `${JSON.stringify({ version: release, build: version })}\n`);

for (const name of await readdir(embedded)) {
  if (name !== '.gitignore') await rm(join(embedded, name), { recursive: true });
}
const sizes = { js: [0, 0], css: [0, 0], woff2: [0, 0] };
for (const name of await files(out)) {
  const content = await readFile(join(out, name));
  const target = join(embedded, name);
  await mkdir(join(target, '..'), { recursive: true });
  await writeFile(target, content);
  const kind = name.split('.').pop();
  if (kind === 'woff2' || kind === 'png') {
    if (sizes[kind]) sizes[kind] = sizes[kind].map((size) => size + content.length);
    continue;
  }
  const gz = gzipSync(content, { level: 9 });
  const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
  if (gz.length < content.length) await writeFile(`${target}.gz`, gz);
  if (br.length < content.length) await writeFile(`${target}.br`, br);
  if (sizes[kind] && name.startsWith('assets/')) {
    sizes[kind] = [sizes[kind][0] + gz.length, sizes[kind][1] + br.length];
  }
}
for (const [kind, [gz, br]] of Object.entries(sizes)) {
  console.log(`${kind.padEnd(6)} ${(gz / 1000).toFixed(1)} KB gzip, ${(br / 1000).toFixed(1)} KB brotli`);
}
console.log(`first  ${(weight / 1000).toFixed(1)} KB gzip: ${[...first].join(', ')}`);
