// The addresses of workers, under the policy of trusted types that the content security
// policy names: no other script can be given one.
interface Policy {
  createScriptURL(text: string): unknown;
}
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (text: string) => string }): Policy;
}

const workers = /^\/(sw|assets\/rows\.worker-[\w-]+)\.js$/;
let policy: Policy | undefined;

/** The address of one of the console's workers, for the browser to load it. */
export function workerAddress(path: string): string {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  // The policy can be made once.
  policy ??= policies?.createPolicy('console', {
    createScriptURL: (text) => {
      if (!workers.test(text)) throw new TypeError('no such script');
      return text;
    },
  });
  return (policy?.createScriptURL(path) ?? path) as string;
}
