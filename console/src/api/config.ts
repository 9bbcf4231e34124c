export type FunctionName =
  | 'pause'
  | 'reactivate'
  | 'roster'
  | 'mentor'
  | 'requests'
  | 'inbox'
  | 'people'
  | 'follow-up'
  | 'invite'
  | 'period-report'
  | 'import';

export interface Config {
  supabase_url: string;
  publishable_key: string;
  time_zone: string;
  functions: Record<FunctionName, string>;
}

let loaded: Config | undefined;

const patience = 20_000; // ms

export async function loadConfig(): Promise<Config> {
  const answer = await fetch('/config.json', { signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  if (answer.headers.has('x-page-is-old')) {
    // The service worker has a page that may call the new addresses. Nothing was typed yet.
    location.reload();
    return new Promise(() => undefined);
  }
  const found = (await answer.json()) as Config;
  // A network that asks for a sign-in of its own answers with a page.
  if (!found.functions) throw new TypeError('this is not the configuration');
  loaded = found;
  return loaded;
}

/** What /config.json says; loadConfig has been called before anything else runs. */
export function config(): Config {
  if (!loaded) throw new Error('the configuration is not loaded');
  return loaded;
}
