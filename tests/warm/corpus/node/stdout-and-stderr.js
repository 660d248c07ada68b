for (let n = 0; n < 100; n++) {
  console.log(n)
  console.error(-n)
}
