const sieve = new Uint8Array(50_000).fill(1)
let sum = 0
for (let n = 2; n < sieve.length; n++) {
  if (!sieve[n]) continue
  sum += n
  for (let m = n * n; m < sieve.length; m += n) sieve[m] = 0
}
console.log(sum)
