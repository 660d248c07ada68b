import { VulcanError } from '@vulcan/schema'

/** A variable of OpenTelemetry has a value that it cannot have here, or is one that is not known here. */
export class TelemetryConfigError extends VulcanError<'config_invalid'> {
  readonly variable: string

  constructor(variable: string, takes: string, options?: ErrorOptions) {
    super('config_invalid', `${variable} takes ${takes}`, options)
    this.variable = variable
  }
}
