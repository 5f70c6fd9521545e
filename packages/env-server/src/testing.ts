/** One thing that `openenv validate --url` looks for on a server; `run` rejects where it is not so. */
export interface RuntimeCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The six criteria of `openenv validate --url` (OpenEnv 0.3), for a test runner of your choice.
 *
 * @param url of the server, such as `http://127.0.0.1:8000`
 * @example it.each(runtimeChecks(url).map((c) => [c.name, c.run]))('%s', (_, run) => run())
 */
export function runtimeChecks(url: string): readonly RuntimeCheck[] {
  const get = async (path: string) => read(await fetch(url + path), path);
  return [
    {
      name: 'openapi_version_available',
      async run() {
        const { info } = await get('/openapi.json');
        check(typeof Object(info).version === 'string', 'info.version of /openapi.json');
      },
    },
    {
      name: 'health_endpoint',
      async run() {
        check((await get('/health')).status === 'healthy', 'the status of /health');
      },
    },
    {
      name: 'metadata_endpoint',
      async run() {
        const { name, description } = await get('/metadata');
        check(typeof name === 'string' && typeof description === 'string', 'name and description');
      },
    },
    {
      name: 'schema_endpoint',
      async run() {
        const schemas = await get('/schema');
        for (const one of ['action', 'observation', 'state'])
          check(isObject(schemas[one]), `the schema of ${one}`);
      },
    },
    {
      name: 'mcp_endpoint',
      async run() {
        const response = await fetch(`${url}/mcp`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        });
        check((await read(response, '/mcp')).jsonrpc === '2.0', 'jsonrpc of /mcp');
      },
    },
    {
      name: 'mode_endpoint_consistency',
      async run() {
        const { paths } = await get('/openapi.json');
        const there = ['/reset', '/step', '/state'].filter((path) =>
          Object.hasOwn(Object(paths), path),
        );
        check(
          there.length === 3 || there.length === 0,
          `the paths, with ${there.join(', ')} alone,`,
        );
      },
    },
  ];
}

async function read(response: Response, path: string): Promise<Readonly<Record<string, unknown>>> {
  check(response.status === 200, `the status ${response.status} of ${path}`);
  const json: unknown = await response.json();
  check(isObject(json), `the body of ${path}`);
  return json as Readonly<Record<string, unknown>>;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`runtimeChecks: ${what} is not as OpenEnv needs it.`);
}
