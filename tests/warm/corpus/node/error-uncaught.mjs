function one() { two() }
function two() { throw new TypeError('deep') }
one()
