exec('x = 1\r\nprint(x)\r\n')
