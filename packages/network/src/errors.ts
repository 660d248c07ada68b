import { VulcanError } from '@vulcan/schema'

export type NetworkErrorCode =
  | 'program_missing'
  | 'network_config_invalid'
  | 'bridge_not_isolated'
  | 'cni_plugin_missing'
  | 'cni_failed'
  | 'cni_timeout'
  | 'netns_failed'
  | 'tap_failed'
  | 'filter_failed'

/** What a CNI plugin itself says of its failure (CNI specification, section 5). */
export interface CniPluginError {
  readonly code: number
  readonly msg: string
  readonly details: string
}

export interface NetworkErrorFields {
  /** What was being done, such as `ADD` or a program's name and first arguments. */
  readonly step?: string
  /** The CNI plugin that failed or is missing. */
  readonly plugin?: string
  readonly pluginError?: CniPluginError
  /** The last that the program wrote on standard error. */
  readonly stderrTail?: string
  readonly cause?: unknown
}

/** The machine's networking is not what a slot needs, or a slot could not be made or released. */
export class NetworkError extends VulcanError<NetworkErrorCode> {
  readonly step: string | undefined
  readonly plugin: string | undefined
  readonly pluginError: CniPluginError | undefined
  readonly stderrTail: string

  constructor(code: NetworkErrorCode, problem: string, fields: NetworkErrorFields = {}) {
    const { step, plugin, pluginError, stderrTail = '', cause } = fields
    super(code, stderrTail === '' ? problem : `${problem}:\n${stderrTail}`, { cause })
    this.step = step
    this.plugin = plugin
    this.pluginError = pluginError
    this.stderrTail = stderrTail
  }
}
