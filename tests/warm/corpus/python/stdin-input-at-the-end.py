print('before')
input()
