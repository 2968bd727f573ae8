import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { parseStatus } from './changed-files.ts';

const modes = '100644 100644 100644';
const names = `${'a'.repeat(40)} ${'b'.repeat(40)}`;
const ordinary = (state: string, path: string): string =>
  `1 ${state} N... ${modes} ${names} ${path}\0`;

describe('parseStatus', () => {
  it.each([
    ['.M', 'modified'],
    ['M.', 'modified'],
    ['MM', 'modified'],
    ['.T', 'modified'],
    ['A.', 'added'],
    ['AM', 'added'],
    ['.A', 'added'],
    ['D.', 'deleted'],
    ['.D', 'deleted'],
    ['MD', 'deleted'],
  ])('reads %s as %s', (state, change) => {
    expect(parseStatus(ordinary(state, 'a b.ts'))).toEqual([{ path: 'a b.ts', change }]);
  });

  it('leaves out what was added and deleted again', () => {
    expect(parseStatus(ordinary('AD', 'x'))).toEqual([]);
  });

  it('sorts, and keeps odd names whole', () => {
    const text = `? z\0? ü\n"quoted"\0${ordinary('.M', 'm  two spaces')}`;
    expect(parseStatus(text).map((file) => file.path)).toEqual([
      'm  two spaces',
      'z',
      'ü\n"quoted"',
    ]);
  });

  it('reads renames with the old path', () => {
    const text = `2 R. N... ${modes} ${names} R100 new name\0old name\0? other\0`;
    expect(parseStatus(text)).toEqual([
      { path: 'new name', change: 'renamed', from: 'old name' },
      { path: 'other', change: 'added' },
    ]);
  });

  it('reads a rename whose target is gone as a deletion, and a copy as an addition', () => {
    const gone = `2 RD N... ${modes} ${names} R100 new\0old\0`;
    const copy = `2 C. N... ${modes} ${names} C75 twin\0old\0`;
    expect(parseStatus(gone)).toEqual([{ path: 'old', change: 'deleted' }]);
    expect(parseStatus(copy)).toEqual([{ path: 'twin', change: 'added' }]);
  });

  it('reads conflicts and a file taken out of the index but still there as modified', () => {
    const conflict = `u UU N... 100644 100644 100644 100644 ${names} ${'c'.repeat(40)} both.ts\0`;
    expect(parseStatus(conflict)).toEqual([{ path: 'both.ts', change: 'modified' }]);
    expect(parseStatus(`${ordinary('D.', 'kept')}? kept\0`)).toEqual([
      { path: 'kept', change: 'modified' },
    ]);
  });

  it('refuses a line it does not know', () => {
    expect(() => parseStatus('9 what\0')).toThrow(SignalboxError);
  });
});
