for number in range(20_000):
    print(number, 'x' * (number % 50))
