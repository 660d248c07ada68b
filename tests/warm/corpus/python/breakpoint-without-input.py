breakpoint()
print('after')
