import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsRecord, Tracker } from './types.js';

/** An HTTP endpoint that Prometheus scrapes. */
export interface MetricsServer {
  /** Such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  /** Give it to `train` as one of its trackers. */
  readonly tracker: Tracker;
  close(): Promise<void>;
}

/**
 * Serves the newest record at `/metrics` in Prometheus' text format, and `ok` at `/health`.
 *
 * @param options.port 0 takes a free one. Default 9464, the one that OpenTelemetry's exporters use
 * @param options.host default loopback: the numbers of a run are nobody else's business unless you say so
 * @param options.labels stand at every sample, such as `{ run: 'first' }`
 */
export async function serveMetrics({
  port = 9464,
  host = '127.0.0.1',
  labels = {},
}: {
  readonly port?: number;
  readonly host?: string;
  readonly labels?: Readonly<Record<string, string>>;
} = {}): Promise<MetricsServer> {
  let newest: MetricsRecord | undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const [status, body] =
      path === '/metrics' && isRead
        ? [200, newest ? prometheusText(newest, labels) : '']
        : path === '/health' && isRead
          ? [200, 'ok\n']
          : [404, 'Read /metrics or /health.\n'];
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.unref(); // a run that is over ends its process
  const bound = server.address() as AddressInfo;
  const shownHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${shownHost}:${bound.port}/metrics`,
    tracker: (record) => {
      newest = record;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/**
 * One record in Prometheus' text format, version 0.0.4: a gauge for each metric, `grpo_` before its name and `_` for
 * every character that a name may not have. Of two metrics whose names fall together the first stays.
 */
export function prometheusText(
  record: MetricsRecord,
  labels: Readonly<Record<string, string>> = {},
): string {
  const shown = Object.entries(labels).map(
    ([name, value]) => `${nameOf(name)}="${escaped(value)}"`,
  );
  const braces = shown.length > 0 ? `{${shown.join(',')}}` : '';
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    const metric = `grpo_${nameOf(name)}`;
    if (seen.has(metric)) continue;
    seen.add(metric);
    lines.push(`# TYPE ${metric} gauge`, `${metric}${braces} ${numberOf(value)}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function nameOf(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
