print(eval('__name__'), eval('__file__'))
exec('x = 5')
print(x)
