// Who may import whom: pages import nothing of each other; api, texts and parts nothing of
// pages or app; api nothing of parts. And what no file may contain.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('./src', import.meta.url));
let broken = 0;
const say = (file, why) => {
  console.error(`console/src/${file}: ${why}`);
  broken++;
};
const room = (file) => (file.startsWith('pages/') ? file.split('/').slice(0, 2).join('/') : file.split('/')[0]);
const allowed = {
  texts: ['texts'],
  api: ['api', 'texts'],
  parts: ['parts', 'api', 'texts'],
  app: ['app', 'pages', 'parts', 'api', 'texts', 'styles'],
  worker: ['worker'],
};
let seen = 0;
for (const file of readdirSync(src, { recursive: true }).map((name) => name.replaceAll('\\', '/'))) {
  if (!/\.tsx?$/.test(file)) continue;
  const text = readFileSync(join(src, file), 'utf8');
  if (/dangerouslySetInnerHTML|\.innerHTML\b|\beval\(|new Function\(|document\.write/.test(text)) {
    say(file, 'puts text into the page as code');
  }
  for (const [, path] of text.matchAll(/from '(\.[^']*)'|import\('(\.[^']*)'\)/g)) {
    if (!path) continue;
    seen++;
    const target = normalize(join(dirname(file), path));
    const from = room(file);
    const to = room(target);
    if (from.startsWith('pages/')) {
      if (to.startsWith('pages/') ? to !== from : !['parts', 'api', 'texts'].includes(to))
        say(file, `imports ${target}`);
    } else if (allowed[from] && !allowed[from].includes(to.split('/')[0])) {
      say(file, `imports ${target}`);
    }
  }
}
if (seen < 10) say('', `only ${seen} imports were seen`);
process.exit(broken ? 1 : 0);
