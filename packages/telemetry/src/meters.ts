import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api'
import {
  type GaugeName,
  type HistogramName,
  INSTRUMENTS,
  type Instrument,
  type InstrumentName,
  type LabelsOf,
  type SumName,
} from './instruments.ts'

/** One value of a gauge. */
export interface Observation<Name extends GaugeName> {
  readonly value: number
  readonly labels: LabelsOf<Name>
}

/** All instruments of the table; only what stands in it can be measured, with the labels it has. */
export class Meters {
  readonly #meter: Meter
  readonly #sums = new Map<InstrumentName, Counter | UpDownCounter>()
  readonly #histograms = new Map<InstrumentName, Histogram>()

  constructor(meter: Meter) {
    this.#meter = meter
    for (const [name, instrument] of namedInstruments()) {
      const { kind, buckets } = instrument
      const options = describe(instrument)
      if (kind === 'counter') this.#sums.set(name, meter.createCounter(name, options))
      if (kind === 'updown') this.#sums.set(name, meter.createUpDownCounter(name, options))
      if (kind === 'histogram') {
        const advice = { explicitBucketBoundaries: [...(buckets ?? [])] }
        this.#histograms.set(name, meter.createHistogram(name, { ...options, advice }))
      }
    }
  }

  /** Zero makes the series known: an increase from nothing would be none. */
  add<Name extends SumName>(name: Name, value: number, labels: LabelsOf<Name>): void {
    this.#sums.get(name)?.add(value, labels as Attributes)
  }

  /** `durationMs` becomes seconds. */
  record<Name extends HistogramName>(name: Name, durationMs: number, labels: LabelsOf<Name>): void {
    this.#histograms.get(name)?.record(durationMs / 1000, labels as Attributes)
  }

  /** `read` is called whenever metrics are read. */
  observe<Name extends GaugeName>(
    name: Name,
    read: () => readonly Observation<Name>[] | Promise<readonly Observation<Name>[]>,
  ): void {
    const gauge = this.#meter.createObservableGauge(name, describe(INSTRUMENTS[name]))
    gauge.addCallback(async (result) => {
      for (const { value, labels } of await read()) result.observe(value, labels as Attributes)
    })
  }
}

function namedInstruments(): [InstrumentName, Instrument][] {
  return Object.entries(INSTRUMENTS) as [InstrumentName, Instrument][]
}

function describe({ unit, help }: Instrument) {
  return { unit, description: help }
}
