import assert from 'node:assert/strict';
import test from 'node:test';
import { csv } from './csv';

test('no cell is a formula, in whichever column and whatever the quotes around it', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r']) {
    const text = `${start}HYPERLINK("http://evil.example";1)`;
    const shown = `"'${start}HYPERLINK(""http://evil.example"";1)"`;
    assert.equal(
      csv([
        [text, 'Kari'],
        ['Ola', text],
      ]),
      `\ufeff${shown};"Kari"\r\n"Ola";${shown}\r\n`,
    );
  }
  assert.equal(csv([['Åse = Ås', '12', '']]), '\ufeff"Åse = Ås";"12";""\r\n');
});
