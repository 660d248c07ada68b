interface A { x: number }

function fail(a: A): never {
  throw new Error(`at ${a.x}`)
}

fail({ x: 5 })
