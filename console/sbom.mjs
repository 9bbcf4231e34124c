// What a browser is sent, with versions, checksums and licences, in CycloneDX: `node sbom.mjs
// [file]`. It fails when a package has a licence that asks for more than its text. By the lock
// file alone, so that nothing need be installed, and the same bytes each time.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'];

const folder = fileURLToPath(new URL('.', import.meta.url));
const list = JSON.parse(
  execFileSync('npm', ['sbom', '--package-lock-only', '--omit', 'dev', '--sbom-format', 'cyclonedx'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);
delete list.serialNumber;
delete list.metadata.timestamp;
delete list.metadata.tools; // the version of npm
list.metadata.component.version = readFileSync(new URL('../shared/version/VERSION', import.meta.url), 'utf8').trim();

const refused = list.components
  .filter(({ licenses }) => !licenses?.some(({ license }) => allowed.includes(license?.id)))
  .map(({ name, licenses }) => `${name}: ${JSON.stringify(licenses)}`);
if (list.components.length === 0) refused.push('there is no package at all');
if (refused.length > 0) {
  console.error(`not an allowed licence, see docs/dependencies.md:\n${refused.join('\n')}`);
  process.exit(1);
}
if (process.argv[2]) writeFileSync(process.argv[2], `${JSON.stringify(list, null, 2)}\n`);
