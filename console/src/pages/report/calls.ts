// What the report's pages read. Names, days and evidence are asked for each time, and not
// kept on the device; the numbers are (useRead).
import { useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { call, type Query, Refused, text } from '../../api/client';
import type { IssuedReports } from '../../api/types';
import { save } from '../../parts/save';

async function read<T>(query: Query): Promise<T> {
  const answer = await call('period-report', { method: 'GET', query: text(query) });
  return (await answer.json()) as T;
}

/** Reads what stays in memory only, until another report is looked at. */
export function useOnce<T>(query: Query, enabled = true): UseQueryResult<T> {
  return useQuery({
    queryKey: ['period-report', text(query), 'once'],
    enabled,
    queryFn: () => read<T>(query),
    staleTime: 60_000,
    gcTime: 5 * 60_000,
    refetchOnWindowFocus: false,
  });
}

/** The reports that were issued; refused to whoever administers no chapter. */
export function useIssued() {
  return useInfiniteQuery({
    queryKey: ['period-report', 'issued'],
    initialPageParam: '',
    queryFn: ({ pageParam }) => read<IssuedReports>({ issued: true, limit: 20, cursor: pageParam || undefined }),
    getNextPageParam: (last: IssuedReports) => last.next_cursor ?? undefined,
    retry: (count, error) => !(error instanceof Refused) && count < 1,
  });
}

/** Issues a report. The same key issues it once, however often it is sent. */
export async function issue(body: Record<string, string>, key: string): Promise<string> {
  const answer = await call('period-report', { method: 'POST', body, headers: { 'idempotency-key': key } });
  return ((await answer.json()) as { period_report: { id: string } }).period_report.id;
}

export async function download(query: Query, name: string): Promise<void> {
  const answer = await call('period-report', { method: 'GET', query: text(query) });
  save(await answer.blob(), name);
}
