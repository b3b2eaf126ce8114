// Records the documents that Powertools for AWS Lambda (TypeScript) writes for the events and handlers of tests/observe.rs.
//
//     npm install @aws-lambda-powertools/event-handler@2.35.0 @aws-lambda-powertools/metrics@2.36.0
//     node tests/observe/powertools.mjs tests/events > tests/observe/powertools_typescript.jsonl
//
// Each line has the sample event, the path that it asks for, and the documents of that invocation. The first is a cold start.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The first two make Powertools write to the console below; without the third there is no cold start.
process.env.POWERTOOLS_DEV = 'true';
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.AWS_LAMBDA_INITIALIZATION_TYPE = 'on-demand';

// The packages are in the working folder, and not beside this file.
const require = createRequire(pathToFileURL(join(process.cwd(), 'package.json')));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Router } = await load('@aws-lambda-powertools/event-handler/http');
const { metrics: middleware } = await load('@aws-lambda-powertools/event-handler/http/middleware/metrics');
const { BadRequestError } = await load('@aws-lambda-powertools/event-handler/http');
const { Metrics, MetricResolution } = await load('@aws-lambda-powertools/metrics');

let documents = [];
console.log = (line) => documents.push(JSON.parse(line));
console.error = () => {};
console.debug = () => {};

for (const name of ['rest', 'http', 'http_v1', 'alb']) {
  const metrics = new Metrics({
    namespace: 'Shop',
    serviceName: 'todos',
    functionName: 'shop',
    defaultDimensions: { stage: 'prod' },
  });
  const app = new Router();
  app.use(async ({ next }) => {
    metrics.captureColdStartMetric();
    await next();
  });
  app.use(middleware(metrics));
  app.get('/todos/:id', () => {
    metrics
      .addDimension('tenant', 'blue \u2028 "sky"')
      .addMetric('Created', 'Count', 1)
      .addMetric('Created', 'Count', 2)
      .addMetric('Saving', 'Milliseconds', 1.5, MetricResolution.High)
      .addMetadata('order', 'o-17');
    return { id: '7' };
  });
  app.get('/refused', () => {
    throw new BadRequestError('no');
  });
  app.get('/broken', () => {
    throw new Error('out of stock');
  });
  for (const path of ['/todos/7', '/refused', '/broken', '/nowhere']) {
    const text = readFileSync(join(process.argv[2], `${name}.json`), 'utf8').replaceAll('/todos/42', path);
    documents = [];
    await app.resolve(JSON.parse(text), {});
    process.stdout.write(`${JSON.stringify({ event: name, path, documents })}\n`);
  }
}
