const x: = 5
