import swagger from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { OpenAPIV3_1 } from 'openapi-types'
import type { App } from './context.ts'

/** Collects the description of every route that is added after it. */
export async function describeRoutes(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vulcan',
        description: 'Runs untrusted code, each workload in a microVM of its own.',
        version: 'v1',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'workloads', description: 'Run code.' },
        { name: 'logs', description: 'Read what it writes.' },
        { name: 'host', description: 'See where it runs.' },
        { name: 'operation', description: 'Watch the host.' },
      ],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'vulcan keys create. A host without keys asks for none.',
          },
        },
      },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) =>
      withoutUnused(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document),
  })
}

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g

/** Whatever schema has a name in this process is described, once as it is read and once as it is sent. */
function withoutUnused(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const schemas = document.components?.schemas ?? {}
  const used = new Set<string>()
  const take = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part ?? null).matchAll(REFERENCE)) {
      if (used.has(name)) continue
      used.add(name)
      take(schemas[name])
    }
  }
  take(document.paths)
  const kept = Object.entries(schemas).filter(([name]) => used.has(name))
  const components = { ...document.components, schemas: Object.fromEntries(kept) }
  return { ...document, components }
}
