import type { Import } from '../../api/types';

export type Answer = Omit<Import, 'rows'>;
export type Column = Import['columns'][number];
export type ImportRow = Import['rows'][number];
export type Outcome = ImportRow['outcome'];
export type Filter = Outcome | 'all' | 'unchanged';
