// Writes each Node test as a line of JSON for the Go test.
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.skip === 'test name does not match pattern') continue
    const error = data.details.error?.cause ?? data.details.error
    yield JSON.stringify({
      name: data.name,
      seconds: data.details.duration_ms / 1000,
      // A skipped or todo test proves nothing.
      passed: type === 'test:pass' && data.skip === undefined && data.todo === undefined,
      failure: error?.stack ?? String(error ?? 'skipped'),
    }) + '\n'
  }
}
