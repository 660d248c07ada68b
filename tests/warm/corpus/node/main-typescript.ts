const add = (a: number, b: number): number => a + b
interface Point { x: number }
const point: Point = { x: add(1, 2) }
console.log(point, require.main === module, __filename)
