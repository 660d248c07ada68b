import * as z from 'zod'

/** The versions of the CNI specification whose chains are run. */
export const CNI_VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0'] as const

const PLUGINS_MAX = 16

/** A file name, never a path: it is looked up in the plugin directories only. */
const PluginType = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be the name of a plugin')

/** A plugin's configuration; what we do not know is the plugin's business. */
export const PluginConfig = z.looseObject({
  type: PluginType,
  ipam: z.looseObject({ type: PluginType.optional() }).optional(),
})
export type PluginConfig = z.infer<typeof PluginConfig>

/** The operator's chain of CNI plugins (CNI specification, section 1). */
export const Conflist = z.looseObject({
  cniVersion: z.enum(CNI_VERSIONS),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be letters, digits, "_", "." or "-"'),
  disableCheck: z.boolean().optional(),
  plugins: z.array(PluginConfig).min(1).max(PLUGINS_MAX),
})
export type Conflist = z.infer<typeof Conflist>

/** The plugin types that a chain executes: its own, and those for addresses. */
export function pluginTypes({ plugins }: Conflist): string[] {
  const types = plugins.flatMap(({ type, ipam }) => (ipam?.type ? [type, ipam.type] : [type]))
  return [...new Set(types)]
}
